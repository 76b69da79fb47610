/// The messages of one queue while a journal is read: those whose records came, less those that have ended.
///
/// Records nearly always come in the order of the sequences, and messages end nearly in that order too: so they lie in an
/// ring, and the next end is looked for behind the last one first.
final class RecoveredMessages {
    /// Bit in the flags of an entry that has ended.
    private static let ended: UInt32 = 128

    /// By ascending sequence.
    private var entries = EntryRing<QueueEntry>()
    private var hint = 0
    /// Those whose records came out of order.
    private var others: [UInt64: QueueEntry] = [:]
    /// Those that ended before their records came.
    private var endedBefore: Set<UInt64> = []
    /// Ranges that ended as a whole, ascending: what comes later with such a sequence was in it.
    private var endedRanges: [ClosedRange<UInt64>] = []
    private(set) var lastSequence: UInt64 = 0
    /// Those up to here have been delivered.
    private(set) var deliveredUpTo: UInt64 = 0

    /// Whether a record of this message is news: not a copy of one that is there, nor of one that has ended.
    func expects(_ sequence: UInt64) -> Bool {
        lastSequence = max(lastSequence, sequence)
        return place(of: sequence) == nil && others[sequence] == nil && !endedBefore.contains(sequence)
            && !isInEndedRange(sequence)
    }

    /// All up to a sequence have been delivered.
    func delivered(upTo sequence: UInt64) {
        deliveredUpTo = max(deliveredUpTo, sequence)
        lastSequence = max(lastSequence, sequence)
    }

    private func isInEndedRange(_ sequence: UInt64) -> Bool {
        guard let last = endedRanges.last, sequence <= last.upperBound else { return false }
        return endedRanges.contains { $0.contains(sequence) }
    }

    func add(_ entry: QueueEntry) {
        if !entries.isEmpty, entries[entries.count - 1].sequence >= entry.sequence {
            others[entry.sequence] = entry
        } else {
            entries.append(entry)
        }
    }

    /// Ends a message; returns what is known of it.
    func end(_ sequence: UInt64) -> QueueEntry? {
        lastSequence = max(lastSequence, sequence)
        if let place = place(of: sequence) {
            hint = place + 1
            let entry = entries[place]
            guard entry.flags & Self.ended == 0 else { return nil }
            entries[place].flags |= Self.ended
            return entry
        }
        if let entry = others.removeValue(forKey: sequence) {
            endedBefore.insert(sequence)
            return entry
        }
        endedBefore.insert(sequence)
        return nil
    }

    /// Ends all that are there of a range.
    func end(_ range: ClosedRange<UInt64>) -> [QueueEntry] {
        lastSequence = max(lastSequence, range.upperBound)
        endedRanges.append(range)
        var sequences = others.keys.filter(range.contains)  // order-free: sorted below
        var place = firstPlace(from: range.lowerBound)
        while place < entries.count, entries[place].sequence <= range.upperBound {
            if entries[place].flags & Self.ended == 0 { sequences.append(entries[place].sequence) }
            place += 1
        }
        return sequences.sorted().compactMap { end($0) }
    }

    /// Gives out what has not ended, by ascending sequence, and keeps nothing.
    func takeRemaining(_ take: (QueueEntry) -> Void) {
        var late = others.values.sorted { $0.sequence < $1.sequence }[...]
        others = [:]
        while !entries.isEmpty {
            let entry = entries.first
            entries.removeFirst()
            while let other = late.first, other.sequence < entry.sequence {
                late.removeFirst()
                take(other)
            }
            if entry.flags & Self.ended == 0 { take(entry) }
        }
        for other in late { take(other) }
    }

    private func place(of sequence: UInt64) -> Int? {
        if hint < entries.count, entries[hint].sequence == sequence { return hint }
        let place = firstPlace(from: sequence)
        return place < entries.count && entries[place].sequence == sequence ? place : nil
    }

    /// The first place with this sequence or a higher one.
    private func firstPlace(from sequence: UInt64) -> Int { entries.firstPlace(from: sequence) { $0.sequence } }
}
