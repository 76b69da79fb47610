/// The messages of one queue while a journal is read: those whose records came, less those that have ended.
///
/// Records nearly always come in the order of the sequences, and messages end nearly in that order too: so they lie in an
/// array, and the next end is looked for behind the last one first.
struct RecoveredMessages {
    /// By ascending sequence.
    private var entries: ContiguousArray<QueueEntry> = []
    private var isEnded: ContiguousArray<Bool> = []
    private var hint = 0
    /// Those whose records came out of order.
    private var others: [UInt64: QueueEntry] = [:]
    /// Those that ended before their records came.
    private var endedBefore: Set<UInt64> = []
    /// Ranges that ended as a whole, ascending: what comes later with such a sequence was in it.
    private var endedRanges: [ClosedRange<UInt64>] = []
    private(set) var lastSequence: UInt64 = 0

    /// Whether a record of this message is news: not a copy of one that is there, nor of one that has ended.
    mutating func expects(_ sequence: UInt64) -> Bool {
        lastSequence = max(lastSequence, sequence)
        return place(of: sequence) == nil && others[sequence] == nil && !endedBefore.contains(sequence)
            && !isInEndedRange(sequence)
    }

    private func isInEndedRange(_ sequence: UInt64) -> Bool {
        guard let last = endedRanges.last, sequence <= last.upperBound else { return false }
        return endedRanges.contains { $0.contains(sequence) }
    }

    mutating func add(_ entry: QueueEntry) {
        if let last = entries.last, last.sequence >= entry.sequence {
            others[entry.sequence] = entry
        } else {
            entries.append(entry)
            isEnded.append(false)
        }
    }

    /// Ends a message; returns what is known of it.
    mutating func end(_ sequence: UInt64) -> QueueEntry? {
        lastSequence = max(lastSequence, sequence)
        if let place = place(of: sequence) {
            hint = place + 1
            guard !isEnded[place] else { return nil }
            isEnded[place] = true
            return entries[place]
        }
        if let entry = others.removeValue(forKey: sequence) {
            endedBefore.insert(sequence)
            return entry
        }
        endedBefore.insert(sequence)
        return nil
    }

    /// Ends all that are there of a range.
    mutating func end(_ range: ClosedRange<UInt64>) -> [QueueEntry] {
        lastSequence = max(lastSequence, range.upperBound)
        endedRanges.append(range)
        var sequences = others.keys.filter(range.contains)  // order-free: sorted below
        var place = firstPlace(from: range.lowerBound)
        while place < entries.count, entries[place].sequence <= range.upperBound {
            if !isEnded[place] { sequences.append(entries[place].sequence) }
            place += 1
        }
        return sequences.sorted().compactMap { end($0) }
    }

    /// What has not ended, by ascending sequence.
    var remaining: [QueueEntry] {
        var remaining = entries.indices.compactMap { isEnded[$0] ? nil : entries[$0] }
        if !others.isEmpty {
            remaining += others.values.sorted { $0.sequence < $1.sequence }
            remaining.sort { $0.sequence < $1.sequence }
        }
        return remaining
    }

    private func place(of sequence: UInt64) -> Int? {
        if hint < entries.count, entries[hint].sequence == sequence { return hint }
        guard let last = entries.last, sequence <= last.sequence else { return nil }
        let place = firstPlace(from: sequence)
        return entries[place].sequence == sequence ? place : nil
    }

    /// The first place with this sequence or a higher one.
    private func firstPlace(from sequence: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
