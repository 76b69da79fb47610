/// An endpoint that shows, and changes, who holds a replicated queue.
///
/// Every call throws an ``EndpointError``: ``EndpointError/notFound(_:)`` where there is no such queue or node, and
/// ``EndpointError/refused(_:reason:)`` with the broker's reason.
public protocol ReplicaInspecting: Sendable {
    /// The members of a quorum queue's group, in the order of the nodes.
    func replicas(vhost: String, queue: String) async throws(EndpointError) -> [ReplicaStatus]

    /// Adds a member on a node.
    func addReplica(vhost: String, queue: String, node: String) async throws(EndpointError)

    /// Removes the member on a node.
    func removeReplica(vhost: String, queue: String, node: String) async throws(EndpointError)

    /// Moves the leader to the member on a node.
    func transferLeader(vhost: String, queue: String, to node: String) async throws(EndpointError)

    /// Moves leaders of quorum queues until no node leads many more than another. It has begun when this returns.
    func rebalanceLeaders() async throws(EndpointError)
}
