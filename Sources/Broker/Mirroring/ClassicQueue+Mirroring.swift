internal import AMQP
internal import Journal

/// What becomes of a queue on this node when the metadata says that somebody else leads it, or mirrors it.
extension ClassicQueue {
    /// Whether a policy may give it mirrors: what belongs to one connection lives where that is, and a quorum queue has
    /// members of its own (RabbitMQ, "Classic Queue Mirroring").
    var mayBeMirrored: Bool { !settings.isQuorum && settings.exclusiveOwner == nil && !isDeleted }

    /// What the metadata means that says nothing of mirrors.
    var initialMirroring: QueueMirroring? { settings.home.map { QueueMirroring(leader: $0, index: id) } }

    /// Where its contents live.
    var home: QueueHome? { mirroring?.leader ?? settings.home }

    private var mirrorsOfNode: Mirrors? { node.cluster?.mirrors }

    // MARK: What is in it

    /// The sequences of everything that nobody has settled, while clients hold nothing.
    var heldRanges: [ClosedRange<UInt64>] {
        var ranges = returned.sequenceRuns
        for place in 0..<ready.count {
            let sequence = ready[place].sequence
            if let last = ranges.last, last.upperBound + 1 == sequence {
                ranges[ranges.count - 1] = last.lowerBound...sequence
            } else {
                ranges.append(sequence...sequence)
            }
        }
        return ranges
    }

    /// Messages that nobody has settled.
    var heldCount: Int { readyCount + dying.count + unackedCount + heldGets }

    /// Those of a range that are there.
    func entries(in range: ClosedRange<UInt64>) -> [QueueEntry] {
        var found: [QueueEntry] = []
        _ = returned.visit(limit: .max) { entry in
            if range.contains(entry.sequence) { found.append(entry) }
            return entry.sequence <= range.upperBound
        }
        var place = ready.firstPlace(from: range.lowerBound) { $0.sequence }
        while place < ready.count, ready[place].sequence <= range.upperBound {
            found.append(ready[place])
            place += 1
        }
        return found
    }

    /// The next ready messages behind a sequence, up to another one.
    func readyEntries(after sequence: UInt64, through last: UInt64, limit: Int) -> [QueueEntry] {
        var found: [QueueEntry] = []
        returned.visit(after: sequence) { entry in
            guard entry.sequence <= last, found.count < limit else { return false }
            found.append(entry)
            return true
        }
        // What came back lies before what was never delivered.
        var place = ready.firstPlace(from: sequence + 1) { $0.sequence }
        while found.count < limit, place < ready.count, ready[place].sequence <= last {
            if ready[place].sequence > sequence { found.append(ready[place]) }
            place += 1
        }
        return found
    }

    /// Ready messages up to a sequence.
    func readyCount(through sequence: UInt64) -> Int {
        var count = ready.firstPlace(from: sequence + 1) { $0.sequence }
        if !ready.isEmpty, ready.first.sequence > sequence { count = 0 }
        _ = returned.visit(limit: .max) { entry in
            guard entry.sequence <= sequence else { return false }
            count += 1
            return true
        }
        return count
    }

    // MARK: Who leads

    /// The metadata says something else of who holds the queue.
    func mirroringChanged(to new: QueueMirroring) {
        let old = mirroring
        guard old != new else { return }
        mirroring = new
        let here = node.number
        let leads = new.leader.node == here
        defer { mirrorsOfNode?.review() }
        guard let mirrors = mirrorsOfNode, mirrors.isRestored else { return setRole(leads: leads) }
        switch (isRemote, leads) {
        case (false, false): standDown()
        case (true, true): takeOver(from: old)
        case (false, true):
            if old?.epoch != new.epoch {
                self.mirrors?.end(isDone: false)
                self.mirrors = nil
                beginMirroring()
            } else {
                if let old { node.recordMirrors(of: self, old, new) }
                lead(in: mirrors)
            }
        case (true, false):
            if old?.leader.node != new.leader.node { setRole(leads: false) }
            follow(in: mirrors)
            if old?.leader != new.leader { reattachConsumers() }
        }
    }

    /// What is restored begins to be led, or followed.
    func beginMirroring() {
        guard let mirroring, let mirrors = mirrorsOfNode else { return }
        if isRemote { return follow(in: mirrors) }
        // Sequences of this epoch are higher than any before.
        lastSequence = max(lastSequence, mirroring.sequenceFloor)
        lead(in: mirrors)
    }

    private func lead(in mirrors: Mirrors) {
        guard let mirroring else { return }
        if let known = self.mirrors {
            known.mirroringChanged()
            if !mirroring.isMirrored {
                known.end(isDone: true)
                self.mirrors = nil
                node.topologyVersion += 1
            }
        } else if mirroring.isMirrored {
            self.mirrors = MirrorLeader(self, mirroring, in: mirrors)
            self.mirrors?.mirroringChanged()
            node.topologyVersion += 1
        }
    }

    private func follow(in mirrors: Mirrors) {
        guard let mirroring else { return }
        if mirroring.isMirror(node.number) {
            if copy == nil { copy = MirrorCopy(self, in: mirrors) }
            mirrors.noteFeeding()
        } else if copy != nil {
            discardCopy()
            copy = nil
        }
    }

    /// This node led, and does not any more: its messages are those of whoever leads now, and nothing that is different
    /// here counts.
    private func standDown() {
        mirrors?.end(isDone: false)
        mirrors = nil
        foreignUnacked += unackedCount
        (unackedCount, unackedBytes) = (0, 0)
        timeFlag ^= QueueEntry.oddTime
        node.discardReady(of: self)
        dropDying()
        endRound()
        setRole(leads: false)
        // Clients of other nodes are told, and find the new leader; those of this node are taken there.
        // order-free: an array
        for consumer in consumers.all where !consumer.isCancelled && consumer.channel.connection.isRelay {
            consumer.channel.queueDeleted(under: consumer)
            node.noteDirty(consumer.channel.connection)
        }
        if let mirrors = mirrorsOfNode { follow(in: mirrors) }
        reattachConsumers()
        resumeWaiting()
    }

    /// This node mirrored the queue, and leads it now: what it has goes on, with whatever clients of the old leader held.
    private func takeOver(from old: QueueMirroring?) {
        copy?.abandon()
        copy = nil
        setRole(leads: true)
        var requeued = 0
        let delivered = deliveredUpTo
        for sequence in returnedSequences(through: delivered) {
            requeued += 1
            _ = returned.update(sequence) { entry in
                var entry = entry
                entry.flags |= QueueEntry.redelivered
                return entry
            }
        }
        hasExpiring = readyCount > 0
        lookedUpTo = 0
        node.recordPromotion(of: self, wasInSync: old?.isInSync(node.number) ?? false, requeued: requeued)
        beginMirroring()
        // order-free: an array
        for consumer in consumers.all {
            consumer.channel.detach(consumer, exceptFrom: nil)
            enterRound(consumer)
        }
        if limits.limitsLength { noteLength() }
        if hasExpiring { expiryIsDue() }
        // It has been in use where it was.
        touch()
        goOnDelivering()
    }

    private func returnedSequences(through last: UInt64) -> [UInt64] {
        var sequences: [UInt64] = []
        _ = returned.visit(limit: .max) { entry in
            guard entry.sequence <= last else { return false }
            sequences.append(entry.sequence)
            return true
        }
        return sequences
    }

    /// The queue is deleted.
    func endMirroring() {
        mirrors?.end(isDone: true)
        mirrors = nil
        copy?.abandon()
        copy = nil
        let waiting = deletionsAwaited
        deletionsAwaited = []
        for (origin, answer) in waiting { node.answer(origin, answer) }
    }

    // MARK: Deliveries

    /// Nothing is delivered before it is known what the mirrors hold.
    @inline(__always)
    var isHeldBack: Bool { mirrors?.isHoldingBack ?? false }

    /// Whether a delivery is from when this node led before: whoever leads now has the message itself.
    @inline(__always)
    func isForeign(_ entry: QueueEntry) -> Bool {
        mirroring != nil && !isDeleted && (isRemote || entry.flags & QueueEntry.oddTime != timeFlag)
    }

    // MARK: Consumers

    /// Whether a consumer stays when the queue's leader goes, for whoever leads next.
    func keeps(_ consumer: Consumer) -> Bool {
        guard !isDeleted, mirroring?.isMirrored == true else { return false }
        // RabbitMQ, "Classic Queue Mirroring": cancellation of consumers.
        if case .boolean(true)? = consumer.arguments["x-cancel-on-ha-failover"] { return false }
        return true
    }

    /// Takes the consumers of this node's clients to whoever leads.
    func reattachConsumers() {
        guard let relayed = distant as? RelayedQueue else { return }
        // order-free: an array
        for consumer in consumers.all where !consumer.isCancelled && !consumer.channel.connection.isRelay {
            consumer.channel.detach(consumer, exceptFrom: relayed.home)
            if keeps(consumer) {
                relayed.attach(consumer)
            } else {
                consumer.channel.queueDeleted(under: consumer)
                node.noteDirty(consumer.channel.connection)
            }
        }
    }
}

extension Channel {
    /// Ends a consumer on the homes that its queue has left.
    func detach(_ consumer: Consumer, exceptFrom home: UInt32?) {
        for relay in connection.sortedRelays where relay.home != home {
            guard let inner = relay.known(reference), inner.consumers[consumer.tag] === consumer else { continue }
            inner.consumers[consumer.tag] = nil
            relay.send(BasicCancel(consumerTag: consumer.tag), on: inner)
        }
    }
}
