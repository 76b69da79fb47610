/// Trivial entries in order, first in, first out: blocks of a fixed size, filled one behind the other.
///
/// Growing and shrinking move no entry and touch one block, so that a queue of millions costs a tick no more than an
/// empty one; an empty ring that never held anything holds no memory. A `Deque` costs three times as much an append
/// and copies everything when it grows.
struct EntryRing<Entry: BitwiseCopyable>: ~Copyable {
    private static var shift: Int { 7 }
    private static var blockEntries: Int { 1 << shift }
    /// Dead block slots at the front of `blocks` that are tolerated before they are squeezed out.
    private static var deadBlocksMax: Int { 1024 }

    private var blocks: ContiguousArray<UnsafeMutablePointer<Entry>> = []
    /// Position of the first live block in `blocks`.
    private var firstBlock = 0
    /// Position of the first entry in the first live block.
    private var head = 0
    private(set) var count = 0
    /// One emptied block kept for the next that is needed.
    private var spare: UnsafeMutablePointer<Entry>?

    deinit {
        for block in blocks[firstBlock...] { block.deallocate() }
        spare?.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// Memory held, in bytes.
    var residentBytes: Int {
        (blocks.count - firstBlock + (spare == nil ? 0 : 1)) * Self.blockEntries * MemoryLayout<Entry>.stride
    }

    @inline(__always)
    mutating func append(_ entry: Entry) {
        let slot = head &+ count
        let block = firstBlock &+ slot >> Self.shift
        if block == blocks.count { addBlock() }
        blocks[block][slot & (Self.blockEntries - 1)] = entry
        count &+= 1
    }

    @inline(__always)
    var first: Entry {
        precondition(count > 0)
        return blocks[firstBlock][head]
    }

    /// The entry at a place, counted from the first.
    subscript(index: Int) -> Entry {
        get {
            precondition(index >= 0 && index < count)
            return blocks[firstBlock + ((head + index) >> Self.shift)][(head + index) & (Self.blockEntries - 1)]
        }
        set {
            precondition(index >= 0 && index < count)
            blocks[firstBlock + ((head + index) >> Self.shift)][(head + index) & (Self.blockEntries - 1)] = newValue
        }
    }

    /// The first place whose entry has this key or a higher one; keys ascend, mostly without gaps.
    func firstPlace(from key: UInt64, by keyOf: (Entry) -> UInt64) -> Int {
        guard count > 0, key > keyOf(first) else { return 0 }
        var (low, high) = (1, count)
        let distance = key - keyOf(first)
        // Every key between takes a place, so it cannot be further away than it is higher.
        if distance < UInt64(count) {
            high = Int(distance)
            if keyOf(self[high]) == key { return high }
        }
        while low < high {
            let middle = (low + high) / 2
            if keyOf(self[middle]) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(__always)
    mutating func removeFirst() {
        precondition(count > 0)
        count &-= 1
        head = count == 0 ? 0 : head &+ 1
        if head == Self.blockEntries { dropFirstBlock() }
    }

    @inline(never)
    private mutating func addBlock() {
        blocks.append(spare ?? .allocate(capacity: Self.blockEntries))
        spare = nil
    }

    @inline(never)
    private mutating func dropFirstBlock() {
        head = 0
        discard(blocks[firstBlock])
        firstBlock += 1
        if firstBlock == blocks.count {
            blocks.removeAll(keepingCapacity: true)
            firstBlock = 0
        } else if firstBlock > Self.deadBlocksMax, firstBlock > blocks.count / 2 {
            blocks.removeFirst(firstBlock)
            firstBlock = 0
        }
    }

    private mutating func discard(_ block: UnsafeMutablePointer<Entry>) {
        if spare == nil { spare = block } else { block.deallocate() }
    }
}
