/// Where the contents of a queue live: one node. What does not survive its node ends with this incarnation of it.
struct QueueHome: Hashable, Sendable {
    /// The number of the node.
    let node: UInt32
    /// Which start of it.
    let incarnation: UInt64
}
