/// Where the contents of a queue live: the node that declared it. What does not survive its node ends with this
/// incarnation of it.
struct QueueHome: Hashable, Sendable {
    /// The number of the node.
    let node: UInt32
    /// Which start of it.
    let incarnation: UInt64
}

/// The one place that says what cannot be done with a queue whose contents are on another node.
extension ClassicQueue {
    /// Refuses what needs the queue's contents or its consumers, where those are on another node.
    func checkLivesHere() throws(ProtocolException) {
        guard isRemote else { return }
        throw .notImplemented("queue '\(name)' in vhost '\(virtualHost.name)' lives on another node")
    }
}
