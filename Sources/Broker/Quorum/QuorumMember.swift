internal import Raft

/// This node's member of a quorum queue's group: the queue's state, and, where it leads, what follows from each entry.
final class QuorumMember: ReplicatedMachine {
    /// What distinguishes the groups of queues from that of the metadata.
    private static let groupBit: UInt64 = 1 << 62

    /// The group of a queue.
    static func group(of queue: UInt64) -> UInt64 { queue | groupBit }
    /// The queue of a group.
    static func queue(of group: UInt64) -> UInt64 { group & ~groupBit }

    let queue: UInt64
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    private(set) var replica: RaftReplica!  // set before it is used
    private(set) var machine: QuorumMachine
    private var effects = QuorumEffects()
    /// What goes to other nodes of one tick.
    private var replies: [QuorumReply] = []
    /// Consumers that want what they may have missed, until this leader knows everything that was committed before it.
    private var resumes: [QuorumResume] = []
    /// Bytes of entries that were applied since the last snapshot.
    private var loggedBytes = 0
    private var loggedEntries = 0
    /// Bytes of an entry, about, when the last snapshot was taken.
    private var entryBytes = 0
    /// What it has proposed about nodes that are down, in this term.
    private var buried: [UInt32: UInt64] = [:]
    private var buriedTerm: UInt64 = 0
    /// A tick is on its way through the log, for what expires up to this time.
    private var tickedUpTo: UInt64 = 0
    /// One that was refused is tried again from then on.
    private var tickRetryAt: UInt64 = 0
    /// Members whose nodes have come back, and how far they have to come to have caught up.
    private var catchingUp: [(node: UInt32, index: UInt64)] = []
    /// The limits that it has put into the log, in this term.
    private var proposedLimits: QuorumLimits?
    private var limitedTerm: UInt64 = 0
    /// How long nobody has used the queue.
    var lease: QuorumLease
    /// Entries that were no batches: written by another version.
    private(set) var unreadable = 0

    /// A member on this node, with what its journal has of it.
    init(
        queue: UInt64, member: MemberID, beginning: Membership, stored: StoredGroup, floor: UInt64,
        limits: QuorumLimits, node: Node
    ) throws(GroupUnreadable) {
        self.queue = queue
        self.node = node
        let state = try stored.state(beginning: beginning)
        machine = QuorumMachine(limits: limits)
        if let (_, bytes) = stored.snapshot {
            guard let machine = try? Self.read(bytes) else {
                throw GroupUnreadable("the snapshot cannot be read")
            }
            self.machine = machine
        }
        lease = QuorumLease(of: machine, from: node.now)
        plantFault()
        replica = RaftReplica(
            id: Self.group(of: queue), member: member, stored: state, floor: floor, machine: self, node: node)
        if let (mark, bytes) = stored.snapshot { replica.snapshots = [(mark.position.index, bytes)] }
        node.replicas.add(replica)
    }

    private static func read(_ snapshot: [UInt8]) throws(SnapshotUnreadable) -> QuorumMachine {
        do throws(QuorumSnapshotError) {
            return try QuorumMachine(snapshot: snapshot)
        } catch {
            throw SnapshotUnreadable()
        }
    }

    /// Makes the machine's part of a mistake; for tests of the tests.
    private func plantFault() { machine.forgetsDuplicates = node.plantedFault == .forgetDuplicates }

    /// The node of the leader, as far as is known here.
    var leader: UInt32? { replica.group.leader?.node }

    /// Stands for election at once where the group has just begun.
    func campaignIfNew() {
        guard replica.group.lastPosition.index == 0, replica.group.term == 0 else { return }
        replica.campaign()
    }

    // MARK: Commands

    /// Takes a batch of a node's commands. Whoever does not lead says who does; what cannot be taken now comes again.
    func take(_ batch: [UInt8], from origin: UInt32, incarnation: UInt64) {
        guard !replica.isLeader else {
            // What is refused now comes again: the command's node has no answer.
            _ = propose(batch)
            return
        }
        redirect(origin, incarnation)
    }

    /// Puts a batch into the log; false where that is not possible now.
    func propose(_ batch: [UInt8]) -> Bool {
        proposeLimits()
        return write(batch)
    }

    /// The queue is to have other limits.
    func limitsChanged() {
        lease.renew(node.now)
        if replica.isLeader { replica.wake() }
    }

    /// Puts the limits that the queue is to have into the log, where that ends with others as far as is known here. They
    /// come from the metadata; where this node is behind with it they are put right when it has caught up.
    private func proposeLimits() {
        guard let wanted = node.quorum.queue(queue)?.limits else { return }
        if limitedTerm != replica.group.term { proposedLimits = nil }
        guard wanted != proposedLimits ?? machine.limits else { return }
        var batch = QuorumBatch.ofLeader()
        batch.limit(wanted)
        var bytes = batch.finish()
        // What is refused now is tried again when something has happened.
        guard QuorumBatch.stampTime(node.wallMilliseconds, in: &bytes), (try? replica.propose(bytes)) != nil else {
            return
        }
        limitedTerm = replica.group.term
        proposedLimits = wanted
    }

    private func write(_ batch: [UInt8]) -> Bool {
        var batch = batch
        guard QuorumBatch.stampTime(node.wallMilliseconds, in: &batch) else { return false }
        let isTaken = (try? replica.propose(batch)) != nil
        guard node.plantedFault == .answerFromLog, let header = batch.withUnsafeBytes({ QuorumBatchHeader($0) }),
            header.node > 0
        else { return isTaken }
        tell(header.node, header.incarnation) { $0.confirmed(header.first + UInt64(header.count) - 1) }
        sendReplies()
        return isTaken
    }

    private func redirect(_ origin: UInt32, _ incarnation: UInt64) {
        // What is in this process knows as much as this does.
        guard origin != node.number else { return }
        tell(origin, incarnation) { $0.redirect(to: leader) }
        sendReplies()
    }

    /// Sends a consumer again what it holds and may not have got.
    func resume(_ resume: QuorumResume) {
        guard replica.isLeader else { return redirect(resume.node, resume.incarnation) }
        resumes.append(resume)
        replica.wake()
    }

    // MARK: Leading

    func prepareFlush() {
        guard replica.isLeader else {
            resumes.removeAll()
            catchingUp.removeAll()
            return
        }
        proposeLimits()
        buryTheDead()
        replica.promoteLearners()
        noteWhoHasCaughtUp()
        if let expiry = machine.nextExpiry, expiry <= node.wallMilliseconds, tickedUpTo < expiry,
            tickRetryAt <= node.wallMilliseconds
        {
            tickRetryAt = node.wallMilliseconds + Limits.quorumRetryMilliseconds
            var tick = QuorumBatch.ofLeader()
            tick.tick()
            if propose(tick.finish()) { (tickedUpTo, tickRetryAt) = (node.wallMilliseconds, 0) }
        }
        askWhetherUnused()
        goOnResuming()
        emit()
    }

    /// Ends, through the log, what nodes had that are down, and what earlier starts had of those that are up.
    private func buryTheDead() {
        if buriedTerm != replica.group.term {
            buriedTerm = replica.group.term
            buried = [:]
        }
        for origin in machine.origins where !origin.consumers.isEmpty {
            var last = origin.incarnation
            if origin.node == node.number {
                guard last < node.incarnation else { continue }
            } else if node.replicas.upNodes.contains(origin.node) {
                guard let incarnation = node.replicas.incarnation(of: origin.node), last < incarnation else { continue }
                last = incarnation - 1
            }
            guard buried[origin.node] ?? 0 < last else { continue }
            var batch = QuorumBatch.ofLeader()
            batch.nodeDown(origin.node, incarnation: last)
            if propose(batch.finish()) { buried[origin.node] = last }
        }
    }

    /// A node was taken for down, and is up again: should it be down once more, that counts again.
    func peerUp(_ peer: UInt32) {
        buried[peer] = nil
        catchingUp.removeAll { $0.node == peer }
        if replica.isLeader { catchingUp.append((peer, replica.group.commitIndex)) }
        replica.wake()
    }

    private func noteWhoHasCaughtUp() {
        guard !catchingUp.isEmpty else { return }
        catchingUp.removeAll { node, index in
            let isThere = replica.group.hasReplicated(index, to: node)
            if isThere { self.node.noteCaughtUp(node, of: self) }
            return isThere
        }
    }

    private func goOnResuming() {
        guard !resumes.isEmpty, replica.group.hasCaughtUpAsLeader else { return }
        let waiting = resumes
        resumes.removeAll()
        // What was applied before comes first.
        emit()
        for resume in waiting {
            let isKnown = machine.redeliver(
                node: resume.node, incarnation: resume.incarnation, consumer: resume.consumer, after: resume.after,
                limit: Limits.quorumResumed, effects: &effects)
            emit()
            tell(resume.node, resume.incarnation) {
                if isKnown { $0.resumed(resume.consumer) } else { $0.gone(resume.consumer) }
            }
            sendReplies()
        }
    }

    // MARK: Being replicated

    func apply(_ entry: RaftEntry) {
        loggedBytes += entry.payload.bytes.count
        loggedEntries += 1
        guard entry.kind == .command else { return }
        node.quorum.activity &+= 1
        let hadConsumers = machine.consumerCount > 0
        if !machine.apply(entry.payload.bytes, effects: &effects) { unreadable += 1 }
        lease.applied(to: machine, hadConsumers: hadConsumers, node.now)
    }

    func applied() {
        emit()
        endWhereUnused()
        // An earlier leader may have left others in the log.
        if replica.isLeader, let wanted = node.quorum.queue(queue)?.limits, wanted != machine.limits { replica.wake() }
    }

    func leaderChanged() {
        (tickedUpTo, tickRetryAt) = (0, 0)
        lease.leaderChanged()
        node.quorum.queue(queue)?.leaderChanged()
        node.noteLeader(of: self)
    }

    func membershipChanged() { replica.wake() }

    func removed() {
        replica.lose()
        machine = QuorumMachine(limits: machine.limits)
        effects.removeAll()
        node.quorum.removeMember(queue)
    }

    var nextDeadline: UInt64? {
        guard replica.isLeader else { return nil }
        let unused = lifetime.map { lease.deadline($0).nanoseconds }
        guard let expiry = machine.nextExpiry, tickedUpTo < expiry else { return unused }
        return min(node.nanoseconds(ofWall: max(expiry, tickRetryAt)), unused ?? .max)
    }

    func isLogTooLong(_ group: borrowing RaftGroup) -> Bool {
        loggedBytes > max(Limits.quorumLogBytes, 2 * machine.liveBytes)
            && group.appliedIndex > group.snapshot.position.index
    }

    var entriesKept: UInt64 {
        min(Limits.quorumEntriesKept, UInt64(Limits.quorumKeptBytes / max(entryBytes, 1)))
    }
    var snapshotBytes: Int { machine.liveBytes }
    /// Memory of its messages and snapshots, in bytes.
    var residentBytes: Int { machine.residentBytes + replica.residentBytes }

    func snapshot(at index: UInt64) -> SnapshotSlices {
        entryBytes = loggedBytes / max(loggedEntries, 1)
        loggedBytes = 0
        loggedEntries = 0
        var writer = QuorumSnapshotWriter()
        return { [unowned self] bytes, limit in writer.write(machine, atMost: limit, to: &bytes) }
    }

    func install(_ snapshot: [UInt8]) throws(SnapshotUnreadable) {
        machine = try Self.read(snapshot)
        // Somebody may have used the queue meanwhile.
        lease.renew(node.now)
        plantFault()
        loggedBytes = 0
        effects.removeAll()
    }

    // MARK: Effects

    /// Carries out what entries ask for, where this member leads; elsewhere it is forgotten.
    private func emit() {
        guard !effects.isEmpty else { return }
        defer { effects.removeAll() }
        guard replica.isLeader else { return }
        // In this order: what is refused before what is confirmed, answers before the deliveries that come with them.
        for place in effects.gaps { tell(place.node, place.incarnation) { $0.gap(place.number) } }
        for answer in effects.answers { tell(answer.place.node, answer.place.incarnation) { $0.answer(answer) } }
        for place in effects.confirmed {
            let refusals = machine.refusals(before: place)
            tell(place.node, place.incarnation) {
                for number in refusals { $0.refused(number) }
                $0.confirmed(place.number)
            }
        }
        var sent: [UInt32: Int] = [:]
        var heldBack: [(node: UInt32, incarnation: UInt64, consumer: UInt64)] = []
        for delivery in effects.deliveries {
            if delivery.node == node.number {
                guard delivery.incarnation == node.incarnation, let queue = node.quorum.queue(queue) else { continue }
                effects.withBytes(of: delivery.message) {
                    queue.take(delivery.consumer, delivery.sequence, count: delivery.deliveryCount, $0)
                }
            } else if sent[delivery.node, default: 0] > Limits.quorumDeliveredBytes {
                if !heldBack.contains(where: { $0.node == delivery.node && $0.consumer == delivery.consumer }) {
                    heldBack.append((delivery.node, delivery.incarnation, delivery.consumer))
                }
            } else {
                sent[delivery.node, default: 0] += Int(delivery.message.byteCount)
                effects.withBytes(of: delivery.message) { bytes in
                    tell(delivery.node, delivery.incarnation) { $0.delivery(delivery, bytes) }
                }
            }
        }
        for (node, incarnation, consumer) in heldBack { tell(node, incarnation) { $0.more(consumer) } }
        sendReplies()
        deadLetter()
    }

    /// Hands over what has left the queue without an acknowledgement, in slices where it is much. Should this leader end
    /// before, the rest is lost: that is what at-most-once means (RabbitMQ, "Quorum Queues": dead lettering).
    private func deadLetter() {
        guard !effects.deadLetters.isEmpty, let distant = node.quorum.queue(queue),
            let target = distant.deadLetters
        else { return }
        let queue = distant.queue
        var letters = effects.takeDeadLetters()
        let handOver = { (node: Node) -> Bool in
            while node.mayDeadLetter, !queue.isDeleted, let (message, reason) = letters.next() {
                message.withUnsafeBytes { node.deadLetter(journaled: $0, of: queue, to: target, reason) }
            }
            return letters.isEmpty || queue.isDeleted
        }
        if !handOver(node) { node.whenMayDeadLetter(handOver) }
    }

    /// Says something to a node: at once to this one, with the rest of this tick to others.
    private func tell(_ origin: UInt32, _ incarnation: UInt64, _ say: (inout QuorumReply) -> Void) {
        if origin == node.number {
            var reply = QuorumReply(to: origin, incarnation: incarnation)
            say(&reply)
            guard incarnation == node.incarnation else { return }
            reply.bytes.withUnsafeBytes { _ = node.quorum.queue(queue)?.take($0, from: origin) }
            return
        }
        if let place = replies.firstIndex(where: { $0.node == origin && $0.incarnation == incarnation }) {
            say(&replies[place])
        } else {
            replies.append(QuorumReply(to: origin, incarnation: incarnation))
            say(&replies[replies.count - 1])
        }
    }

    private func sendReplies() {
        for reply in replies {
            node.cluster?.send(reply.bytes, .quorumReply, group: replica.group.id, to: reply.node)
        }
        replies.removeAll(keepingCapacity: true)
    }
}
