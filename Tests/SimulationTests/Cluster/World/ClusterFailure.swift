/// Why a simulation stopped, and how to see it again.
struct ClusterFailure: Error, Equatable, CustomStringConvertible {
    let seed: UInt64
    /// Events handled until then.
    let step: Int
    let hash: UInt64
    let reason: String
    /// The last lines of the trace, when it was kept.
    var lastLines: [String] = []
    /// The mistake that was made, if any, or for which the world was, as the environment has it.
    var setting = ""

    var description: String {
        """
        cluster seed \(seed), step \(step), trace \(hex(hash)): \(reason)
        replay: \(setting)Tests/simulate --replay \(seed)
        \(lastLines.joined(separator: "\n"))
        """
    }
}
