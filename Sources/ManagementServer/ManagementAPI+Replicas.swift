internal import Management

/// Who holds a quorum queue: `/api/queues/quorum/VHOST/NAME/…`, as RabbitMQ has it since 3.13, with `leader` beside it.
extension ManagementAPI {
    private struct ReplicaBody: Decodable {
        let node: String
    }

    /// Answers `POST /api/rebalance/queues`.
    func rebalance(_ request: APIRequest) async throws -> APIReply {
        guard request.path == ["rebalance", "queues"], let replicas = endpoint as? any ReplicaInspecting else {
            throw APIFailure.notFound
        }
        guard request.method == .post else { throw APIFailure.notAllowed }
        try await replicas.rebalanceLeaders()
        return .done
    }

    /// Answers a request whose path begins with "queues" and "quorum" and has five parts or more.
    func replicas(_ request: APIRequest) async throws -> APIReply {
        guard let replicas = endpoint as? any ReplicaInspecting else { throw APIFailure.notFound }
        let (vhost, queue) = (request.path[2], request.path[3])
        switch (Array(request.path[4...]), request.method) {
        case (["status"], .get):
            return try .json(try await replicas.replicas(vhost: vhost, queue: queue))
        case (["replicas", "add"], .post):
            try await replicas.addReplica(
                vhost: vhost, queue: queue, node: try request.json(ReplicaBody.self).node)
        case (["replicas", "delete"], .delete):
            try await replicas.removeReplica(
                vhost: vhost, queue: queue, node: try request.json(ReplicaBody.self).node)
        case (["leader"], .put):
            try await replicas.transferLeader(
                vhost: vhost, queue: queue, to: try request.json(ReplicaBody.self).node)
        case (["status"], _), (["replicas", "add"], _), (["replicas", "delete"], _), (["leader"], _):
            throw APIFailure.notAllowed
        default: throw APIFailure.notFound
        }
        return .done
    }
}
