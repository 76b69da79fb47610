public import Management

/// Who holds quorum queues.
extension EmbeddedEndpoint: ReplicaInspecting {
    /// The members of a quorum queue's group as each sees itself; of those that cannot be asked the name alone.
    public func replicas(vhost: String, queue: String) async throws(EndpointError) -> [ReplicaStatus] {
        let resource = Self.title(queue: queue, vhost)
        let found: QueueInfo = try await self.queue(vhost: vhost, name: queue)
        guard found.type == QuorumSettings.type else {
            throw .refused(resource, reason: "it is not a quorum queue")
        }
        let answers: [ReplicaStatus?] = try await askAll { node, reply in
            reply(.some(node.virtualHosts[vhost]?.queues[queue].flatMap(node.replicaStatus)))
        }
        let statuses = answers.compactMap { $0 }
        let silent = (found.members ?? []).filter { name in !statuses.contains { $0.node == name } }
        return (statuses + silent.map { ReplicaStatus(node: $0) }).sorted { $0.node < $1.node }
    }

    /// Adds a member on a node.
    public func addReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {
        try await change(vhost, queue, node) { member, number throws(QuorumMember.Refusal) in
            try member.addReplica(on: number)
        }
    }

    /// Removes the member on a node.
    public func removeReplica(vhost: String, queue: String, node: String) async throws(EndpointError) {
        try await change(vhost, queue, node) { member, number throws(QuorumMember.Refusal) in
            try member.removeReplica(on: number)
        }
    }

    /// Moves the leader to the member on a node.
    public func transferLeader(vhost: String, queue: String, to node: String) async throws(EndpointError) {
        try await change(vhost, queue, node) { member, number throws(QuorumMember.Refusal) in
            try member.transferLeader(to: number)
        }
    }

    /// Moves leaders of quorum queues until no node leads many more than another, as far as members are up. Where some
    /// cannot be moved the others are, and the first reason is thrown.
    public func rebalanceLeaders() async throws(EndpointError) {
        typealias Led = (id: QueueID, balance: LeaderBalance.Queue, term: UInt64)
        // Every leader speaks for its own: no node need have a member of each.
        let parts: [(number: UInt32, name: String, queues: [Led])] = try await askAll { node, reply in
            let up = [node.number] + node.replicas.upNodes
            let queues = node.quorum.sorted.compactMap { queue -> Led? in
                guard case .tells(let term) = node.knowledge(of: queue.queue) else { return nil }
                let online = node.quorumHolders(of: queue.queue).filter(up.contains)
                return (
                    QueueID(vhost: queue.queue.virtualHost.name, name: queue.queue.name),
                    LeaderBalance.Queue(id: queue.queue.id, leader: node.number, online: online), term
                )
            }
            reply((node.number, node.configuration.name, queues))
        }
        // One that does not know yet that another leads does not count.
        let queues = Dictionary(grouping: parts.flatMap(\.queues), by: \.balance.id)
            .compactMapValues { $0.max { $0.term < $1.term } }
        let names = Dictionary(uniqueKeysWithValues: parts.map { ($0.number, $0.name) })
        var failure: EndpointError?
        let balances = queues.values.map(\.balance).sorted { $0.id < $1.id }
        for move in LeaderBalance.moves(balances, nodes: names.keys.sorted()) {
            guard let id = queues[move.id]?.id, let name = names[move.to] else { continue }
            do throws(EndpointError) {
                try await transferLeader(vhost: id.vhost, queue: id.name, to: name)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Asks the leader of a queue for a change that concerns a node.
    private func change(
        _ vhost: String, _ queue: String, _ name: String,
        _ work: @escaping @Sendable (QuorumMember, UInt32) throws(QuorumMember.Refusal) -> Void
    ) async throws(EndpointError) {
        let resource = Self.title(queue: queue, vhost)
        let leader = try await home(of: queue, vhost)
        let outcome: Result<Void, EndpointError> = try await ask(leader) { node, reply in
            guard let number = node.number(of: name) else {
                return reply(.failure(.notFound("node '\(name)' in the cluster")))
            }
            guard let found = node.virtualHosts[vhost]?.queues[queue] else {
                return reply(.failure(.notFound(resource)))
            }
            guard found.settings.isQuorum else {
                return reply(.failure(.refused(resource, reason: "it is not a quorum queue")))
            }
            guard let member = node.quorum.member(found.id) else {
                return reply(.failure(.refused(resource, reason: QuorumMember.Refusal.notLeader.text)))
            }
            do throws(QuorumMember.Refusal) {
                try work(member, number)
                reply(.success(()))
            } catch {
                reply(.failure(.refused(resource, reason: error.text)))
            }
        }
        try outcome.get()
    }
}

extension Node {
    /// The number of a node by its name.
    fileprivate func number(of name: String) -> UInt32? {
        guard let names = cluster?.configuration.names else { return name == configuration.name ? 1 : nil }
        return names.firstIndex(of: name).map { UInt32($0 + 1) }
    }
}
