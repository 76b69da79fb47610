internal import AMQP
internal import Journal

/// Handing transactions over.
extension TransactionOutbox {
    // MARK: To a home

    /// Sends as much of it as there is room for, in one transaction of the node's own there.
    func send(to home: UInt32, from first: Int) {
        guard let (relay, channel) = way(to: home) else {
            if isForNobody { isTaken() } else { node.rollForward.retryLater(in: node) }
            return
        }
        var next = first
        defer { if case .sending = phase { phase = .sending(next: next) } }
        let end = min(steps.count, first + Limits.sliceEntries)
        while next < end {
            // It goes on when there is room.
            guard !relay.isBackedUp else { return }
            switch steps[next] {
            case .letter(let letter, _): guard send(letter, on: channel, of: relay) else { return }
            case .end(let transaction): relay.send(RelayMark(transaction: transaction), on: channel)
            }
            next += 1
        }
        guard next == steps.count else { return node.rollForward.note(self) }
        phase = .sent
        relay.commit(channel, for: self)
        if node.plantedFault == .settleWhenSent { isTaken() }
    }

    /// False where the message must be read back first.
    private func send(_ letter: OutboxSlip.Letter, on channel: RelayChannel, of relay: Relay) -> Bool {
        // What was never written down did not survive.
        guard let entry = letters.entry(letter.sequence) else { return true }
        guard !entry.isCold else {
            readBack(letters, from: letters.ready.firstPlace(from: letter.sequence) { $0.sequence })
            return false
        }
        for start in stride(from: 0, to: letter.targets.count, by: Limits.relayQueues) {
            let targets = letter.targets[start..<min(start + Limits.relayQueues, letter.targets.count)]
            for target in targets { if let queue = node.queue(id: target) { relay.needs(queue) } }
            node.segments.retain(entry.record)
            relay.outbox.append(entry.record, bodyBytes: Int(entry.bodyBytes), for: Array(targets), on: channel.number)
        }
        relay.noteSending()
        return true
    }

    /// The channel for it; nil while the home cannot be reached.
    private func way(to home: UInt32) -> (Relay, RelayChannel)? {
        if let relay, let channel, !relay.isOver, !channel.isClosing { return (relay, channel) }
        guard let relay = node.cluster?.relays.open(for: self, to: home) else { return nil }
        let channel = relay.openForControl()
        channel.isTransactional = true
        channel.transactions = self
        relay.send(TxSelect(), on: channel)
        self.relay = relay
        self.channel = channel
        return (relay, channel)
    }

    /// Whether none of the queues is there any more: the home need not be asked what it takes.
    private var isForNobody: Bool {
        steps.allSatisfy { step in
            guard case .letter(let letter, _) = step else { return true }
            return letter.targets.allSatisfy { node.queue(id: $0) == nil }
        }
    }

    /// There is room again on the way to the home.
    func hasRoom() {
        if case .sending = phase, !steps.isEmpty { node.rollForward.note(self) }
    }

    // MARK: To a quorum queue

    /// Puts all of it into one command of the queue's log.
    func send(toQuorumQueue id: UInt64) {
        guard let queue = node.quorum.queue(id), !queue.isDeleted else {
            // What has gone takes nothing.
            return isTaken()
        }
        guard isInMemory() else { return }
        phase = .sent
        queue.enqueue(for: self) { batch in
            batch.transactions { batch in
                for case .letter(let letter, let transaction) in steps {
                    guard let entry = letters.entry(letter.sequence) else { continue }
                    _ = node.withJournaledBytes(of: entry.record) {
                        batch.add(
                            QuorumLetter(
                                transaction: transaction, isPersistent: letter.isPersistent, lifetime: letter.lifetime),
                            $0)
                    }
                }
            }
        }
    }

    /// Whether all that is to be handed over is in memory; what is not is read back.
    private func isInMemory() -> Bool {
        var isWhole = true
        for case .letter(let letter, _) in steps {
            guard let entry = letters.entry(letter.sequence) else { continue }
            guard !entry.isCold else {
                readBack(letters, from: letters.ready.firstPlace(from: letter.sequence) { $0.sequence })
                return false
            }
            guard entry.flags & QueueEntry.chunked != 0 || Int(entry.bodyBytes) > Limits.chunkBytes else { continue }
            let shape = MessageRecord.shape(of: node.segments.bytes(of: entry.record))
            for index in 0..<shape.chunkCount {
                let memory = node.chunkMemory(index, of: entry.record, shape) { [self] in $0.rollForward.note(self) }
                if memory == nil { isWhole = false }
            }
        }
        return isWhole
    }
}
