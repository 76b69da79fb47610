internal import Management

/// One answer of several nodes.
extension EmbeddedEndpoint {
    /// Asks every node that can answer, all at once, or the one that is alone; the answers in the order of the nodes. One
    /// that ends meanwhile is left out.
    func askAll<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async throws(EndpointError) -> [Value] {
        guard let cluster else { return [try await ask(nil, work)] }
        let all = cluster.members
        // Of a node that does not answer, nobody else speaks for it.
        if let own = all.first(where: { $0.name == address }), !own.isReachable {
            throw .unreachable(address, reason: "the node has stopped")
        }
        let members = all.filter(\.isReachable)
        let answers = await withTaskGroup(of: (Int, Value?).self) { group in
            for (place, member) in members.enumerated() {
                group.addTask { (place, await member.loop.ask(work)) }
            }
            var answers = [Value?](repeating: nil, count: members.count)
            for await (place, answer) in group { answers[place] = answer }
            return answers.compactMap { $0 }
        }
        if answers.isEmpty { throw .unreachable(address, reason: "no node runs") }
        return answers
    }

    /// The loop of a node that answers.
    func reachableLoop(of name: String) -> (any NodeLoop)? {
        cluster?.members.first { $0.name == name && $0.isReachable }?.loop
    }

    /// The node on which a queue lives, or is led; nil where there is only one.
    func home(of queue: String, _ vhost: String) async throws(EndpointError) -> (any NodeLoop)? {
        guard cluster != nil else { return nil }
        let found: (name: String?, isQuorum: Bool)?? = try await ask { node, reply in
            guard let queue = node.virtualHosts[vhost]?.queues[queue] else { return reply(.some(nil)) }
            let isKnown = !queue.settings.isQuorum || node.quorum.member(queue.id)?.leader != nil
            reply((isKnown ? node.homeName(of: queue) : nil, queue.settings.isQuorum))
        }
        let resource = Self.title(queue: queue, vhost)
        guard let known = found ?? nil else { throw .notFound(resource) }
        // A node without a member does not know who leads.
        let led = known.name == nil ? try await quorumQueue(QueueID(vhost: vhost, name: queue))?.leader : nil
        guard let name = known.name ?? led else { return nil }
        if let loop = reachableLoop(of: name) { return loop }
        if known.isQuorum { throw .refused(resource, reason: "its leader's node '\(name)' is down or inaccessible") }
        throw .refused(
            resource,
            reason: "home node '\(name)' of durable queue '\(queue)' in vhost '\(vhost)' is down or inaccessible")
    }

    // MARK: Lists

    /// Every queue once, in the order of declaration: from its home what is in it, and where that is down what all know.
    func queues(of cluster: any ClusterAccess) async throws(EndpointError) -> [QueueInfo] {
        let own = address
        let lists: [(name: String, rows: [QueueRow])] = try await askAll { node, reply in
            var rows: [QueueRow] = []
            rows.reserveCapacity(node.queueList.count)
            node.visitQueues(
                { rows.append(QueueRow(number: $0.id, knowledge: node.knowledge(of: $0), info: node.summary(of: $0))) },
                finished: { reply((node.configuration.name, rows)) })
        }
        var measured: [UInt64: QueueInfo] = [:]
        var best: [UInt64: QueueKnowledge] = [:]
        for list in lists {
            for row in list.rows where (best[row.number] ?? .nothing) < row.knowledge {
                best[row.number] = row.knowledge
                measured[row.number] = row.info
            }
        }
        // The newest knowledge of what there is, or that of the node that was asked.
        let known =
            lists.first { $0.name == own } ?? lists.max { ($0.rows.last?.number ?? 0) < ($1.rows.last?.number ?? 0) }
        let up = Set(cluster.members.filter(\.isReachable).map(\.name))
        return (known?.rows ?? []).map { row in
            if let info = measured[row.number] { return info }
            return Self.placeholder(row.info, isUp: row.info.node.map(up.contains) ?? false)
        }
    }

    /// A queue of which nobody says what is in it.
    static func placeholder(_ info: QueueInfo, isUp: Bool) -> QueueInfo {
        var info = info
        info.state = isUp ? nil : "down"
        return info
    }

    /// A quorum queue as its leader describes it, and without one as a member does; nil where no member runs.
    func quorumQueue(_ id: QueueID) async throws(EndpointError) -> QueueInfo? {
        let views: [QueueRow?] = try await askAll { node, reply in
            guard let queue = node.virtualHosts[id.vhost]?.queues[id.name] else { return reply(.some(nil)) }
            reply(QueueRow(number: queue.id, knowledge: node.knowledge(of: queue), info: node.detail(of: queue)))
        }
        return views.compactMap { $0 }.filter { $0.knowledge > .nothing }.max { $0.knowledge < $1.knowledge }?.info
    }

    /// One queue as its home describes it.
    func queue(
        _ known: QueueInfo, at home: String, in cluster: any ClusterAccess
    ) async throws(EndpointError) -> QueueInfo {
        guard let loop = reachableLoop(of: home) else { return Self.placeholder(known, isUp: false) }
        return try await queue(vhost: known.vhost, name: known.name, on: loop)
    }

    /// All nodes, those that are down with their names alone.
    func nodes(of cluster: any ClusterAccess) async throws(EndpointError) -> [NodeInfo] {
        let answers: [(info: NodeInfo, hears: [String])] = try await askAll { node, reply in
            reply((node.nodeInfo(), node.namesOfPeersUp))
        }
        let running = answers.map(\.info.name)
        return cluster.members.map { member in
            guard let answer = answers.first(where: { $0.info.name == member.name }) else {
                var info = NodeInfo(name: member.name)
                info.running = false
                return info
            }
            var info = answer.info
            info.partitions = running.filter { $0 != member.name && !answer.hears.contains($0) }
            return info
        }
    }

    // MARK: Sums

    /// The overview of the node that was asked, or the first, with what the others have added.
    func combined(_ parts: [Overview]) -> Overview {
        guard let cluster, var whole = parts.first(where: { $0.node == address }) ?? parts.first else {
            return parts.first ?? Overview()
        }
        let others = parts.filter { $0.node != whole.node }
        for part in others {
            whole.queueTotals = whole.queueTotals.adding(part.queueTotals)
            whole.messageStats = whole.messageStats.adding(part.messageStats)
            whole.objectTotals.connections = Self.sum(whole.objectTotals.connections, part.objectTotals.connections)
            whole.objectTotals.channels = Self.sum(whole.objectTotals.channels, part.objectTotals.channels)
            whole.objectTotals.consumers = Self.sum(whole.objectTotals.consumers, part.objectTotals.consumers)
        }
        whole.clusterName = "warren"
        whole.listeners = cluster.members.flatMap(\.listeners)
        return whole
    }

    private static func sum(_ one: Int?, _ other: Int?) -> Int? {
        guard let one, let other else { return one ?? other }
        return one + other
    }

    /// The exchanges of the first list, which all nodes have, with what came through each on any node.
    static func combined(_ lists: [[ExchangeInfo]]) -> [ExchangeInfo] {
        guard lists.count > 1, let first = lists.first else { return lists.first ?? [] }
        var sums: [ObjectID: (Measured?, Measured?)] = [:]
        for exchange in lists.dropFirst().joined() {
            let sum = sums[exchange.id] ?? (nil, nil)
            sums[exchange.id] = (
                Measured.sum(sum.0, exchange.publishIn), Measured.sum(sum.1, exchange.publishOut)
            )
        }
        return first.map { exchange in
            guard let sum = sums[exchange.id] else { return exchange }
            var exchange = exchange
            exchange.publishIn = Measured.sum(exchange.publishIn, sum.0)
            exchange.publishOut = Measured.sum(exchange.publishOut, sum.1)
            return exchange
        }
    }

    /// The vhosts of the first list with the messages on all nodes.
    static func combined(_ lists: [[VhostInfo]]) -> [VhostInfo] {
        guard lists.count > 1, let first = lists.first else { return lists.first ?? [] }
        return first.map { vhost in
            var vhost = vhost
            for other in lists.dropFirst().joined() where other.name == vhost.name {
                vhost.messages = sum(vhost.messages, other.messages)
                vhost.messagesReady = sum(vhost.messagesReady, other.messagesReady)
                vhost.messagesUnacknowledged = sum(vhost.messagesUnacknowledged, other.messagesUnacknowledged)
            }
            return vhost
        }
    }
}

/// A queue in a node's list.
private struct QueueRow: Sendable {
    let number: UInt64
    let knowledge: QueueKnowledge
    let info: QueueInfo
}

/// How much a node knows of what is in a queue.
enum QueueKnowledge: Comparable, Sendable {
    /// It lives on others.
    case nothing
    /// A member that does not lead, in which term: it may lag.
    case follows(UInt64)
    /// Its home, or who leads it in which term.
    case tells(UInt64)
}

extension Node {
    /// The names of the nodes that this one hears and that hear it.
    fileprivate var namesOfPeersUp: [String] {
        guard let cluster else { return [] }
        return cluster.peersUp.map { cluster.configuration.names[Int($0) - 1] }
    }
}
