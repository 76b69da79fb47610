/// Consumers: what they are given, what they give back.
extension QuorumMachine {
    // MARK: Out

    /// Gives messages to consumers in turn, until messages or credit end; then drops what is over the length.
    @inline(__always)
    mutating func serve(effects: inout QuorumEffects) {
        if readyCount > 0, !round.isEmpty { deliver(effects: &effects) }
        if limits.limitsLength, !limits.rejectsPublishes {
            if hasExpiring { dropExpired(effects: &effects) }
            dropOverLength(effects: &effects)
        }
        if hasExpiring { dropExpired(effects: &effects) }
    }

    private mutating func deliver(effects: inout QuorumEffects) {
        while readyCount > 0, let consumer = round.first {
            guard !consumer.isCancelled, consumer.hasCredit else {
                leaveRound(consumer)
                continue
            }
            if hasExpiring { dropExpired(effects: &effects) }
            guard let entry = removeHead() else { return }
            give(entry, to: consumer, effects: &effects)
            if consumer.isAutomaticAck { totals.deliveredNoAck &+= 1 } else { totals.delivered &+= 1 }
            if !consumer.hasCredit {
                leaveRound(consumer)
            } else if round.count > 1 {
                round.append(round.removeFirst())
            }
        }
    }

    private mutating func leaveRound(_ consumer: QuorumConsumer) {
        round.removeFirst()
        consumer.isInRound = false
        if consumer.isCancelled { cancelledInRound -= 1 }
    }

    @inline(__always)
    private mutating func give(_ entry: QuorumEntry, to consumer: QuorumConsumer, effects: inout QuorumEffects) {
        let sequence = consumer.nextSequence
        consumer.nextSequence &+= 1
        consumer.held.append(entry, sequence)
        unackedCount &+= 1
        unackedBytes &+= Int(entry.bodyBytes)
        if entry.deliveryCount > 0 { totals.redelivered &+= 1 }
        effects.deliver(entry, in: batches, to: consumer, sequence)
    }

    mutating func get(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, _ number: UInt64, of origin: QuorumOrigin,
        effects: inout QuorumEffects
    ) {
        let id = command.number(bytes)
        let known = origin.consumer(id)
        guard known?.isForGets ?? true else { return answer(number, of: origin, .consumerExists, effects: &effects) }
        guard known != nil || command.flags & QuorumBatch.Flags.known == 0 else {
            return answer(number, of: origin, .forgotten, effects: &effects)
        }
        guard let entry = removeHead() else {
            totals.gotEmpty &+= 1
            return answer(number, of: origin, .empty, effects: &effects)
        }
        let isAutomaticAck = command.flags & QuorumBatch.Flags.automaticAck != 0
        let consumer =
            known
            ?? QuorumConsumer(
                node: origin.node, incarnation: origin.incarnation, id: id, isAutomaticAck: isAutomaticAck,
                isForGets: true)
        if known == nil { origin.add(consumer) }
        if isAutomaticAck { totals.gotNoAck &+= 1 } else { totals.got &+= 1 }
        let sequence = consumer.nextSequence
        give(entry, to: consumer, effects: &effects)
        answer(number, of: origin, .got, sequence, UInt64(readyCount), effects: &effects)
    }

    /// Delivers again what a consumer holds of sequences after one, for a new leader that does not know what the old one
    /// has sent; at most `limit` of them. False when there is no such consumer: what it held has gone back.
    func redeliver(
        node: UInt32, incarnation: UInt64, consumer: UInt64, after sequence: UInt64, limit: Int = .max,
        effects: inout QuorumEffects
    ) -> Bool {
        guard let origin = origin(node), origin.incarnation == incarnation, let consumer = origin.consumer(consumer)
        else { return false }
        effects.begin()
        var next = sequence
        for _ in 0..<limit {
            guard next < .max, let found = consumer.held.first(from: next + 1) else { break }
            effects.deliver(found.entry, in: batches, to: consumer, found.sequence)
            next = found.sequence
        }
        return true
    }

    // MARK: Back

    mutating func settle(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, of origin: QuorumOrigin,
        effects: inout QuorumEffects
    ) {
        guard let consumer = origin.consumer(command.number(bytes)),
            let how = QuorumSettlement(rawValue: command.flags)
        else { return }
        let toEnd = limits.deliveryLimit == nil
        for index in 0..<Int(command.size) {
            guard let range = command.range(bytes, index) else { continue }
            var next = range.lowerBound
            while let entry = consumer.held.takeFirst(from: &next, through: range.upperBound) {
                unackedCount &-= 1
                unackedBytes &-= Int(entry.bodyBytes)
                switch how {
                case .ack:
                    totals.acked &+= 1
                    release(entry)
                case .discard: drop(entry, .rejected, effects: &effects)
                case .requeue: takeBack(entry, toEnd: toEnd, effects: &effects)
                }
            }
        }
        enterRound(consumer)
    }

    // MARK: Coming and going

    mutating func attach(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, _ number: UInt64, of origin: QuorumOrigin,
        effects: inout QuorumEffects
    ) {
        let id = command.number(bytes)
        let isExclusive = command.flags & QuorumBatch.Flags.exclusive != 0
        guard origin.consumer(id) == nil else {
            return answer(number, of: origin, .consumerExists, effects: &effects)
        }
        guard exclusiveCount == 0, !isExclusive || consumerCount == 0 else {
            return answer(number, of: origin, .inExclusiveUse, effects: &effects)
        }
        let consumer = QuorumConsumer(
            node: origin.node, incarnation: origin.incarnation, id: id,
            tag: Array(bytes[command.offset + 12..<command.end]), prefetch: command.size, isExclusive: isExclusive,
            isAutomaticAck: command.flags & QuorumBatch.Flags.automaticAck != 0,
            priority: Int32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: command.offset + 8, as: Int32.self)))
        origin.add(consumer)
        consumerCount += 1
        if isExclusive { exclusiveCount += 1 }
        answer(number, of: origin, .attached, effects: &effects)
        enterRound(consumer)
    }

    @inline(__always)
    private mutating func enterRound(_ consumer: QuorumConsumer) {
        guard !consumer.isInRound, consumer.isListed, consumer.hasCredit else { return }
        consumer.isInRound = true
        round.append(consumer)
    }

    /// A consumer takes no more deliveries.
    mutating func cancel(_ consumer: QuorumConsumer) {
        guard consumer.isListed else { return }
        consumer.isCancelled = true
        consumerCount -= 1
        if consumer.isExclusive { exclusiveCount -= 1 }
        guard consumer.isInRound else { return }
        // It leaves the round when its turn comes, or with the others when they are many.
        cancelledInRound += 1
        if cancelledInRound > 64, cancelledInRound > round.count / 2 {
            round.removeAll { $0.isCancelled }
            cancelledInRound = 0
        }
    }

    /// A consumer is gone: what it holds comes back.
    mutating func end(_ consumer: QuorumConsumer, effects: inout QuorumEffects) {
        cancel(consumer)
        var next: UInt64 = 0
        while let entry = consumer.held.takeFirst(from: &next, through: .max) {
            unackedCount &-= 1
            unackedBytes &-= Int(entry.bodyBytes)
            takeBack(entry, toEnd: false, effects: &effects)
        }
    }

    /// All consumers of a node are gone, the oldest first. None of them gets what another held.
    mutating func endConsumers(of origin: QuorumOrigin, effects: inout QuorumEffects) {
        for consumer in origin.takeConsumers() { end(consumer, effects: &effects) }
    }
}
