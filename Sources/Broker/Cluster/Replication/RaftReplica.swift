internal import Raft

/// What the entries of a Raft group mean: its state machine on one node.
protocol ReplicatedMachine: AnyObject {
    /// Takes one committed entry. All come, in order, those that are no commands among them.
    func apply(_ entry: RaftEntry)
    /// Everything up to and with the entry at `index`, which was applied last, in slices. Nothing is applied before the last
    /// of them has been asked for.
    func snapshot(at index: UInt64) -> SnapshotSlices
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

/// Adds some bytes of a snapshot, about so many at most; returns whether they were the last.
typealias SnapshotSlices = (_ bytes: inout [UInt8], _ limit: Int) -> Bool

/// A snapshot that makes no sense.
struct SnapshotUnreadable: Error {}

/// This node's member of one Raft group: the core, its records in the node's journal, and its messages on the node's
/// links. What the entries mean is its machine's business.
final class RaftReplica {
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    /// Owns the replica. Weakly: with its node, which may die without a word, or with its queue, goes all that they have.
    private(set) weak var machine: (any ReplicatedMachine)?
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
    /// What is being written of one, a slice a tick: meanwhile nothing is applied.
    var writing: SnapshotWriting?
    /// What has come of a snapshot of the leader's.
    var arriving: [UInt8] = []
    /// Everything that the journal must keep of the group lies in this segment or behind it.
    var floor: UInt64
    /// In the node's list of those that have something to do.
    var isAwake = false
    /// The deadlines for which the node has an alarm, the next one last.
    var alarms: [UInt64] = []
    /// It is over: the queue is deleted.
    var hasEnded = false
    /// There is no member here any more: it was removed, or has lost its data, so that what it has promised is not known.
    /// Nobody goes on as that member (Raft §5.2: a vote is never forgotten); all that is left says so to whoever speaks to
    /// it, and a new one may take its place (thesis §4.2.1).
    private(set) var isLost = false
    /// Of the metadata: members of the node's other groups may have lost data, and do not know it yet.
    var areOthersLost = false

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
        let waiting = Int(clamping: group.lastPosition.index - group.appliedIndex)
        return (machine?.snapshotBytes ?? 0) + waiting * Limits.fetchedOverhead
    }

    /// Memory of its snapshots, in bytes.
    var residentBytes: Int {
        // order-free: a sum
        snapshots.reduce(writing?.bytes.count ?? 0) { $0 + $1.bytes.count }
    }

    /// There is no member here any more.
    func lose() {
        isLost = true
        writing = nil
        (snapshots, arriving) = ([], [])
        group.forgetLog()
        journalLoss()
    }

    // MARK: Events

    /// Something was done to it that may leave something to do.
    func wake() { node.replicas.wake(self) }

    func step(_ message: RaftMessage) {
        guard !isLost else { return }
        group.step(message, now: node.now.nanoseconds, into: &output)
        wake()
    }

    /// Stands for election without waiting.
    func campaign() {
        group.campaign(now: node.now.nanoseconds, into: &output)
        wake()
    }

    func peerDown(_ peer: UInt32) {
        guard !isLost else { return }
        group.peerDown(peer, now: node.now.nanoseconds, into: &output)
        wake()
    }

    func peerUp(_ peer: UInt32) {
        guard !isLost else { return }
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

    /// There is no such member any more: where this one leads, another takes its place, as its node wants it. It is a
    /// learner first, and no member gives it a vote or counts one of it before it has what the others have.
    func replace(_ lost: MemberID, by incarnation: UInt64) {
        let members = group.membership.voters + group.membership.learners
        guard isLeader, members.contains(lost), lost.incarnation < incarnation,
            !members.contains(where: { $0.node == lost.node && lost < $0 })
        else { return }
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
        if writing != nil { return node.now.nanoseconds + Limits.snapshotPauseNanoseconds }
        guard let own = machine?.nextDeadline else { return group.nextDeadline }
        return min(own, group.nextDeadline ?? own)
    }

    // MARK: Ticks

    /// Does what has become due or possible.
    func advance() {
        guard let machine else { return }
        let now = node.now.nanoseconds
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
            carryOut(for: machine)
            guard !hasEnded, !isLost else { return }
        }
        if writing != nil { continueSnapshot() } else if machine.isLogTooLong(group) { writeSnapshot() }
    }

    /// Does what the group wants done, in the order that `RaftOutput` asks for.
    private func carryOut(for machine: any ReplicatedMachine) {
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
