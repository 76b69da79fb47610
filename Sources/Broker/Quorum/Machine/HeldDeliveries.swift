/// The deliveries that a consumer has not settled, by their sequences.
///
/// Blocks of 32 sequences, each with a bit for those in it that are held: a block goes with its last delivery, so that an
/// old delivery keeps one block and not what came after it, and what is settled twice is not looked at one by one.
struct HeldDeliveries: ~Copyable {
    private struct Block {
        /// The sequences in it, divided by 32.
        let number: UInt64
        /// Nil once nothing in it is held.
        var entries: UnsafeMutablePointer<QuorumEntry>?
        var bits: UInt32 = 0
    }

    private static var shift: UInt64 { 5 }
    private static var slotCount: Int { 32 }
    /// Dead blocks that are tolerated before they are squeezed out.
    private static var deadMax: Int { 64 }

    /// By ascending number; those before `first` are dead, as others may be.
    private var blocks: ContiguousArray<Block> = []
    private var first = 0
    private var dead = 0
    private var spare: UnsafeMutablePointer<QuorumEntry>?
    private(set) var count = 0

    deinit {
        for block in blocks { block.entries?.deallocate() }
        spare?.deallocate()
    }

    /// Memory held, in bytes.
    var residentBytes: Int {
        (blocks.count - dead + (spare == nil ? 0 : 1)) * Self.slotCount * MemoryLayout<QuorumEntry>.stride
            + blocks.capacity * MemoryLayout<Block>.stride
    }

    /// Adds a delivery whose sequence is higher than all before.
    @inline(__always)
    mutating func append(_ entry: QuorumEntry, _ sequence: UInt64) {
        let number = sequence >> Self.shift
        if blocks.isEmpty || blocks[blocks.count &- 1].number != number || blocks[blocks.count &- 1].entries == nil {
            addBlock(number)
        }
        let slot = Int(sequence & UInt64(Self.slotCount - 1))
        let last = blocks.count &- 1
        blocks[last].entries?[slot] = entry
        blocks[last].bits |= 1 << UInt32(slot)
        count &+= 1
    }

    /// Takes out the delivery with the lowest sequence in a range, and moves the range's beginning behind it; nil when
    /// there is none.
    @inline(__always)
    mutating func takeFirst(from sequence: inout UInt64, through last: UInt64) -> QuorumEntry? {
        guard let (place, slot) = find(from: sequence, through: last), let entry = blocks[place].entries?[slot] else {
            return nil
        }
        sequence = blocks[place].number << Self.shift + UInt64(slot) + 1
        blocks[place].bits &= ~(1 << UInt32(slot))
        count &-= 1
        if blocks[place].bits == 0 { emptied(place) }
        return entry
    }

    /// The delivery with the lowest sequence from one on.
    func first(from sequence: UInt64) -> (sequence: UInt64, entry: QuorumEntry)? {
        guard let (place, slot) = find(from: sequence, through: .max), let entry = blocks[place].entries?[slot] else {
            return nil
        }
        return (blocks[place].number << Self.shift + UInt64(slot), entry)
    }

    @inline(__always)
    private func find(from sequence: UInt64, through last: UInt64) -> (place: Int, slot: Int)? {
        guard count > 0, sequence <= last else { return nil }
        let number = sequence >> Self.shift
        var place = first
        if blocks[place].number < number {
            place = search(number)
            guard place < blocks.count else { return nil }
        }
        var bits = blocks[place].bits
        if blocks[place].number == number { bits &= .max << UInt32(sequence & UInt64(Self.slotCount - 1)) }
        while bits == 0 {
            place += 1
            guard place < blocks.count else { return nil }
            bits = blocks[place].bits
        }
        let slot = bits.trailingZeroBitCount
        guard blocks[place].number << Self.shift + UInt64(slot) <= last else { return nil }
        return (place, slot)
    }

    /// The first block of that number or a higher one.
    private func search(_ number: UInt64) -> Int {
        // Without dead blocks squeezed out, which is nearly always, its place follows from its number.
        let guess = number - blocks[first].number
        if guess < UInt64(blocks.count - first), blocks[first + Int(guess)].number == number {
            return first + Int(guess)
        }
        var (low, high) = (first, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(never)
    private mutating func addBlock(_ number: UInt64) {
        let entries = spare ?? .allocate(capacity: Self.slotCount)
        spare = nil
        if let last = blocks.indices.last, blocks[last].number == number {
            // It was emptied while more of its sequences were to come.
            dead -= 1
            blocks[last].entries = entries
        } else {
            blocks.append(Block(number: number, entries: entries))
        }
    }

    @inline(never)
    private mutating func emptied(_ place: Int) {
        if spare == nil { spare = blocks[place].entries } else { blocks[place].entries?.deallocate() }
        blocks[place].entries = nil
        dead += 1
        while first < blocks.count, blocks[first].entries == nil { first += 1 }
        if first == blocks.count {
            blocks.removeAll(keepingCapacity: blocks.count <= Self.deadMax)
            first = 0
            dead = 0
        } else if dead > Self.deadMax, dead > blocks.count / 2 {
            blocks.removeAll { $0.entries == nil }
            first = 0
            dead = 0
        }
    }
}
