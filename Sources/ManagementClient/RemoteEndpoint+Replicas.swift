public import Management
import NIOHTTP1

/// Who holds quorum queues: RabbitMQ since 3.13, and Warren.
extension RemoteEndpoint: ReplicaInspecting {
    private struct ReplicaBody: Encodable {
        let node: String
    }

    /// The members of a quorum queue's group. Throws `EndpointError.notFound` also where the broker does not know the
    /// question (RabbitMQ before 3.13).
    public func replicas(vhost: String, queue: String) async throws(EndpointError) -> [ReplicaStatus] {
        try await get(Self.path(vhost, queue) + "/status", Self.title(vhost, queue), tag: "monitoring")
    }

    /// Adds a member on a node.
    public func addReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {
        try await change(.POST, vhost, queue, "/replicas/add", node)
    }

    /// Removes the member on a node.
    public func removeReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {
        try await change(.DELETE, vhost, queue, "/replicas/delete", node)
    }

    /// Moves the leader to the member on a node. RabbitMQ has no such question in its HTTP API.
    public func transferLeader(vhost: String, queue: String, to node: String) async throws(EndpointError) {
        try await change(.PUT, vhost, queue, "/leader", node)
    }

    /// Moves leaders of quorum queues until no node leads many more than another; RabbitMQ goes on
    /// with it after this returns.
    public func rebalanceLeaders() async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .POST, path: "/api/rebalance/queues", resource: "the queues' leaders", doing: "moving",
                tagNeeded: "administrator"))
    }

    private func change(
        _ method: HTTPMethod, _ vhost: String, _ queue: String, _ what: String, _ node: String
    ) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: method, path: Self.path(vhost, queue) + what, resource: Self.title(vhost, queue),
                doing: "changing", tagNeeded: "administrator", body: try Transport.encode(ReplicaBody(node: node))))
    }

    private static func path(_ vhost: String, _ queue: String) -> String {
        "/api/queues/quorum/\(vhost.percentEncoded)/\(queue.percentEncoded)"
    }

    private static func title(_ vhost: String, _ queue: String) -> String { "queue '\(queue)' in vhost '\(vhost)'" }
}
