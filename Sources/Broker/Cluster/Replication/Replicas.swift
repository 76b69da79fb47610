internal import HeapModule
internal import Raft

/// All members of Raft groups that live on a node, the metadata's among them. One that has nothing to do costs nothing,
/// however many there are.
final class Replicas {
    private struct Alarm: Comparable {
        let deadline: UInt64
        let group: UInt64

        static func < (left: Alarm, right: Alarm) -> Bool {
            (left.deadline, left.group) < (right.deadline, right.group)
        }
    }

    private var byGroup: [UInt64: RaftReplica] = [:]
    /// By ascending numbers of their groups.
    private(set) var all: [RaftReplica] = []
    /// Those that have something to do, in the order in which they got it.
    private var awake: [RaftReplica] = []
    private var alarms = Heap<Alarm>()
    /// How many there are.
    var alarmCount: Int { alarms.count }
    /// About how many of them are of replicas that have ended.
    private var staleAlarms = 0
    /// The other nodes that can be reached, ascending, and which start of each it is.
    private(set) var upNodes: [UInt32] = []
    private var incarnations: [UInt32: UInt64] = [:]

    subscript(group: UInt64) -> RaftReplica? { byGroup[group] }

    func add(_ replica: RaftReplica) {
        byGroup[replica.group.id] = replica
        let place = all.firstIndex { $0.group.id > replica.group.id } ?? all.count
        all.insert(replica, at: place)
        wake(replica)
    }

    func remove(_ replica: RaftReplica) {
        replica.hasEnded = true
        byGroup[replica.group.id] = nil
        all.removeAll { $0 === replica }
        staleAlarms += replica.alarms.count
        if staleAlarms > 1024, staleAlarms > alarms.count / 2 { forgetStaleAlarms() }
    }

    private func forgetStaleAlarms() {
        staleAlarms = 0
        alarms = Heap(
            all.flatMap { replica in replica.alarms.map { Alarm(deadline: $0, group: replica.group.id) } })
    }

    @inline(__always)
    func wake(_ replica: RaftReplica) {
        guard !replica.isAwake, !replica.isLost else { return }
        replica.isAwake = true
        awake.append(replica)
    }

    /// A node can be reached now.
    func peerUp(_ peer: UInt32, incarnation: UInt64) {
        incarnations[peer] = incarnation
        if !upNodes.contains(peer) { upNodes = (upNodes + [peer]).sorted() }
        for replica in all { replica.peerUp(peer) }
    }

    /// A node cannot be reached any more.
    func peerDown(_ peer: UInt32) {
        upNodes.removeAll { $0 == peer }
        incarnations[peer] = nil
        for replica in all { replica.peerDown(peer) }
    }

    /// Which start of a node it is that can be reached now.
    func incarnation(of peer: UInt32) -> UInt64? { incarnations[peer] }

    /// When a tick is due even if nothing happens, in nanoseconds.
    var nextDeadline: UInt64? { awake.isEmpty ? alarms.min?.deadline : 0 }

    /// Lets those that have something to do, or whose time has come, do it.
    func advance(now: UInt64) {
        while let alarm = alarms.min, alarm.deadline <= now {
            _ = alarms.popMin()
            guard let replica = byGroup[alarm.group], replica.alarms.last == alarm.deadline else { continue }
            replica.alarms.removeLast()
            wake(replica)
        }
        guard !awake.isEmpty else { return }
        let turn = awake
        awake.removeAll(keepingCapacity: true)
        for replica in turn {
            replica.isAwake = false
            guard !replica.hasEnded, !replica.isLost else { continue }
            replica.advance()
            watch(replica)
        }
    }

    private func watch(_ replica: RaftReplica) {
        guard !replica.hasEnded, !replica.isLost, let deadline = replica.nextDeadline else { return }
        if deadline == 0 { return wake(replica) }
        // An alarm that comes too early asks again.
        if let next = replica.alarms.last, next <= deadline { return }
        replica.alarms.append(deadline)
        alarms.insert(Alarm(deadline: deadline, group: replica.group.id))
    }

    // MARK: Space

    /// Everything that the journal must keep of the groups lies in this segment or behind it; nil without any.
    var floor: UInt64? { all.map(\.floor).min() }

    /// Writes down anew what groups need of the segments up to one, if that takes far less than it frees.
    func rewrite(through segment: UInt64, freeing bytes: Int) {
        let old = all.filter { $0.floor <= segment }
        guard bytes > old.reduce(0, { $0 + $1.neededBytes }) * Limits.snapshotGain else { return }
        for replica in old { replica.writeSnapshot() }
    }
}
