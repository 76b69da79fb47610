/// The entries behind a snapshot, in blocks of a fixed size: appending and dropping touch one block, so that a log of
/// a million entries costs an event no more than an empty one, and an empty one holds no memory.
struct RaftLog: Sendable {
    private static let shift: UInt64 = 8
    private static let blockEntries: UInt64 = 1 << shift

    /// Each but the last is full.
    private var blocks: [ContiguousArray<RaftEntry>] = []
    /// The index of the first entry in the first block, which may have been dropped already.
    private var origin: UInt64
    /// The entry before the first: the last one that was dropped.
    private(set) var base: LogPosition
    /// The last entry, or the base.
    private(set) var last: LogPosition

    init(base: LogPosition) {
        self.base = base
        last = base
        origin = base.index + 1
    }

    var isEmpty: Bool { last.index == base.index }

    /// The entry at an index that the log holds.
    subscript(index: UInt64) -> RaftEntry {
        precondition(index > base.index && index <= last.index, "no entry \(index) in the log")
        let offset = index - origin
        return blocks[Int(offset >> Self.shift)][Int(offset & (Self.blockEntries - 1))]
    }

    /// The term of an entry, or of the base; nil for any other index.
    func term(at index: UInt64) -> UInt64? {
        if index == last.index { return last.term }
        if index == base.index { return base.term }
        guard index > base.index, index < last.index else { return nil }
        let offset = index - origin
        return blocks[Int(offset >> Self.shift)][Int(offset & (Self.blockEntries - 1))].term
    }

    /// Whether it has this entry, or is based on it.
    func contains(_ position: LogPosition) -> Bool { term(at: position.index) == position.term }

    mutating func append(_ entry: RaftEntry) {
        precondition(entry.index == last.index + 1 && entry.term >= last.term, "entries follow each other")
        if (entry.index - origin) & (Self.blockEntries - 1) == 0 { blocks.append([]) }
        blocks[blocks.count - 1].append(entry)
        last = LogPosition(index: entry.index, term: entry.term)
    }

    /// Drops the entry and all behind it.
    mutating func truncate(from index: UInt64) {
        precondition(index > base.index, "what is below the base is committed")
        guard index <= last.index, let term = term(at: index - 1) else { return }
        last = LogPosition(index: index - 1, term: term)
        if isEmpty { return clear() }
        let kept = index - origin
        let block = Int(kept >> Self.shift)
        let inBlock = Int(kept & (Self.blockEntries - 1))
        blocks.removeLast(blocks.count - block - (inBlock == 0 ? 0 : 1))
        if inBlock > 0 { blocks[block].removeLast(blocks[block].count - inBlock) }
    }

    /// Drops the entry and all before it.
    mutating func drop(through index: UInt64) {
        guard index > base.index, let term = term(at: index) else { return }
        base = LogPosition(index: index, term: term)
        if isEmpty { return clear() }
        let dead = Int((index + 1 - origin) >> Self.shift)
        blocks.removeFirst(dead)
        origin += UInt64(dead) << Self.shift
    }

    /// Drops everything: the log goes on behind a snapshot.
    mutating func reset(to base: LogPosition) {
        self.base = base
        last = base
        clear()
    }

    private mutating func clear() {
        blocks = []
        origin = base.index + 1
    }

    /// Entries from an index on, as many as the limits allow, and one at least where there is one.
    func entries(from index: UInt64, maxBytes: Int, maxCount: Int) -> [RaftEntry] {
        var found: [RaftEntry] = []
        guard index > base.index, index <= last.index else { return found }
        var bytes = 0
        let end = Swift.min(last.index, index + UInt64(maxCount) - 1)
        for position in index...end {
            let entry = self[position]
            bytes += entry.size
            if bytes > maxBytes, !found.isEmpty { break }
            found.append(entry)
        }
        return found
    }

    /// The last entry at or before an index whose term is not above `term`: nothing behind it can match a log whose
    /// entry at the index has that term. One round trip skips a whole term of conflicts (Raft §5.3, last paragraphs).
    func lastPosition(through index: UInt64, termAtMost term: UInt64) -> LogPosition {
        var position = Swift.min(index, last.index)
        while position > base.index, let own = self.term(at: position), own > term { position -= 1 }
        return position >= base.index
            ? LogPosition(index: position, term: self.term(at: position) ?? 0) : LogPosition(index: position, term: 0)
    }
}
