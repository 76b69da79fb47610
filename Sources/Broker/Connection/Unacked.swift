/// A delivery that its consumer has not settled: what the channel must give back to the queue if it never does.
struct UnackedDelivery: BitwiseCopyable {
    /// Counts from 1 in each channel (AMQP 0-9-1 §1.8.3.13, `basic.deliver` delivery-tag).
    let tag: UInt64
    var entry: QueueEntry
    let queue: Unmanaged<ClassicQueue>
    /// The consumer it went to; nil after `basic.get`.
    let consumer: Unmanaged<Consumer>?
    /// When it went out, in seconds on the node's clock.
    let deliveredAt: UInt32
    var state = State.held

    enum State: UInt8, BitwiseCopyable {
        /// The client has said nothing.
        case held
        /// Settled in a transaction that is not committed.
        case pending
        /// Gone.
        case settled
    }
}

/// A channel's unacknowledged deliveries by their tags.
///
/// A tag's place follows from the tag: block `tag / 128`, slot `tag % 128`. A block goes when its last delivery does,
/// so that one old unacknowledged delivery keeps one block and not what came after it, and no operation moves entries.
struct Unacked: ~Copyable {
    private struct Block {
        let number: UInt64
        /// Nil once every delivery in it is settled.
        var slots: UnsafeMutablePointer<UnackedDelivery>?
        /// Deliveries in it that are not settled.
        var live = 0
        /// A bit for each slot whose delivery is not settled.
        var bits: SIMD2<UInt64> = .zero
    }

    private static var shift: UInt64 { 7 }
    private static var slotCount: Int { 128 }
    /// Dead blocks that are tolerated before they are squeezed out.
    private static var deadMax: Int { 1024 }

    /// By ascending number; those before `first` are dead.
    private var blocks: ContiguousArray<Block> = []
    private var first = 0
    private var dead = 0
    private var spare: UnsafeMutablePointer<UnackedDelivery>?
    /// No delivery up to this tag is held: where the search for the next one begins.
    private var heldAfter: UInt64 = 0
    /// Deliveries not settled for good.
    private(set) var count = 0

    deinit {
        for block in blocks { block.slots?.deallocate() }
        spare?.deallocate()
    }

    /// Memory held, in bytes.
    var residentBytes: Int {
        let live = blocks.count - dead + (spare == nil ? 0 : 1)
        return live * Self.slotCount * MemoryLayout<UnackedDelivery>.stride
            + blocks.count * MemoryLayout<Block>.stride
    }

    /// Adds a delivery whose tag is higher than all before.
    @inline(__always)
    mutating func append(_ delivery: UnackedDelivery) {
        let number = delivery.tag >> Self.shift
        if blocks.isEmpty || blocks[blocks.count - 1].number != number || blocks[blocks.count - 1].slots == nil {
            addBlock(number)
        }
        let slot = Int(delivery.tag & UInt64(Self.slotCount - 1))
        let last = blocks.count - 1
        blocks[last].slots?[slot] = delivery
        blocks[last].live &+= 1
        blocks[last].bits[slot >> 6] |= 1 << UInt64(slot & 63)
        count &+= 1
    }

    /// Takes out the delivery with `tag`, which must be in `state`; nil when there is none.
    @inline(__always)
    mutating func settle(_ tag: UInt64, from state: UnackedDelivery.State = .held) -> UnackedDelivery? {
        guard let (block, slot) = place(of: tag), let delivery = blocks[block].slots?[slot], delivery.state == state
        else { return nil }
        remove(block, slot)
        return delivery
    }

    /// Moves the held delivery with `tag` into a transaction; nil when there is none.
    mutating func suspend(_ tag: UInt64) -> UnackedDelivery? {
        guard let (block, slot) = place(of: tag), let slots = blocks[block].slots, slots[slot].state == .held else {
            return nil
        }
        slots[slot].state = .pending
        return slots[slot]
    }

    /// Moves a delivery out of a transaction that was rolled back.
    mutating func resume(_ tag: UInt64) {
        guard let (block, slot) = place(of: tag), let slots = blocks[block].slots, slots[slot].state == .pending else {
            return
        }
        slots[slot].state = .held
        heldAfter = min(heldAfter, tag - 1)
    }

    /// Visits the deliveries behind a tag that are not settled for good, of about so many at most, and changes the
    /// entries for which `change` returns something. Returns where to go on, or nil at the end.
    func update(
        after tag: UInt64, limit: Int, _ change: (UnackedDelivery, ClassicQueue) -> QueueEntry?
    ) -> UInt64? {
        var left = limit
        var block = max(first, lowerBound((tag + 1) >> Self.shift))
        while block < blocks.count {
            guard left > 0 else { return (blocks[block].number << Self.shift) - 1 }
            if let slots = blocks[block].slots {
                for slot in 0..<Self.slotCount where blocks[block].bits[slot >> 6] & 1 << UInt64(slot & 63) != 0 {
                    guard slots[slot].tag > tag else { continue }
                    let queue = slots[slot].queue.takeUnretainedValue()
                    if let changed = change(slots[slot], queue) { slots[slot].entry = changed }
                }
                left -= Self.slotCount
            } else {
                left -= 1
            }
            block += 1
        }
        return nil
    }

    /// The entry of the delivery with `tag`, if it is not settled for good.
    func entry(_ tag: UInt64) -> QueueEntry? {
        place(of: tag).flatMap { blocks[$0.block].slots?[$0.slot].entry }
    }

    /// Changes the entry of the delivery with `tag`, if it is not settled for good; returns whether it was and `change` returned something.
    func update(_ tag: UInt64, _ change: (QueueEntry) -> QueueEntry?) -> Bool {
        guard let (block, slot) = place(of: tag), let slots = blocks[block].slots,
            let changed = change(slots[slot].entry)
        else { return false }
        slots[slot].entry = changed
        return true
    }

    /// Whether the delivery with `tag` is there, is this message, and is written down in this segment.
    func holds(_ tag: UInt64, _ name: MessageName, in segment: UInt64) -> Bool {
        guard let (block, slot) = place(of: tag), let delivery = blocks[block].slots?[slot] else { return false }
        return delivery.entry.sequence == name.sequence
            && delivery.queue.takeUnretainedValue().id == name.queue && delivery.entry.isJournaled(in: segment)
    }

    /// Takes out the first delivery, whatever its state.
    mutating func popFirst() -> UnackedDelivery? {
        guard let (block, slot) = oldestPlace, let delivery = blocks[block].slots?[slot] else { return nil }
        remove(block, slot)
        return delivery
    }

    /// The lowest tag that is held, if it is at most `limit`.
    mutating func firstHeld(upTo limit: UInt64) -> UInt64? {
        guard count > 0, limit > heldAfter else { return nil }
        var block = max(first, lowerBound((heldAfter + 1) >> Self.shift))
        while block < blocks.count {
            if let slots = blocks[block].slots {
                let base = blocks[block].number << Self.shift
                for half in 0...1 {
                    var bits = blocks[block].bits[half]
                    while bits != 0 {
                        let slot = half << 6 + bits.trailingZeroBitCount
                        bits &= bits - 1
                        let tag = base + UInt64(slot)
                        guard tag > heldAfter else { continue }
                        guard tag <= limit else { return nil }
                        if slots[slot].state == .held { return tag }
                        heldAfter = tag
                    }
                }
            }
            block += 1
        }
        return nil
    }

    /// The oldest delivery that is not settled for good.
    var oldest: UnackedDelivery? {
        guard let (block, slot) = oldestPlace else { return nil }
        return blocks[block].slots?[slot]
    }

    /// Whether `tag` names a delivery that is held.
    func contains(_ tag: UInt64) -> Bool {
        guard let (block, slot) = place(of: tag) else { return false }
        return blocks[block].slots?[slot].state == .held
    }

    // MARK: Places

    /// Where the delivery with `tag` lies, if it is not settled.
    @inline(__always)
    private func place(of tag: UInt64) -> (block: Int, slot: Int)? {
        guard first < blocks.count else { return nil }
        let number = tag >> Self.shift
        // Without gaps the distance says where.
        var index = first
        let firstNumber = blocks[first].number
        guard number >= firstNumber else { return nil }
        if number != firstNumber {
            let guess = number - firstNumber
            index = guess < UInt64(blocks.count - first) ? first + Int(guess) : blocks.count - 1
            if blocks[index].number != number { index = lowerBound(number) }
            guard index < blocks.count, blocks[index].number == number else { return nil }
        }
        let slot = Int(tag & UInt64(Self.slotCount - 1))
        guard blocks[index].bits[slot >> 6] >> UInt64(slot & 63) & 1 == 1 else { return nil }
        return (index, slot)
    }

    /// The first block is never dead while there are deliveries.
    private var oldestPlace: (block: Int, slot: Int)? {
        guard count > 0 else { return nil }
        let bits = blocks[first].bits
        return (first, bits[0] != 0 ? bits[0].trailingZeroBitCount : 64 + bits[1].trailingZeroBitCount)
    }

    /// The first block at or behind `first` whose number is at least `number`.
    private func lowerBound(_ number: UInt64) -> Int {
        var low = first
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inline(__always)
    private mutating func remove(_ block: Int, _ slot: Int) {
        count &-= 1
        blocks[block].bits[slot >> 6] &= ~(1 << UInt64(slot & 63))
        blocks[block].live &-= 1
        if blocks[block].live == 0 { kill(block) }
    }

    // MARK: Blocks

    @inline(never)
    private mutating func addBlock(_ number: UInt64) {
        let slots = spare ?? .allocate(capacity: Self.slotCount)
        spare = nil
        if let last = blocks.last, last.number == number {
            // All that lay in it is settled, and its tags go on.
            if last.slots == nil { dead -= 1 }
            blocks[blocks.count - 1].slots = slots
            first = min(first, blocks.count - 1)
        } else {
            blocks.append(Block(number: number, slots: slots))
        }
    }

    @inline(never)
    private mutating func kill(_ block: Int) {
        if let slots = blocks[block].slots {
            if spare == nil { spare = slots } else { slots.deallocate() }
        }
        blocks[block].slots = nil
        dead += 1
        if count == 0 {
            blocks.removeAll(keepingCapacity: blocks.count <= Self.deadMax)
            first = 0
            dead = 0
            return
        }
        while first < blocks.count, blocks[first].slots == nil { first += 1 }
        if dead > Self.deadMax, dead > blocks.count / 2 {
            blocks.removeAll { $0.slots == nil }
            first = 0
            dead = 0
        }
    }
}
