internal import AMQP
internal import Raft

/// A node's part in mirrored queues: those that it leads, those that it mirrors, and what has to be asked of the metadata
/// when nodes come and go.
final class Mirrors {
    /// Frames of a leader that this node cannot make sense of yet.
    private struct Waiting {
        let peer: UInt32
        let kind: ClusterFrame.Kind
        let payload: [UInt8]
    }

    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    unowned(unsafe) let member: ClusterMember
    private var lastSession: UInt64
    /// When to look at who should hold what; nil while all is as it should be.
    private var reviewAt: UInt64?
    /// What has been asked of the metadata and when, so that it is not asked again at once.
    private var asked: [MirrorChange: UInt64] = [:]
    /// From when on the others count as down while they are.
    private var downFrom: [UInt32: UInt64]
    /// Those of the others that were stopped in order, and which start of them.
    private var stopped: [QueueHome] = []
    private var sending: [MirrorLeader] = []
    private var acknowledging: [MirrorCopy] = []
    private var waiting: [UInt64: [Waiting]] = [:]
    private var mayFeed = false
    private var seenIndex: UInt64 = 0
    /// What the journal had is in the queues.
    private(set) var isRestored = false

    init(node: Node, member: ClusterMember) {
        self.node = node
        self.member = member
        lastSession = member.configuration.incarnation << 32
        let grace = node.now.nanoseconds + Limits.nodeDownMilliseconds * 1_000_000
        downFrom = Dictionary(uniqueKeysWithValues: member.configuration.peers.map { ($0, grace) })
    }

    /// A number for a session that no other has had, whoever led.
    func newSessionNumber() -> UInt64 {
        lastSession += 1
        return lastSession
    }

    // MARK: Nodes

    /// Whether a node is not there, and not just not there yet.
    func isDown(_ peer: UInt32, at time: UInt64) -> Bool { !member.isUp(peer) && (downFrom[peer] ?? 0) <= time }

    /// This start of a node, if it is up.
    func upHome(_ node: UInt32) -> QueueHome? {
        node == member.configuration.node ? member.home : member.upHomes.first { $0.node == node }
    }

    /// A node that is about to be down was stopped in order.
    func stopping(_ home: QueueHome) { stopped.append(home) }

    func peerUp(_ peer: UInt32) {
        stopped.removeAll { $0.node == peer }
        for queue in mirroredQueues {
            queue.mirrors?.peerUp(peer)
            if queue.home?.node == peer { queue.reattachConsumers() }
        }
        review()
    }

    func peerDown(_ peer: UInt32) {
        downFrom[peer] = node.now.nanoseconds
        for id in waiting.keys.sorted() {
            waiting[id]?.removeAll { $0.peer == peer }
            if waiting[id]?.isEmpty == true { waiting[id] = nil }
        }
        for queue in mirroredQueues {
            queue.mirrors?.peerDown(peer)
            queue.copy?.peerDown(peer)
        }
        review()
    }

    private var mirroredQueues: [ClassicQueue] {
        node.queueList.slots.compactMap { $0 }.filter { $0.mirroring != nil }
    }

    /// What the journal had has been put into the queues, or the node is back among a majority.
    func caughtUp() {
        if !isRestored {
            isRestored = true
            mayFeed = true
            for queue in mirroredQueues { queue.beginMirroring() }
        }
        review()
    }

    // MARK: Frames

    func take(_ frame: ClusterFrame, from peer: UInt32) throws(ClusterFrame.Failure) {
        guard let header = MirrorHeader(frame.payload) else { throw .malformed }
        switch frame.kind {
        case .mirrorBegin, .mirrorOperations:
            guard isRestored, waiting[frame.group] == nil, node.topologyIndex >= header.index,
                try give(frame.kind, frame.group, frame.payload, header, from: peer)
            else {
                waiting[frame.group, default: []].append(
                    Waiting(peer: peer, kind: frame.kind, payload: Array(frame.payload)))
                return
            }
        case .mirrorRefused:
            guard let leader = node.queue(id: frame.group)?.mirrors, header.epoch > leader.epoch else { return }
            leader.refused()
        default:
            guard let leader = node.queue(id: frame.group)?.mirrors, leader.epoch == header.epoch else { return }
            try leader.take(frame, header, from: peer)
        }
    }

    /// Hands a mirror what its leader says; false when it cannot take it yet.
    private func give(
        _ kind: ClusterFrame.Kind, _ id: UInt64, _ payload: UnsafeRawBufferPointer, _ header: MirrorHeader,
        from peer: UInt32
    ) throws(ClusterFrame.Failure) -> Bool {
        // One that has gone meanwhile takes nothing.
        guard let queue = node.queue(id: id), let mirroring = queue.mirroring else { return true }
        guard header.epoch >= mirroring.epoch else {
            member.write(.mirrorRefused, id, to: peer) {
                MirrorHeader(epoch: mirroring.epoch, session: header.session, index: mirroring.index).encode(into: &$0)
            }
            return true
        }
        // Who leads is what the metadata says, and what it says of this epoch is known here.
        guard header.epoch == mirroring.epoch, mirroring.leader.node == peer, let copy = queue.copy else { return true }
        return try copy.take(kind, header, payload.dropFirst(MirrorHeader.byteCount), from: peer)
    }

    private func feed() {
        mayFeed = false
        for id in waiting.keys.sorted() {
            var frames = waiting.removeValue(forKey: id) ?? []
            while let next = frames.first {
                let isTaken = next.payload.withUnsafeBytes { payload in
                    // It was read before.
                    guard let header = MirrorHeader(payload), node.topologyIndex >= header.index else { return false }
                    do throws(ClusterFrame.Failure) {
                        return try give(next.kind, id, payload, header, from: next.peer)
                    } catch {
                        member.linkReset(next.peer)
                        return true
                    }
                }
                guard isTaken else { break }
                frames.removeFirst()
            }
            if !frames.isEmpty { waiting[id] = frames }
        }
    }

    /// Something that a copy waited for has happened.
    func noteFeeding() { mayFeed = true }

    func noteSending(_ leader: MirrorLeader) { sending.append(leader) }
    func noteAcknowledging(_ copy: MirrorCopy) { acknowledging.append(copy) }

    /// Whether there is more to send than one tick may.
    var isBusy: Bool { !sending.isEmpty }

    /// At the end of a tick: writes what there is to say.
    func send() {
        let copies = acknowledging
        acknowledging.removeAll(keepingCapacity: true)
        for copy in copies { copy.sendAcknowledgement() }
        let leaders = sending
        sending.removeAll(keepingCapacity: true)
        for leader in leaders { leader.send() }
        if node.isMirrorBehind {
            guard !mirroredQueues.contains(where: { ($0.mirrors?.backlog ?? 0) > Limits.mirrorBacklogBytes / 2 }) else {
                return
            }
            node.isMirrorBehind = false
            node.goOnWriting()
            if !node.isShort { node.resumeReading() }
        } else {
            node.isMirrorBehind = leaders.contains { $0.backlog > Limits.mirrorBacklogBytes }
        }
    }

    // MARK: Who holds what

    /// Looks at the next tick at who should hold what.
    func review() { reviewAt = 0 }

    /// When a tick is due even if nothing happens.
    var nextDeadline: UInt64? { member.isServing ? reviewAt : nil }

    func advance() {
        if mayFeed || seenIndex != node.topologyIndex, isRestored {
            seenIndex = node.topologyIndex
            feed()
        }
        guard member.isServing, let due = reviewAt, due <= node.now.nanoseconds else { return }
        reviewAt = nil
        let time = node.now.nanoseconds
        var changes: [MirrorChange] = []
        var isUnsettled = false
        let mayPromote = member.metadata.replica.isLeader
        for queue in node.queueList.slots {
            guard let queue, queue.mayBeMirrored else { continue }
            if let leader = queue.mirrors {
                changes += leader.wanted(at: time)
                if leader.isUnsettled { isUnsettled = true }
            } else if !queue.isRemote {
                changes += begun(queue)
            } else if let mirroring = queue.mirroring, mirroring.isMirrored, !member.isUp(mirroring.leader.node) {
                // Whoever leads the metadata decides; the others may have to soon.
                isUnsettled = true
                if mayPromote, isDown(mirroring.leader.node, at: time),
                    let next = successor(in: mirroring, of: queue)
                {
                    changes.append(MirrorChange(queue: queue.id, epoch: mirroring.epoch, kind: .promoted(next)))
                }
            }
        }
        ask(changes, at: time)
        if isUnsettled || !changes.isEmpty { reviewAt = reviewAt ?? time + Limits.mirrorReviewNanoseconds }
    }

    private func ask(_ changes: [MirrorChange], at time: UInt64) {
        // What nobody wants any more is forgotten.
        var kept: [MirrorChange: UInt64] = [:]
        var fresh: [MirrorChange] = []
        for change in changes {
            if let before = asked[change], before + Limits.mirrorRetryNanoseconds > time {
                kept[change] = before
            } else {
                kept[change] = time
                fresh.append(change)
            }
        }
        asked = kept
        for start in stride(from: 0, to: fresh.count, by: Limits.mirrorChanges) {
            member.metadata.propose(mirrors: Array(fresh[start..<min(fresh.count, start + Limits.mirrorChanges)]))
        }
    }

    /// A queue without mirrors that should have some.
    private func begun(_ queue: ClassicQueue) -> [MirrorChange] {
        guard queue.mirrorPolicy != nil, let mirroring = queue.mirroring ?? queue.initialMirroring else { return [] }
        return placement(of: queue, mirroring).compactMap(upHome).map {
            MirrorChange(queue: queue.id, epoch: mirroring.epoch, kind: .added($0))
        }
    }

    /// Who is to lead a queue whose leader is down: the eldest mirror in sync that is up, rather one that has not started
    /// again since it was; where the policy says so, one that is not in sync.
    private func successor(in mirroring: QueueMirroring, of queue: ClassicQueue) -> QueueHome? {
        let up = mirroring.inSync.compactMap { home in upHome(home.node).map { (home, $0) } }
        if let same = up.first(where: { $0.0 == $0.1 }) { return same.1 }
        if let started = up.first { return started.1 }
        let isStopped = stopped.contains(mirroring.leader)
        guard let policy = queue.mirrorPolicy,
            isStopped ? policy.promotesUnsynchronisedOnShutdown : policy.promotesUnsynchronised
        else { return nil }
        return mirroring.unsynchronised.lazy.compactMap { self.upHome($0.node) }.first
    }

    /// Where the policy names the nodes and the leader is none of them, a mirror in sync that is takes its place (RabbitMQ,
    /// "Classic Queue Mirroring": "Nodes" policy and migrating leaders).
    func better(than leader: UInt32, of queue: ClassicQueue, _ mirroring: QueueMirroring) -> QueueHome? {
        guard case .nodes(let names)? = queue.mirrorPolicy?.mode, !names.contains(node.nodeName(leader)) else {
            return nil
        }
        return mirroring.inSync.first { names.contains(node.nodeName($0.node)) }.flatMap { upHome($0.node) }
    }

    /// The nodes that should mirror a queue, as its policy says; those that do already stay where they may.
    func placement(of queue: ClassicQueue, _ mirroring: QueueMirroring) -> [UInt32] {
        guard let policy = queue.mirrorPolicy else { return [] }
        return placement(policy, leader: mirroring.leader.node, known: mirroring.mirrors.map(\.node))
    }

    /// The mirrors that a queue begins with: those that are up.
    func beginning(_ settings: QueueDefinition, _ name: String, in host: String) -> [QueueHome] {
        guard !settings.isQuorum, settings.exclusiveOwner == nil, let home = settings.home,
            let policy = node.mirrorPolicy(ofQueue: name, in: host)
        else { return [] }
        return placement(policy, leader: home.node, known: []).compactMap(upHome)
    }

    private func placement(_ policy: MirrorPolicy, leader: UInt32, known: [UInt32]) -> [UInt32] {
        let names = member.configuration.names
        let others = (1...UInt32(names.count)).filter { $0 != leader }
        switch policy.mode {
        case .all: return others
        case .nodes(let listed): return others.filter { listed.contains(names[Int($0) - 1]) }
        case .exactly(let count):
            let kept = known.prefix(max(0, count - 1))
            let load = self.load
            let further = others.filter { !known.contains($0) && member.isUp($0) }
                .sorted { (load[$0] ?? 0, $0) < (load[$1] ?? 0, $1) }
            return Array(kept) + further.prefix(max(0, count - 1 - kept.count))
        }
    }

    /// How many queues each node leads or mirrors.
    private var load: [UInt32: Int] {
        var load: [UInt32: Int] = [:]
        for queue in node.queueList.slots {
            guard let queue else { continue }
            if let home = queue.home { load[home.node, default: 0] += 1 }
            for mirror in queue.mirroring?.mirrors ?? [] { load[mirror.node, default: 0] += 1 }
        }
        return load
    }
}
