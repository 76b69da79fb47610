/// What a log entry does.
extension QuorumMachine {
    /// Applies a batch. False where the bytes are none: then nothing has changed, on any member.
    mutating func apply(_ batch: [UInt8], effects: inout QuorumEffects) -> Bool {
        batch.withUnsafeBytes { bytes in
            guard let header = QuorumBatchHeader(bytes), header.isFollowedByCommands(bytes) else { return false }
            effects.begin()
            if header.time > now { now = header.time }
            let slot = batches.add(batch)
            if hasExpiring { dropExpired(effects: &effects) }
            if header.node == 0 {
                applyOwn(bytes, header, effects: &effects)
            } else {
                apply(bytes, header, slot: slot, effects: &effects)
            }
            batches.release(slot)
            return true
        }
    }

    /// The leader's own commands, which count however often they come.
    private mutating func applyOwn(
        _ bytes: UnsafeRawBufferPointer, _ header: QuorumBatchHeader, effects: inout QuorumEffects
    ) {
        var place = QuorumBatch.headerBytes
        for _ in 0..<header.count {
            guard let command = QuorumCommand(bytes, at: place) else { return }
            place = command.end
            if command.kind == .limit, let limits = QuorumLimits(command.limits(bytes)) {
                self.limits = limits
                serve(effects: &effects)
            }
            if command.kind == .nodeDown, let origin = origin(command.size),
                origin.incarnation <= command.number(bytes)
            {
                endConsumers(of: origin, effects: &effects)
                origin.forgetAnswers()
                serve(effects: &effects)
            }
        }
    }

    private mutating func apply(
        _ bytes: UnsafeRawBufferPointer, _ header: QuorumBatchHeader, slot: UInt32, effects: inout QuorumEffects
    ) {
        guard let origin = enter(header, effects: &effects) else { return serve(effects: &effects) }
        defer { serve(effects: &effects) }
        guard header.first <= origin.next else {
            let missing = QuorumEffects.Place(
                node: header.node, incarnation: header.incarnation, number: origin.next)
            return effects.gap(missing)
        }
        origin.raiseFloor(to: header.floor)
        let next = origin.next
        var place = QuorumBatch.headerBytes
        for number in header.first..<header.first + UInt64(header.count) {
            guard let command = QuorumCommand(bytes, at: place) else { return }
            place = command.end
            if number < next, !(forgetsDuplicates && command.kind == .enqueue) {
                answerAgain(command, bytes, number, of: origin, effects: &effects)
            } else {
                apply(command, bytes, number, of: origin, slot: slot, effects: &effects)
            }
        }
        origin.next = max(next, header.first + UInt64(header.count))
        if origin.next > 1 {
            effects.confirm(
                QuorumEffects.Place(node: origin.node, incarnation: origin.incarnation, number: origin.next - 1))
        }
    }

    @inline(__always)
    private mutating func apply(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, _ number: UInt64, of origin: QuorumOrigin,
        slot: UInt32, effects: inout QuorumEffects
    ) {
        switch command.kind {
        case .enqueue: enqueue(command, bytes, number, of: origin, slot: slot, effects: &effects)
        case .settle: settle(command, bytes, of: origin, effects: &effects)
        case .attach: attach(command, bytes, number, of: origin, effects: &effects)
        case .detach: if let consumer = origin.consumer(command.number(bytes)) { cancel(consumer) }
        case .end:
            if let consumer = origin.remove(command.number(bytes)) { end(consumer, effects: &effects) }
        case .get: get(command, bytes, number, of: origin, effects: &effects)
        case .purge: answer(number, of: origin, .purged, UInt64(purge()), effects: &effects)
        case .deleteIf: mayDelete(command, number, of: origin, effects: &effects)
        case .transactions: enqueueTransactions(command, bytes, of: origin, slot: slot, effects: &effects)
        case .nodeDown, .tick, .limit: break
        }
        if !round.isEmpty || limits.limitsLength || hasExpiring { serve(effects: &effects) }
    }

    // MARK: Answers

    func answer(
        _ number: UInt64, of origin: QuorumOrigin, _ kind: QuorumAnswer, _ value: UInt64 = 0, _ second: UInt64 = 0,
        effects: inout QuorumEffects
    ) {
        origin.store(QuorumOrigin.Stored(number: number, kind: kind, value: value, second: second))
        tell(number, of: origin, kind, value, second, effects: &effects)
    }

    private func tell(
        _ number: UInt64, of origin: QuorumOrigin, _ kind: QuorumAnswer, _ value: UInt64, _ second: UInt64,
        effects: inout QuorumEffects
    ) {
        let place = QuorumEffects.Place(node: origin.node, incarnation: origin.incarnation, number: number)
        effects.answer(QuorumEffects.Answer(place: place, kind: kind, value: value, second: second))
    }

    /// A command that has been applied came again, because its node does not know what became of it.
    private func answerAgain(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, _ number: UInt64, of origin: QuorumOrigin,
        effects: inout QuorumEffects
    ) {
        guard number >= origin.floor else { return }
        switch command.kind {
        case .attach, .get, .purge, .deleteIf:
            guard let stored = origin.answer(to: number), let kind = stored.kind else {
                return tell(number, of: origin, .forgotten, 0, 0, effects: &effects)
            }
            tell(number, of: origin, kind, stored.value, stored.second, effects: &effects)
            // What it got may have been lost with its answer.
            if kind == .got, let consumer = origin.consumer(command.number(bytes)),
                let found = consumer.held.first(from: stored.value), found.sequence == stored.value
            {
                effects.deliver(found.entry, in: batches, to: consumer, found.sequence)
            }
        // Refusals are told with every confirm.
        case .enqueue, .detach, .end, .settle, .nodeDown, .tick, .limit, .transactions: break
        }
    }

    // MARK: Messages in

    @inline(__always)
    private mutating func enqueue(
        _ command: QuorumCommand, _ bytes: UnsafeRawBufferPointer, _ number: UInt64, of origin: QuorumOrigin,
        slot: UInt32, effects: inout QuorumEffects
    ) {
        let bodyBytes = command.bodyBytes(bytes)
        if limits.rejectsPublishes, round.count == cancelledInRound,
            limits.isOver(count: readyCount + 1, bytes: readyBytes &+ Int(bodyBytes))
        {
            totals.refused &+= 1
            return origin.store(QuorumOrigin.Stored(number: number, kind: nil, value: 0, second: 0))
        }
        batches.retain(slot)
        ready.append(
            QuorumEntry(
                batch: slot, offset: UInt32(truncatingIfNeeded: command.messageOffset), byteCount: command.size,
                bodyBytes: bodyBytes, expiry: expiry(of: command, bytes),
                flags: UInt32(command.flags & QuorumBatch.Flags.persistent)))
        readyBytes &+= Int(bodyBytes)
        messageBytes &+= Int(command.size)
        totals.enqueued &+= 1
    }

    @inline(__always)
    private mutating func expiry(of command: QuorumCommand, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard limits.messageTTL != nil || command.flags & QuorumBatch.Flags.expires != 0 else {
            return QuorumEntry.never
        }
        return expiry(lifetime: command.flags & QuorumBatch.Flags.expires != 0 ? command.number(bytes) : nil)
    }

    /// When a message expires that comes now.
    mutating func expiry(lifetime own: UInt64?) -> UInt64 {
        guard limits.messageTTL != nil || own != nil else { return QuorumEntry.never }
        let lifetime = min(limits.messageTTL ?? .max, own ?? .max)
        hasExpiring = true
        // One that lives for no time still reaches a consumer that waits.
        let (expiry, isBeyond) = now.addingReportingOverflow(max(lifetime, 1))
        return isBeyond ? QuorumEntry.never : expiry
    }

    /// Drops all ready messages and returns how many they were.
    private mutating func purge() -> Int {
        let count = readyCount
        while let entry = removeHead() { release(entry) }
        return count
    }

    private func mayDelete(
        _ command: QuorumCommand, _ number: UInt64, of origin: QuorumOrigin, effects: inout QuorumEffects
    ) {
        if command.flags & QuorumBatch.Flags.ifUnused != 0, consumerCount > 0 {
            answer(number, of: origin, .inUse, UInt64(consumerCount), effects: &effects)
        } else if command.flags & QuorumBatch.Flags.ifEmpty != 0, readyCount > 0 {
            answer(number, of: origin, .notEmpty, UInt64(readyCount), effects: &effects)
        } else {
            answer(number, of: origin, .mayDelete, UInt64(readyCount), effects: &effects)
        }
    }
}
