/// Why a simulation stopped, and how to see it again.
struct ClusterFailure: Error, Equatable, CustomStringConvertible {
    let seed: UInt64
    /// Events handled until then.
    let step: Int
    let hash: UInt64
    let reason: String
    /// The last lines of the trace, when it was kept.
    var lastLines: [String] = []

    var description: String {
        """
        cluster seed \(seed), step \(step), trace \(hex(hash)): \(reason)
        replay: WARREN_CLUSTER_SEED=\(seed) WARREN_CLUSTER_TRACE=1 swift test --filter ClusterSimulationTests
        \(lastLines.joined(separator: "\n"))
        """
    }
}
