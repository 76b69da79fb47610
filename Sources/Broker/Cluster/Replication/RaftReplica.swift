internal import Raft

/// What the entries of a Raft group mean: its state machine on one node.
protocol ReplicatedMachine: AnyObject {
    /// Takes one committed entry. All come, in order, those that are no commands among them.
    func apply(_ entry: RaftEntry)
    /// Everything up to and with the entry at `index`, which was applied last.
    func snapshot(at index: UInt64) -> [UInt8]
    /// Becomes what a snapshot of another member says.
    func install(_ snapshot: [UInt8]) throws(SnapshotUnreadable)
    /// Another leader is known, or none.
    func leaderChanged()
    /// Other members are in the group.
    func membershipChanged()
    /// This member is none any more, and nobody needs it to find that out.
    func removed()
    /// Has its turn before each flush of the group.
    func prepareFlush()
    /// Has its turn after entries were applied.
    func applied()
    /// When it wants a turn even if nothing happens, in nanoseconds.
    var nextDeadline: UInt64? { get }
    /// Whether a snapshot is worth it by now.
    func isLogTooLong(_ group: borrowing RaftGroup) -> Bool
    /// About how many bytes a snapshot has.
    var snapshotBytes: Int { get }
    /// How many entries behind a snapshot members that are late may still want.
    var entriesKept: UInt64 { get }
}

extension ReplicatedMachine {
    func removed() {}
    func applied() {}
    var nextDeadline: UInt64? { nil }
}

/// A snapshot that makes no sense.
struct SnapshotUnreadable: Error {}

/// This node's member of one Raft group: the core, its records in the node's journal, and its messages on the node's
/// links. What the entries mean is its machine's business.
final class RaftReplica {
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    /// Owns the replica; each holds the other.
    private(set) var machine: any ReplicatedMachine
    var group: RaftGroup
    var output = RaftOutput()
    private var spare = RaftOutput()
    /// What the group has given out is being carried out: the machine is between two places in the log.
    private(set) var isCarryingOut = false
    /// What the journal has synced, and what of that the group knows.
    private var persisted: UInt64 = 0
    private var reported: UInt64 = 0
    /// Snapshots that are durable here and may be asked for, oldest first; the last one counts.
    var snapshots: [(index: UInt64, bytes: [UInt8])] = []
    /// A snapshot is on its way to the disk.
    var isSnapshotPending = false
    /// What has come of a snapshot of the leader's.
    var arriving: [UInt8] = []
    /// Everything that the journal must keep of the group lies in this segment or behind it.
    var floor: UInt64
    /// In the node's list of those that have something to do.
    var isAwake = false
    /// The deadline that the node knows of.
    var watchedDeadline: UInt64?
    /// It is over: the queue is deleted.
    var hasEnded = false
    /// This node is not a member any more. It does nothing but remember how far it had come and for whom it has voted: had
    /// it forgotten, it would take itself after a restart for the member that the group began with, and its vote might
    /// bring those to power who do not know of the change (Raft §5.2: a vote is never forgotten).
    private(set) var isRetired = false
    /// The member that was here has lost its data. What it has promised is not known, so nobody goes on as that member: it
    /// does nothing but say so to whoever speaks to it, and a new one takes its place (thesis §4.2.1).
    private(set) var isLost = false
    /// The members here up to this incarnation are lost, as far as the others have spoken to any.
    var lostUpTo: UInt32?

    /// - Parameter floor: The first segment that may hold anything of it.
    init(id: UInt64, member: MemberID, stored: StoredState, floor: UInt64, machine: any ReplicatedMachine, node: Node) {
        self.node = node
        self.machine = machine
        self.floor = floor
        group = RaftGroup(
            id: id, member: member, stored: stored, upNodes: node.replicas.upNodes,
            seed: node.configuration.seed &+ id &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(member.node) &* 0x9E37_79B9
                &+ node.incarnation,
            now: node.now.nanoseconds)
    }

    var isLeader: Bool { group.role == .leader }
    /// About how many bytes of the journal it needs.
    var neededBytes: Int {
        machine.snapshotBytes + Int(clamping: group.lastPosition.index - group.appliedIndex) * Limits.fetchedOverhead
    }

    /// This node is not a member any more.
    func retire() { isRetired = true }

    /// The member that was here has lost its data.
    func lose() {
        retire()
        isLost = true
        journalLoss()
    }

    // MARK: Events

    /// Something was done to it that may leave something to do.
    func wake() { node.replicas.wake(self) }

    func step(_ message: RaftMessage) {
        guard !isRetired else { return }
        group.step(message, now: node.now.nanoseconds, into: &output)
        wake()
    }

    /// Stands for election without waiting.
    func campaign() {
        group.campaign(now: node.now.nanoseconds, into: &output)
        wake()
    }

    func peerDown(_ peer: UInt32) {
        guard !isRetired else { return }
        group.peerDown(peer, now: node.now.nanoseconds, into: &output)
        wake()
    }

    func peerUp(_ peer: UInt32) {
        guard !isRetired else { return }
        group.peerUp(peer, now: node.now.nanoseconds, into: &output)
        wake()
    }

    /// Puts a command into a leader's log; throws where it cannot be taken now.
    func propose(_ command: [UInt8]) throws(RaftRefusal) {
        _ = try group.propose(RaftPayload(command))
        wake()
    }

    /// Begins a change of a leader's members; throws where it cannot be begun now.
    func change(_ change: MembershipChange) throws(RaftRefusal) {
        _ = try group.changeMembership(change, now: node.now.nanoseconds)
        wake()
    }

    /// Hands a leader's part over to another member; throws where that cannot be now.
    func transfer(to member: MemberID) throws(RaftRefusal) {
        try group.transferLeadership(to: member, now: node.now.nanoseconds)
        wake()
    }

    /// Learners that have caught up vote from now on; whoever lost its data makes way for the one that takes its place.
    func promoteLearners() {
        let membership = group.membership
        for learner in membership.learners {
            let lost = (membership.voters + membership.learners).first { $0.node == learner.node && $0 < learner }
            // What is refused now is asked again when something has happened.
            if (try? change(lost.map { .remove($0) } ?? .promote(learner))) != nil { return }
        }
    }

    /// A member has lost its data: where this one leads, a new one takes its place. It is a learner first, and no member
    /// gives it a vote or counts one of it before it has what the others have.
    ///
    /// - Parameter known: The node had members up to this incarnation.
    func replace(_ lost: MemberID, after known: UInt32) {
        let members = group.membership.voters + group.membership.learners
        guard isLeader, members.contains(lost), known < .max,
            !members.contains(where: { $0.node == lost.node && lost < $0 })
        else { return }
        // Not used before: the log only grows.
        let incarnation = max(UInt32(clamping: group.lastPosition.index + 1), known + 1)
        // What is refused now is asked again.
        try? change(.addLearner(MemberID(node: lost.node, incarnation: incarnation)))
    }

    /// What was written up to a ticket is durable; the group hears of it in the next tick.
    func isDurable(_ ticket: UInt64) {
        persisted = max(persisted, ticket)
        wake()
    }

    /// When a tick is due even if nothing happens, in nanoseconds.
    var nextDeadline: UInt64? {
        if persisted > reported || group.needsFlush || !output.isEmpty { return 0 }
        guard let own = machine.nextDeadline else { return group.nextDeadline }
        return min(own, group.nextDeadline ?? own)
    }

    // MARK: Ticks

    /// Does what has become due or possible.
    func advance() {
        let now = node.now.nanoseconds
        let machine = machine
        if persisted > reported {
            reported = persisted
            group.persisted(persisted, now: now, into: &output)
        }
        if let due = group.nextDeadline, due <= now { group.tick(now: now, into: &output) }
        // A flush may leave more than it may give out at once, and what follows from it: the rest has its turn in the
        // next tick.
        for _ in 0..<Limits.flushesPerTick {
            machine.prepareFlush()
            group.flush(now: now, into: &output)
            guard !output.isEmpty else { break }
            carryOut()
            guard !hasEnded, !isRetired else { return }
        }
        if machine.isLogTooLong(group) { writeSnapshot() }
    }

    /// Does what the group wants done, in the order that `RaftOutput` asks for.
    private func carryOut() {
        // It may find out that it is over.
        let machine = machine
        isCarryingOut = true
        defer { isCarryingOut = false }
        swap(&output, &spare)
        for write in spare.writes { journal(write, spare.entries(of: write)) }
        // order-free: an array
        for message in spare.messages { node.cluster?.send(message) }
        for request in spare.snapshotReads { supply(request) }
        for piece in spare.snapshotPieces { take(piece) }
        for apply in spare.applies {
            for entry in spare.entries(of: apply) { machine.apply(entry) }
        }
        if !spare.applies.isEmpty { machine.applied() }
        for notice in spare.notices {
            switch notice.kind {
            case .leader: machine.leaderChanged()
            case .membership: machine.membershipChanged()
            case .removed: machine.removed()
            case .transferAborted: break
            }
        }
        spare.removeAll()
    }
}
