/// Entries that came back to a queue, in the order of their sequences: sorted blocks, in order.
///
/// What comes back in order, as from a channel that closes, is appended; what lies between is put into its block, which
/// is split when it is full. No operation touches more than one block and the list of blocks.
struct SortedEntries: ~Copyable {
    private struct Block {
        let entries: UnsafeMutablePointer<QueueEntry>
        /// Position of the first entry.
        var start = 0
        /// Behind the last entry.
        var end = 0

        var firstSequence: UInt64 { entries[start].sequence }
        var lastSequence: UInt64 { entries[end - 1].sequence }
    }

    private static var capacity: Int { 128 }
    /// Dead block slots at the front of `blocks` that are tolerated before they are squeezed out.
    private static var deadMax: Int { 1024 }

    /// None is empty; those before `firstBlock` are gone.
    private var blocks: ContiguousArray<Block> = []
    private var firstBlock = 0
    private(set) var count = 0

    deinit {
        for block in blocks[firstBlock...] { block.entries.deallocate() }
    }

    var isEmpty: Bool { count == 0 }

    /// Memory held, in bytes.
    var residentBytes: Int {
        (blocks.count - firstBlock) * Self.capacity * MemoryLayout<QueueEntry>.stride
    }

    var first: QueueEntry? { count > 0 ? blocks[firstBlock].entries[blocks[firstBlock].start] : nil }

    /// Puts an entry into its place.
    mutating func insert(_ entry: QueueEntry) {
        count += 1
        guard firstBlock < blocks.count, let last = blocks.last, entry.sequence < last.lastSequence else {
            return append(entry)
        }
        insert(entry, into: block(for: entry.sequence))
    }

    private mutating func append(_ entry: QueueEntry) {
        if firstBlock == blocks.count || blocks[blocks.count - 1].end == Self.capacity {
            blocks.append(Block(entries: .allocate(capacity: Self.capacity)))
        }
        let last = blocks.count - 1
        blocks[last].entries[blocks[last].end] = entry
        blocks[last].end += 1
    }

    /// The first block whose last sequence is higher; there is one.
    private func block(for sequence: UInt64) -> Int {
        var low = firstBlock
        var high = blocks.count - 1
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].lastSequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insert(_ entry: QueueEntry, into index: Int) {
        var index = index
        if blocks[index].start == 0, blocks[index].end == Self.capacity {
            split(index)
            if blocks[index].lastSequence < entry.sequence { index += 1 }
        }
        let entries = blocks[index].entries
        var position = blocks[index].start
        while position < blocks[index].end, entries[position].sequence < entry.sequence { position += 1 }
        if blocks[index].start > 0 {
            // Room in front: what is smaller moves there.
            let start = blocks[index].start
            (entries + start - 1).update(from: entries + start, count: position - start)
            blocks[index].start = start - 1
            entries[position - 1] = entry
        } else {
            for slot in stride(from: blocks[index].end, to: position, by: -1) { entries[slot] = entries[slot - 1] }
            entries[position] = entry
            blocks[index].end += 1
        }
    }

    private mutating func split(_ index: Int) {
        let half = Self.capacity / 2
        var upper = Block(entries: .allocate(capacity: Self.capacity))
        upper.entries.initialize(from: blocks[index].entries + half, count: Self.capacity - half)
        upper.end = Self.capacity - half
        blocks[index].end = half
        blocks.insert(upper, at: index + 1)
    }

    /// The entry of a sequence.
    func entry(_ sequence: UInt64) -> QueueEntry? {
        place(of: sequence).map { blocks[$0.block].entries[$0.slot] }
    }

    /// Changes the entry of a sequence, which stays; returns whether it is there and `change` returned something.
    func update(_ sequence: UInt64, _ change: (QueueEntry) -> QueueEntry?) -> Bool {
        guard let place = place(of: sequence), let changed = change(blocks[place.block].entries[place.slot]) else {
            return false
        }
        blocks[place.block].entries[place.slot] = changed
        return true
    }

    private func place(of sequence: UInt64) -> (block: Int, slot: Int)? {
        guard count > 0, let last = blocks.last, sequence <= last.lastSequence else { return nil }
        var low = firstBlock
        var high = blocks.count - 1
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].lastSequence < sequence { low = middle + 1 } else { high = middle }
        }
        for slot in blocks[low].start..<blocks[low].end where blocks[low].entries[slot].sequence == sequence {
            return (low, slot)
        }
        return nil
    }

    /// Takes out the entry of a sequence.
    mutating func remove(_ sequence: UInt64) -> QueueEntry? {
        guard let place = place(of: sequence) else { return nil }
        let entry = blocks[place.block].entries[place.slot]
        if place.block == firstBlock, place.slot == blocks[firstBlock].start { return popFirst() }
        count -= 1
        let entries = blocks[place.block].entries
        let end = blocks[place.block].end
        (entries + place.slot).update(from: entries + place.slot + 1, count: end - place.slot - 1)
        blocks[place.block].end = end - 1
        if blocks[place.block].start == end - 1 {
            entries.deallocate()
            blocks.remove(at: place.block)
        }
        return entry
    }

    /// Visits entries from the lowest sequence on, at most `limit`, until `visit` returns false; returns whether it never
    /// did.
    func visit(limit: Int, _ visit: (QueueEntry) -> Bool) -> Bool {
        var left = limit
        for block in blocks[firstBlock...] {
            for slot in block.start..<block.end {
                guard left > 0 else { return true }
                left -= 1
                guard visit(block.entries[slot]) else { return false }
            }
        }
        return true
    }

    /// Visits entries behind a sequence in their order until `visit` returns false.
    func visit(after sequence: UInt64, _ visit: (QueueEntry) -> Bool) {
        guard count > 0, let last = blocks.last, sequence < last.lastSequence else { return }
        for block in blocks[self.block(for: sequence)...] {
            for slot in block.start..<block.end where block.entries[slot].sequence > sequence {
                guard visit(block.entries[slot]) else { return }
            }
        }
    }

    /// The sequences there are, as runs without a gap.
    var sequenceRuns: [ClosedRange<UInt64>] {
        var runs: [ClosedRange<UInt64>] = []
        for block in blocks[firstBlock...] {
            for slot in block.start..<block.end {
                let sequence = block.entries[slot].sequence
                if let last = runs.last, last.upperBound + 1 == sequence {
                    runs[runs.count - 1] = last.lowerBound...sequence
                } else {
                    runs.append(sequence...sequence)
                }
            }
        }
        return runs
    }

    /// Takes out the entry with the lowest sequence.
    mutating func popFirst() -> QueueEntry? {
        guard let entry = first else { return nil }
        count -= 1
        blocks[firstBlock].start += 1
        if blocks[firstBlock].start == blocks[firstBlock].end {
            blocks[firstBlock].entries.deallocate()
            firstBlock += 1
            if firstBlock == blocks.count {
                blocks.removeAll(keepingCapacity: blocks.count <= Self.deadMax)
                firstBlock = 0
            } else if firstBlock > Self.deadMax, firstBlock > blocks.count / 2 {
                blocks.removeFirst(firstBlock)
                firstBlock = 0
            }
        }
        return entry
    }
}
