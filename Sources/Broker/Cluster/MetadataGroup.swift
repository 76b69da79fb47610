internal import AMQP
internal import Raft

/// The replicated metadata: one Raft group of all nodes, whose commands are `TopologyChange`s.
///
/// A proposal goes to the leader, wherever that is, and again to each new one, until it has been applied here or has
/// waited too long; `AppliedProposals` lets it count once. It is answered by the node that proposed it, after applying it.
final class MetadataGroup {
    /// A proposal of this node that has not been applied here yet.
    struct Outstanding {
        let number: UInt64
        let command: [UInt8]
        let origin: Origin
        /// What it would do, for whoever is told that it did not.
        let purpose: String
        let proposedAt: UInt64
        /// When it is to be sent again; nil when the leader has to be found first.
        var retryAt: UInt64?
    }

    let configuration: ClusterConfiguration
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    var group: RaftGroup
    var output = RaftOutput()
    private var spare = RaftOutput()
    /// What the group has given out is being applied: the topology is between two places in the log.
    private(set) var isCarryingOut = false
    /// In the order of their numbers.
    private(set) var outstanding: [Outstanding] = []
    private var lastNumber: UInt64 = 0
    var applied = AppliedProposals()
    /// Since when no leader is known, if none is.
    private var leaderlessSince: UInt64
    /// What the journal has synced that the group does not know of yet.
    private var persisted: UInt64 = 0
    /// The newest snapshot that is durable here.
    var snapshot: (index: UInt64, bytes: [UInt8])?
    /// A snapshot is on its way to the disk.
    var isSnapshotPending = false
    /// What has come of a snapshot of the leader's.
    var arriving: [UInt8] = []
    /// Entries that were no commands: written by another version.
    private(set) var unreadable = 0

    init(_ configuration: ClusterConfiguration, node: Node) {
        self.configuration = configuration
        self.node = node
        leaderlessSince = node.now.nanoseconds
        group = Self.group(configuration, StoredMetadata().state(beginning: Self.voters(configuration)), node)
        begin()
    }

    private static func voters(_ configuration: ClusterConfiguration) -> Membership {
        Membership(voters: (1...UInt32(configuration.names.count)).map { MemberID(node: $0) })
    }

    private static func group(
        _ configuration: ClusterConfiguration, _ stored: StoredState, _ node: Node
    ) -> RaftGroup {
        RaftGroup(
            id: MetadataRecord.group, member: MemberID(node: configuration.node), stored: stored,
            seed: node.configuration.seed &+ UInt64(configuration.node) &* 0x9E37_79B9 &+ configuration.incarnation,
            now: node.now.nanoseconds)
    }

    /// Starts again from what the journal has.
    func restart(_ stored: StoredMetadata) throws(WireError) {
        if let (mark, bytes) = stored.snapshot {
            let found = try MetadataSnapshot(bytes)
            snapshot = (mark.position.index, bytes)
            node.install(found)
            applied = found.applied
        }
        group = Self.group(configuration, stored.state(beginning: Self.voters(configuration)), node)
    }

    /// Says, through the log, that this node has started.
    private func begin() { propose(.nodeStarted, from: .node, purpose: "start") }

    // MARK: Proposing

    /// Puts a change on its way into the log, and says where a queue lives.
    func propose(_ proposal: Proposal, in member: ClusterMember) {
        var change = proposal.change
        if case .declareQueue(let host, let name, var settings) = change {
            settings.home = member.home(of: settings, in: node)
            change = .declareQueue(virtualHost: host, name: name, settings: settings)
        }
        propose(.change(change), from: proposal.origin, purpose: change.purpose)
    }

    /// Says that a node has gone. Unlike other changes of the node's own it is given up in time: it may be back by then.
    func proposeEnd(of home: QueueHome) {
        let nobody = Origin.control(0)
        propose(.nodeDown(home), from: nobody, purpose: "note that node \(home.node) is down")
    }

    private func propose(_ command: MetadataCommand, from origin: Origin, purpose: String) {
        lastNumber += 1
        outstanding.append(
            Outstanding(
                number: lastNumber, command: command.encoded(), origin: origin, purpose: purpose,
                proposedAt: node.now.nanoseconds))
    }

    /// Hands everything to the leader that it has not got, or has had for long.
    private func forward(in member: ClusterMember) {
        guard let leader = group.leader else { return }
        let now = node.now.nanoseconds
        let floor = outstanding.first?.number ?? 0
        for place in outstanding.indices {
            if let retryAt = outstanding[place].retryAt, retryAt > now { continue }
            let proposal = MetadataProposal(
                node: configuration.node, incarnation: configuration.incarnation, number: outstanding[place].number,
                floor: floor
            ).encoded(outstanding[place].command)
            outstanding[place].retryAt = now + Limits.proposalRetryMilliseconds * 1_000_000
            if group.role == .leader {
                // What is refused for now is tried again.
                _ = try? group.propose(RaftPayload(proposal))
            } else {
                member.forward(proposal, to: leader.node)
            }
        }
    }

    /// Takes what a follower wants in the log; whoever does not lead ignores it, and it is sent again to who does.
    func takeForwarded(_ proposal: [UInt8]) {
        guard group.role == .leader else { return }
        _ = try? group.propose(RaftPayload(proposal))
    }

    /// Tells those who have waited too long that it is not known what came of it. What the node asks for itself waits
    /// for as long as it takes.
    private func giveUp() {
        guard !outstanding.isEmpty else { return }
        let now = node.now.nanoseconds
        giveUp { self.limit(of: $0).map { $0 <= now } ?? false }
    }

    private func giveUp(where isOver: (Outstanding) -> Bool) {
        let over = outstanding.filter(isOver)
        guard !over.isEmpty else { return }
        outstanding.removeAll(where: isOver)
        for waiting in over {
            node.answer(waiting.origin, .failed(.metadataTimeout(waiting.purpose, node.configuration.name)))
        }
    }

    /// The node can do nothing more: whoever does not hear of it otherwise is told.
    func abandon() {
        giveUp { if case .control = $0.origin { true } else { false } }
    }

    private func limit(of waiting: Outstanding) -> UInt64? {
        if case .node = waiting.origin { return nil }
        let longest = waiting.proposedAt + Limits.proposalMilliseconds * 1_000_000
        guard group.leader == nil else { return longest }
        return min(longest, max(waiting.proposedAt, leaderlessSince) + Limits.leaderlessMilliseconds * 1_000_000)
    }

    // MARK: Events

    func step(_ message: RaftMessage) { group.step(message, now: node.now.nanoseconds, into: &output) }

    func take(_ event: PeerEvent) {
        switch event {
        case .down(let peer): group.peerDown(peer, now: node.now.nanoseconds, into: &output)
        case .up(let peer, _):
            group.peerUp(peer, now: node.now.nanoseconds, into: &output)
            // What was on its way may have been lost with the link.
            if group.leader?.node == peer { sendAgain() }
        }
    }

    private func sendAgain() {
        for place in outstanding.indices { outstanding[place].retryAt = nil }
    }

    /// What was written up to a ticket is durable; the group hears of it in the next tick.
    func isDurable(_ ticket: UInt64) { persisted = max(persisted, ticket) }

    var nextDeadline: UInt64? {
        var earliest = group.nextDeadline ?? .max
        if persisted > reported || group.needsFlush || !output.isEmpty { earliest = 0 }
        for waiting in outstanding {
            if let limit = limit(of: waiting) { earliest = min(earliest, limit) }
            if group.leader != nil { earliest = min(earliest, waiting.retryAt ?? 0) }
        }
        return earliest == .max ? nil : earliest
    }

    /// The last ticket the group was told of.
    private var reported: UInt64 = 0

    /// Does what has become due or possible.
    func advance(in member: ClusterMember) {
        let now = node.now.nanoseconds
        if persisted > reported {
            reported = persisted
            group.persisted(persisted, now: now, into: &output)
        }
        if let due = group.nextDeadline, due <= now { group.tick(now: now, into: &output) }
        // A flush may leave more than it may give out at once, and what follows from it: the rest has its turn in the
        // next tick.
        for _ in 0..<Limits.flushesPerTick {
            forward(in: member)
            group.flush(now: now, into: &output)
            guard !output.isEmpty else { break }
            carryOut(in: member)
        }
        giveUp()
        takeSnapshotIfLong()
    }

    /// Does what the group wants done, in the order that `RaftOutput` asks for.
    private func carryOut(in member: ClusterMember) {
        isCarryingOut = true
        defer { isCarryingOut = false }
        swap(&output, &spare)
        for write in spare.writes { journal(write, spare.entries(of: write)) }
        // order-free: an array
        for message in spare.messages { member.send(message) }
        for request in spare.snapshotReads { supply(request) }
        for piece in spare.snapshotPieces { take(piece) }
        for apply in spare.applies {
            for entry in spare.entries(of: apply) { self.apply(entry, in: member) }
        }
        for notice in spare.notices {
            guard case .leader(let leader, _) = notice.kind else { continue }
            if leader == nil { leaderlessSince = node.now.nanoseconds }
            sendAgain()
        }
        spare.removeAll()
    }

    // MARK: Applying

    private func apply(_ entry: RaftEntry, in member: ClusterMember) {
        node.topologyIndex = entry.index
        guard entry.kind == .command else { return }
        entry.payload.bytes.withUnsafeBytes { bytes in
            guard let proposal = MetadataProposal(bytes),
                let command = try? MetadataCommand.decode(bytes.dropFirst(MetadataProposal.headerBytes)).command
            else { return unreadable += 1 }
            guard applied.take(proposal) else { return }
            let answer = apply(command, of: proposal, at: entry.index)
            guard proposal.node == configuration.node, proposal.incarnation == configuration.incarnation else { return }
            if case .nodeStarted = command { member.caughtUp() }
            guard let place = outstanding.firstIndex(where: { $0.number == proposal.number }) else { return }
            node.answer(outstanding.remove(at: place).origin, answer)
        }
    }

    private func apply(_ command: MetadataCommand, of proposal: MetadataProposal, at index: UInt64) -> Answer {
        defer { node.forgetCascade() }
        switch command {
        case .change(let change):
            // The identity of a queue is the index of its declaration.
            node.topologyIndex = index - 1
            return node.apply(change)
        case .nodeStarted:
            node.removeLost(of: proposal.node, before: proposal.incarnation)
            return .done
        case .nodeDown(let home):
            node.removeLost(of: home.node, before: home.incarnation &+ 1)
            return .done
        }
    }

    /// What was applied in a snapshot was answered by nobody: what came of it is not known here.
    func answerLost() {
        giveUp {
            applied.contains(node: configuration.node, incarnation: configuration.incarnation, number: $0.number)
        }
    }
}

extension ProtocolException {
    /// No majority has taken a change in time, or not as far as is known (RabbitMQ since 3.13, with Khepri in a minority:
    /// "INTERNAL_ERROR - Could not declare queue 'q' in vhost '/' on node 'n' because the metadata store operation timed
    /// out"; rabbitmq-server, pull request 11980. Mnesia in 3.10 answers as if nothing was wrong, and loses one side).
    static func metadataTimeout(_ purpose: String, _ node: String) -> ProtocolException {
        ProtocolException(
            .internalError, "Could not \(purpose) on node '\(node)' because the metadata store operation timed out")
    }
}

extension TopologyChange {
    /// What it would do, in RabbitMQ's words.
    var purpose: String {
        switch self {
        case .declareVirtualHost(let name): "create vhost '\(name)'"
        case .deleteVirtualHost(let name): "delete vhost '\(name)'"
        case .declareExchange(let host, let name, _): "declare exchange '\(name)' in vhost '\(host)'"
        case .deleteExchange(let host, let name, _): "delete exchange '\(name)' in vhost '\(host)'"
        case .declareQueue(let host, let name, _): "declare queue '\(name)' in vhost '\(host)'"
        case .deleteQueue(let host, let name, _): "delete queue '\(name)' in vhost '\(host)'"
        case .bind(let host, let exchange, _): "bind to exchange '\(exchange)' in vhost '\(host)'"
        case .unbind(let host, let exchange, _): "unbind from exchange '\(exchange)' in vhost '\(host)'"
        }
    }
}
