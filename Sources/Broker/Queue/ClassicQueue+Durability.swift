internal import Journal

/// What survives: entries taken back, found by their names, named as ranges.
extension ClassicQueue {
    /// Takes back one message that survived; they come in the order of the sequences.
    func restore(_ entry: QueueEntry) {
        ready.append(entry)
        readyBytes += Int(entry.bodyBytes)
        if entry.isCold { coldReady += 1 }
        lastSequence = max(lastSequence, entry.sequence)
        // It is cold already.
        cooledUpTo = entry.sequence
        spilledUpTo = entry.sequence
        if entry.expiry != QueueEntry.never { noteExpiring() }
    }

    /// All that survived is there.
    func restored(lastSequence: UInt64, deliveredUpTo: UInt64) {
        self.lastSequence = lastSequence
        self.deliveredUpTo = deliveredUpTo
        if limits.limitsLength { noteLength() }
    }

    /// The ready message of a sequence; nil when it is not there any more.
    func entry(_ sequence: UInt64) -> QueueEntry? {
        let place = ready.firstPlace(from: sequence) { $0.sequence }
        if place < ready.count, ready[place].sequence == sequence { return ready[place] }
        return returned.entry(sequence) ?? dying.entry(sequence)
    }

    /// Changes the ready message of a sequence; returns whether it was there and `change` returned something.
    func update(_ sequence: UInt64, _ change: (QueueEntry) -> QueueEntry?) -> Bool {
        let place = ready.firstPlace(from: sequence) { $0.sequence }
        if place < ready.count, ready[place].sequence == sequence {
            guard let changed = change(ready[place]) else { return false }
            ready[place] = changed
            return true
        }
        return returned.update(sequence, change) || dying.update(sequence, change)
    }

    /// Visits what came back from the lowest sequence on, at most so many, until `visit` returns false; returns whether it
    /// never did.
    func visitReturned(limit: Int, _ visit: (QueueEntry) -> Bool) -> Bool { returned.visit(limit: limit, visit) }

    /// The sequences of all ready messages, as ranges in which there is no other message.
    var readyRanges: [ClosedRange<UInt64>] {
        var ranges = returned.sequenceRuns
        // Whatever was delivered lies before what was not.
        if !ready.isEmpty { ranges.append(ready.first.sequence...lastSequence) }
        return ranges
    }
}
