/// Why a simulation stopped, and how to see it again.
struct ClusterFailure: Error, Equatable, CustomStringConvertible {
    let seed: UInt64
    /// Events handled until then.
    let step: Int
    let hash: UInt64
    let reason: String
    /// The last lines of the trace, when it was kept.
    var lastLines: [String] = []
    /// The mistake that the world was made for, if any.
    var place: ClusterFault?

    var description: String {
        """
        cluster seed \(seed), step \(step), trace \(hex(hash)): \(reason)
        replay: \(place.map { "WARREN_CLUSTER_FAULT=\($0) " } ?? "")Tests/simulate --replay \(seed)
        \(lastLines.joined(separator: "\n"))
        """
    }
}
