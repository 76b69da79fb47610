import AMQP
import Raft

@testable import Broker

/// The beginning, and what must hold once everything has healed.
extension ClusterWorld {
    /// Within so many virtual milliseconds of the healing all must go on.
    static let recoveryMilliseconds: UInt64 = 20_000

    // MARK: The beginning

    /// Every node serves, and the stable queues are declared, each on its node.
    func setUp() throws(ClusterFailure) {
        guard try run(Self.recoveryMilliseconds, until: { nodes.allSatisfy(\.isServing) }) else {
            throw ended("the nodes do not begin to serve: \(state)")
        }
        try setMirrorPolicies()
        for node in nodes.prefix(3) {
            try visit(node) { client, channel in
                for queue in ClusterTopology.stable where queue.declaredOn == node.number {
                    client.declare(queue, on: channel)
                }
            }
        }
        try visit(nodes[0]) { client, channel in
            client.ask(
                ExchangeDeclare(exchange: ClusterTopology.fanout, type: "fanout", durable: true),
                .method(ExchangeDeclareOK.id), on: channel)
            for queue in ClusterTopology.fannedOut {
                client.ask(
                    QueueBind(queue: queue, exchange: ClusterTopology.fanout), .method(QueueBindOK.id), on: channel)
            }
        }
        guard try run(Self.recoveryMilliseconds, until: { isMetadataEqual }) else {
            throw ended("what was declared first is not known everywhere: \(state)")
        }
        for queue in nodes[0].node?.sortedVirtualHosts.first?.queues.values.sorted(by: { $0.id < $1.id }) ?? [] {
            ledger.know(
                queue.name, id: queue.id,
                home: queue.settings.isQuorum || queue.mirroring != nil ? nil : queue.settings.home?.node)
        }
    }

    /// Has a client of its own ask a node for something, and waits for all the answers. What came to the node in a
    /// snapshot is answered by nobody, and asked for again.
    private func visit(
        _ node: ClusterNode, attempts: Int = 3, _ work: (ClusterClient, ClusterChannel) -> Void
    ) throws(ClusterFailure) {
        let (client, channel) = try guest(of: node)
        work(client, channel)
        let isDone = try run(Self.recoveryMilliseconds) { channel.expected.isEmpty && channel.unanswered == 0 }
        if channel.isEnded, client.isLeftUncertain, attempts > 1 {
            client.wanted = nil
            return try visit(node, attempts: attempts - 1, work)
        }
        if channel.isEnded { throw ended("node \(node.number) does not serve a client whose world is whole") }
        guard isDone else {
            throw ended("node \(node.number) does not answer \(channel.expected.first.map { "\($0)" } ?? "a publish")")
        }
        try dismiss(client)
    }

    private func guest(of node: ClusterNode) throws(ClusterFailure) -> (ClusterClient, ClusterChannel) {
        let client = addClient()
        client.isScripted = true
        client.wanted = node
        client.connect()
        guard try run(Self.recoveryMilliseconds, until: { client.channel != nil }), let channel = client.channel else {
            throw ended("a client cannot connect to node \(node.number): \(state)")
        }
        return (client, channel)
    }

    private func dismiss(_ client: ClusterClient) throws(ClusterFailure) {
        client.wanted = nil
        client.close()
        guard try run(Self.recoveryMilliseconds, until: { client.connection == nil }) else {
            throw ended("the connection of client \(client.number) does not close")
        }
    }

    func ended(_ reason: String) -> ClusterFailure {
        fail(reason)
        return failure ?? ClusterFailure(seed: seed, step: step, hash: trace.hash, reason: reason)
    }

    // MARK: The end

    func end() throws(ClusterFailure) {
        heal()
        try settle()
        try checkNothingWaits()
        for client in clients { client.close() }
        guard try run(Self.recoveryMilliseconds, until: { clients.allSatisfy { $0.connection == nil } }) else {
            throw ended("connections do not close: \(clients.compactMap(\.connection).map(\.state))")
        }
        try checkNobodyHolds()
        try probe()
        if random.chance(30) {
            trace.say { "\(clock) all lose their power once more" }
            for node in nodes { node.crash(.power) }
            for node in nodes { node.start() }
        }
        try settle()
        try drain()
        if let missing = ledger.missing() { throw ended(missing) }
        try settle()
        statistics.elections = logs.elections
        statistics.successions = mirrors.successions
        statistics.burials = logs.burialCounts.values.reduce(0, +)  // order-free: a sum
    }

    /// All nodes serve, know the same, and every group has one leader; and so it stays.
    private func settle() throws(ClusterFailure) {
        guard try run(Self.recoveryMilliseconds, until: { isSettled }) else {
            throw ended("\(Self.recoveryMilliseconds) ms after all has healed: \(state)")
        }
        let before = reigns
        try run(1500)
        guard try run(Self.recoveryMilliseconds, until: { isSettled }) else {
            throw ended("what had settled is unsettled again: \(state)")
        }
        let after = reigns
        for (group, reign) in before.sorted(by: { $0.key < $1.key }) {
            // Queues may have been deleted meanwhile, as was asked before.
            guard let now = after[group], now != reign else { continue }
            throw ended("elections go on: \(FrameText.group(group)) is led \(reign), then \(now)")
        }
        try checkMachines()
        try checkMirrors()
    }

    /// Not before everything has healed indeed: who stands still is taken for down, and a connection that is known to be
    /// broken on one side will be on the other.
    private var isSettled: Bool {
        links.allSatisfy(\.isWhole) && nodes.allSatisfy { $0.pausedUntil <= time }
            && nodes.allSatisfy { $0.isServing && $0.upNodes.count == nodes.count - 1 } && isMetadataEqual
            && areGroupsEqual
    }

    /// Where a member was lost, something is left that is none.
    private var replicas: [RaftReplica] { nodes.flatMap { $0.node?.replicas.all.filter { !$0.isLost } ?? [] } }

    /// Leaders and terms, by group.
    private var reigns: [UInt64: String] {
        Dictionary(
            replicas.filter(\.isLeader).map { ($0.group.id, "by \($0.group.member.node) in term \($0.group.term)") },
            uniquingKeysWith: { "\($0) and \($1)" })
    }

    /// Each group has one leader, and all its members vote and have applied all that there is.
    private var areGroupsEqual: Bool {
        let replicas = replicas
        return Set(replicas.map(\.group.id)).sorted().allSatisfy { id in
            let members = replicas.filter { $0.group.id == id }
            guard let last = members.first?.group.lastPosition else { return false }
            let voters = Membership(voters: members.map(\.group.member))
            return members.count(where: \.isLeader) == 1 && members.allSatisfy { $0.group.membership == voters }
                && members.allSatisfy { $0.group.lastPosition == last && $0.group.appliedIndex == last.index }
        }
    }

    private var isMetadataEqual: Bool {
        guard let first = nodes.first?.node?.metadataBytes else { return false }
        return nodes.allSatisfy { $0.node?.metadataBytes == first }
    }

    /// What each node thinks, for whoever has to find out.
    private var state: String {
        let lines = nodes.map { node in
            guard let broker = node.node else { return "node \(node.number) is down" }
            let groups = broker.replicas.all.map {
                "\(FrameText.group($0.group.id)) \($0.group.role) of term \($0.group.term), led by"
                    + " \($0.group.leader.map { "\($0.node)" } ?? "nobody"), applied \($0.group.appliedIndex)"
                    + " of \($0.group.lastPosition.index)"
            }
            let metadata = broker.metadataBytes.map { bytes in
                var trace = Trace(isReadable: false)
                trace.add(bytes)
                return hex(trace.hash)
            }
            return "node \(node.number) \(broker.isServing ? "serves" : "does not serve"), up \(node.upNodes),"
                + " metadata \(metadata ?? "none")\n    " + groups.joined(separator: "\n    ")
        }
        return "\n" + lines.joined(separator: "\n")
    }

    /// The members of a quorum queue have the same state, to the byte.
    private func checkMachines() throws(ClusterFailure) {
        var known: [UInt64: [UInt8]] = [:]
        for node in nodes {
            for member in node.node?.quorum.sortedMembers ?? [] {
                let bytes = member.machine.snapshot()
                if let other = known[member.queue], other != bytes {
                    throw ended("the member of queue \(member.queue) on node \(node.number) has another state")
                }
                known[member.queue] = bytes
                if member.unreadable > 0 { throw ended("queue \(member.queue) has entries that are no batches") }
            }
        }
    }

    /// Whoever is still connected has been answered by now, and what it acknowledged has been applied.
    private func checkNothingWaits() throws(ClusterFailure) {
        for client in clients {
            // Those among them that are being closed, too.
            for channel in client.connection?.channels ?? [] where channel.isOpen && !channel.isEnded {
                if let waiting = channel.expected.first { throw ended("\(channel.name) waits for ever for \(waiting)") }
                if channel.unanswered > 0 {
                    let message = channel.published[channel.firstUnanswered]
                    throw ended("\(channel.name) waits for ever for the confirm of message \(message.id)")
                }
                for ack in channel.acks { ledger.isCertain(ack) }
                channel.acks = []
            }
        }
    }

    /// Consumers end with their clients, and what they held is back in its queue.
    private func checkNobodyHolds() throws(ClusterFailure) {
        var holder: String?
        func look() -> Bool {
            holder = nil
            for member in nodes.flatMap({ $0.node?.quorum.sortedMembers ?? [] }) where member.replica.isLeader {
                for origin in member.machine.origins {
                    // order-free: an array
                    guard let consumer = origin.consumers.first(where: { !$0.isForGets || $0.held.count > 0 }) else {
                        continue
                    }
                    holder =
                        "consumer \(consumer.id) of start \(origin.incarnation) of node \(origin.node), which holds"
                        + " \(consumer.held.count) of queue \(member.queue)"
                }
            }
            return holder == nil
        }
        guard try run(Self.recoveryMilliseconds, until: look) else {
            throw ended("all clients have gone, and \(holder ?? "nobody") is still there")
        }
    }

    /// On every node a queue can be declared, and every quorum queue takes a message.
    private func probe() throws(ClusterFailure) {
        for node in nodes {
            try visit(node) { client, channel in
                client.declare(ClusterQueue(name: "probe-\(node.number)", declaredOn: node.number), on: channel)
                for queue in ClusterTopology.quorum { client.publish(to: [queue.name], true, on: channel) }
            }
        }
    }

    /// Takes whatever is left out of every queue.
    private func drain() throws(ClusterFailure) {
        let (client, channel) = try guest(of: random.pick(nodes))
        client.isDraining = true
        for queue in ClusterTopology.all {
            client.declare(queue, on: channel)
            client.startConsumer(of: queue.name, noAck: false, on: channel)
        }
        var before = -1
        while statistics.deliveries != before || !channel.expected.isEmpty {
            before = statistics.deliveries
            let waiting = channel.expected.count
            try run(600)
            if channel.isEnded { throw ended("the queues cannot be drained") }
            // What is lost on its way is asked for again in time.
            let hasAnswered = try run(waiting == 0 ? 0 : Self.recoveryMilliseconds) { channel.expected.count < waiting }
            if waiting > 0, !hasAnswered {
                throw ended("\(channel.expected[0]) is not answered while the queues are drained")
            }
        }
        try dismiss(client)
    }
}

extension Node {
    /// All that this node knows of the metadata, in the one order that all nodes have; nil without any.
    fileprivate var metadataBytes: [UInt8]? {
        guard let metadata = cluster?.metadata, metadata.outstanding.isEmpty else { return nil }
        return MetadataSnapshot(
            index: topologyIndex, applied: metadata.applied, changes: wholeTopology, mirrorings: allMirrorings
        ).encoded()
    }
}
