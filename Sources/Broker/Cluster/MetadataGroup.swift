internal import AMQP
internal import Journal
internal import Raft

/// The replicated metadata: one Raft group of all nodes, whose commands are `TopologyChange`s.
///
/// A proposal goes to the leader, wherever that is, and again to each new one, until it has been applied here or has
/// waited too long; `AppliedProposals` lets it count once. It is answered by the node that proposed it, after applying it.
final class MetadataGroup: ReplicatedMachine {
    /// A proposal of this node that has not been applied here yet.
    struct Outstanding {
        let number: UInt64
        let command: [UInt8]
        let origin: Origin
        /// What it would do, for whoever is told that it did not.
        let purpose: String
        let proposedAt: UInt64
        /// The queue, if it is meant only as long as nobody uses that one.
        let unused: UInt64?
        /// When it is to be sent again; nil when the leader has to be found first.
        var retryAt: UInt64?
    }

    let configuration: ClusterConfiguration
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    /// The group's member here.
    private(set) var replica: RaftReplica!  // set before it is used
    /// In the order of their numbers.
    private(set) var outstanding: [Outstanding] = []
    private var lastNumber: UInt64 = 0
    /// The node has lost something of what it had written down, and not caught up since.
    var hasLostData = false
    /// The proposal whose application means that this node has caught up.
    private var catchingUp: UInt64 = 0
    var applied = AppliedProposals()
    /// Since when no leader is known, if none is.
    private var leaderlessSince: UInt64
    /// Entries that were no commands: written by another version.
    private(set) var unreadable = 0

    init(_ configuration: ClusterConfiguration, node: Node) {
        self.configuration = configuration
        self.node = node
        leaderlessSince = node.now.nanoseconds
        join(StoredState(snapshot: .beginning(Self.voters(configuration))))
        begin()
    }

    private static func voters(_ configuration: ClusterConfiguration) -> Membership {
        Membership(voters: (1...UInt32(configuration.names.count)).map { MemberID(node: $0) })
    }

    private func join(_ stored: StoredState, as member: MemberID? = nil, floor: UInt64? = nil) {
        if let replica { node.replicas.remove(replica) }
        replica = RaftReplica(
            id: RaftRecord.metadata, member: member ?? MemberID(node: configuration.node), stored: stored,
            floor: floor ?? node.topologyFloor, machine: self, node: node)
        node.replicas.add(replica)
    }

    /// The core of the group's member here.
    var group: RaftGroup { replica.group }

    /// Starts again from what the journal has; throws where that is not all that there was.
    func restart(_ stored: StoredGroup) throws(GroupUnreadable) {
        guard !stored.isLost else { return lose(areOthersLost: stored.areOthersLost) }
        let beginning = stored.isNewcomer ? .none : Self.voters(configuration)
        let state = try stored.state(beginning: beginning)
        if let (_, bytes) = stored.snapshot, (try? take(bytes)) == nil {
            throw GroupUnreadable("the snapshot cannot be read")
        }
        join(state, as: stored.member(on: configuration.node))
        replica.areOthersLost = stored.areOthersLost
        if let (mark, bytes) = stored.snapshot { replica.snapshots = [(mark.position.index, bytes)] }
    }

    /// The member here has lost its data, and waits for the leader to put another in its place; those of the node's other
    /// groups may have lost theirs too.
    func lose(areOthersLost: Bool) {
        join(StoredState(snapshot: .beginning(.none)), floor: node.journal.segment)
        replica.areOthersLost = areOthersLost
        replica.lose()
    }

    /// A new member begins here, with nothing, as the leader that speaks to it has decided.
    func begin(as member: MemberID) {
        let areOthersLost = replica.areOthersLost
        join(StoredState(snapshot: .beginning(.none)), as: member, floor: node.journal.segment)
        replica.areOthersLost = areOthersLost
        replica.journalBeginning()
        sendAgain()
    }

    private func take(_ snapshot: [UInt8]) throws(SnapshotUnreadable) {
        guard let found = try? MetadataSnapshot(snapshot) else { throw SnapshotUnreadable() }
        node.install(found)
        applied = found.applied
    }

    /// Says, through the log, that this node has started.
    private func begin() {
        propose(.nodeStarted(up: [], hasLostData: hasLostData), from: .node, purpose: "start")
        catchingUp = lastNumber
    }

    /// Finds out anew what has been committed: the node is back among a majority. What it asked before, in its time among
    /// another one, tells nothing of this one.
    func catchUp() {
        outstanding.removeAll { $0.number == catchingUp }
        begin()
    }

    // MARK: Proposing

    /// Puts a change on its way into the log, and says where a queue lives.
    func propose(_ proposal: Proposal, in member: ClusterMember) {
        var change = proposal.change
        if case .declareQueue(let host, let name, var settings) = change {
            settings.home = member.home(of: settings, in: node)
            settings.mirrors = member.mirrors.beginning(settings, name, in: host)
            if settings.isQuorum {
                settings.members = node.quorumMembers(settings, in: configuration)
                settings.home = member.firstLeader(of: settings, in: node)
            }
            change = .declareQueue(virtualHost: host, name: name, settings: settings)
        }
        propose(.change(change), from: proposal.origin, purpose: change.purpose, unused: proposal.unused)
    }

    /// Says that a node has gone. Unlike other changes of the node's own it is given up in time: it may be back by then.
    func proposeEnd(of home: QueueHome) {
        let nobody = Origin.control(0)
        propose(.nodeDown(home), from: nobody, purpose: "note that node \(home.node) is down")
    }

    /// Asks for changes of who holds mirrored queues. They are asked for again as long as they are wanted.
    func propose(mirrors changes: [MirrorChange]) {
        propose(.mirrors(changes), from: .control(0), purpose: "change mirrored queues")
    }

    /// Whether the end of a queue that nobody uses is on its way.
    func isEndProposed(ofUnused queue: UInt64) -> Bool { outstanding.contains { $0.unused == queue } }

    private func propose(
        _ command: MetadataCommand, from origin: Origin, purpose: String, unused: UInt64? = nil
    ) {
        lastNumber += 1
        outstanding.append(
            Outstanding(
                number: lastNumber, command: command.encoded(), origin: origin, purpose: purpose,
                proposedAt: node.now.nanoseconds, unused: unused))
    }

    /// Hands everything to the leader that it has not got, or has had for long.
    private func forward() {
        guard !outstanding.isEmpty, let leader = replica.group.leader else { return }
        outstanding.removeAll { waiting in
            waiting.unused.map { node.queue(id: $0)?.isUnusedTooLong != true } ?? false
        }
        let now = node.now.nanoseconds
        let floor = outstanding.first?.number ?? 0
        for place in outstanding.indices {
            if let retryAt = outstanding[place].retryAt, retryAt > now { continue }
            let proposal = MetadataProposal(
                node: configuration.node, incarnation: configuration.incarnation, number: outstanding[place].number,
                floor: floor
            ).encoded(outstanding[place].command)
            outstanding[place].retryAt = now + Limits.proposalRetryMilliseconds * 1_000_000
            if replica.isLeader {
                takeForwarded(proposal)
            } else {
                node.cluster?.forward(proposal, to: leader.node)
            }
        }
    }

    /// Takes what a node wants in the log; whoever does not lead ignores it, and it is sent again to who does.
    func takeForwarded(_ proposal: [UInt8]) {
        guard replica.isLeader else { return }
        // What is refused for now is tried again.
        try? replica.propose(withNodesUp(proposal))
    }

    /// Adds to a node's start who else is up.
    private func withNodesUp(_ proposal: [UInt8]) -> [UInt8] {
        guard let member = node.cluster,
            let hasLostData = MetadataCommand.hasLostData(proposal.dropFirst(MetadataProposal.headerBytes)),
            let header = proposal.withUnsafeBytes({ MetadataProposal($0) })
        else { return proposal }
        let up = (member.upHomes + [member.home]).filter { $0.node != header.node }
        return header.encoded(MetadataCommand.nodeStarted(up: up, hasLostData: hasLostData).encoded())
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
        guard replica.group.leader == nil else { return longest }
        return min(longest, max(waiting.proposedAt, leaderlessSince) + Limits.leaderlessMilliseconds * 1_000_000)
    }

    // MARK: Events

    /// A node can be reached again: what was on its way may have been lost with the link.
    func peerUp(_ peer: UInt32) {
        if replica.group.leader?.node == peer { sendAgain() }
    }

    private func sendAgain() {
        for place in outstanding.indices { outstanding[place].retryAt = nil }
        replica.wake()
    }

    /// When something is due of what this node has proposed.
    var nextDeadline: UInt64? {
        var earliest = UInt64.max
        for waiting in outstanding {
            if let limit = limit(of: waiting) { earliest = min(earliest, limit) }
            if replica.group.leader != nil { earliest = min(earliest, waiting.retryAt ?? 0) }
        }
        return earliest == .max ? nil : earliest
    }

    /// Does what has become due of what this node has proposed.
    func advance() {
        guard !outstanding.isEmpty else { return }
        giveUp()
        if let due = nextDeadline, due <= node.now.nanoseconds { replica.wake() }
    }

    // MARK: Applying

    func apply(_ entry: RaftEntry) {
        node.topologyIndex = entry.index
        guard entry.kind == .command else { return }
        entry.payload.bytes.withUnsafeBytes { bytes in
            guard let proposal = MetadataProposal(bytes),
                let command = try? MetadataCommand.decode(bytes.dropFirst(MetadataProposal.headerBytes)).command
            else { return unreadable += 1 }
            guard applied.take(proposal) else { return }
            let answer = apply(command, of: proposal, at: entry.index)
            guard proposal.node == configuration.node, proposal.incarnation == configuration.incarnation else { return }
            if case .nodeStarted = command, proposal.number == catchingUp { node.cluster?.caughtUp() }
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
        case .nodeStarted(let up, let hasLostData):
            let started = QueueHome(node: proposal.node, incarnation: proposal.incarnation)
            node.mirrorsStarted(on: started, up: up, hasLostData: hasLostData, at: index)
            node.removeLost(of: proposal.node, before: proposal.incarnation)
            return .done
        case .nodeDown(let home):
            node.mirrorsEnded(on: home, at: index)
            node.removeLost(of: home.node, before: home.incarnation &+ 1)
            return .done
        case .mirrors(let changes):
            for change in changes { node.apply(change, at: index) }
            return .done
        }
    }

    // MARK: Being replicated

    func prepareFlush() {
        forward()
        if replica.isLeader { replica.promoteLearners() }
    }

    func leaderChanged() {
        if replica.group.leader == nil { leaderlessSince = node.now.nanoseconds }
        record(replica.group.leader, term: replica.group.term)
        node.cluster?.mirrors.review()
        sendAgain()
    }

    func membershipChanged() { replica.wake() }

    func isLogTooLong(_ group: borrowing RaftGroup) -> Bool {
        group.lastPosition.index - group.basePosition.index > UInt64(configuration.snapshotEntries)
            && group.appliedIndex > group.snapshot.position.index
    }

    var entriesKept: UInt64 { UInt64(configuration.snapshotEntries / 4) }
    var snapshotBytes: Int { replica.snapshots.last?.bytes.count ?? 0 }

    func snapshot(at index: UInt64) -> SnapshotSlices {
        let snapshot = MetadataSnapshot(
            index: index, applied: applied, changes: node.wholeTopology, mirrorings: node.allMirrorings
        ).encoded()
        return { bytes, _ in
            bytes = snapshot
            return true
        }
    }

    func install(_ snapshot: [UInt8]) throws(SnapshotUnreadable) {
        try take(snapshot)
        answerLost()
    }

    /// What was applied in a snapshot was answered by nobody: what came of it is not known here.
    private func answerLost() {
        if applied.contains(node: configuration.node, incarnation: configuration.incarnation, number: catchingUp) {
            node.cluster?.caughtUp()
        }
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
        case .setPolicy(let host, let policy): "set policy '\(policy.name)' in vhost '\(host)'"
        case .clearPolicy(let host, let name): "clear policy '\(name)' in vhost '\(host)'"
        }
    }
}
