/// A delivery that its consumer has not settled: what the channel must give back to the queue if it never does.
struct UnackedDelivery: BitwiseCopyable {
    /// Counts from 1 in each channel (AMQP 0-9-1 §1.8.3.13, `basic.deliver` delivery-tag).
    let tag: UInt64
    let entry: QueueEntry
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
        /// Gone, but not squeezed out yet.
        case settled
    }
}

/// A channel's unacknowledged deliveries in the order of their tags.
///
/// Tags grow by one, so a delivery is found by its distance from the first; after deliveries in the middle were
/// settled and squeezed out, by binary search. Settled ones are squeezed out when they are more than half: one old
/// unacknowledged delivery does not make the others stay.
struct Unacked: ~Copyable {
    private var ring = EntryRing<UnackedDelivery>()
    /// No delivery up to this tag is held: where the search for the next one begins.
    private var heldAfter: UInt64 = 0
    /// Deliveries not settled for good.
    private(set) var count = 0

    var residentBytes: Int { ring.residentBytes }

    @inline(__always)
    mutating func append(_ delivery: UnackedDelivery) {
        ring.append(delivery)
        count += 1
    }

    /// Takes out the delivery with `tag`, which must be in `state`; nil when there is none.
    mutating func settle(_ tag: UInt64, from state: UnackedDelivery.State = .held) -> UnackedDelivery? {
        guard let index = index(of: tag) else { return nil }
        let delivery = ring[index]
        guard delivery.tag == tag, delivery.state == state else { return nil }
        count -= 1
        if index == 0 {
            ring.removeFirst()
            dropSettledHead()
        } else {
            ring[index].state = .settled
            if ring.count > 1024, count < ring.count / 2 { squeeze() }
        }
        return delivery
    }

    /// Moves the held delivery with `tag` into a transaction; nil when there is none.
    mutating func suspend(_ tag: UInt64) -> UnackedDelivery? {
        guard let index = index(of: tag), ring[index].tag == tag, ring[index].state == .held else { return nil }
        ring[index].state = .pending
        return ring[index]
    }

    /// Moves a delivery out of a transaction that was rolled back.
    mutating func resume(_ tag: UInt64) {
        guard let index = index(of: tag), ring[index].tag == tag, ring[index].state == .pending else { return }
        ring[index].state = .held
        heldAfter = min(heldAfter, tag - 1)
    }

    /// Takes out the first delivery, whatever its state, if its tag is at most `limit`.
    mutating func settleFirst(upTo limit: UInt64) -> UnackedDelivery? {
        guard count > 0, ring.first.tag <= limit else { return nil }
        let delivery = ring.first
        ring.removeFirst()
        count -= 1
        dropSettledHead()
        return delivery
    }

    /// The lowest tag that is held, if it is at most `limit`.
    mutating func firstHeld(upTo limit: UInt64) -> UInt64? {
        guard count > 0, limit > heldAfter else { return nil }
        var index = heldAfter < ring.first.tag ? 0 : index(of: heldAfter + 1) ?? ring.count
        while index < ring.count, ring[index].tag <= limit {
            if ring[index].state == .held { return ring[index].tag }
            heldAfter = ring[index].tag
            index += 1
        }
        return nil
    }

    /// The oldest delivery that is not settled for good.
    var oldest: UnackedDelivery? { count > 0 ? ring.first : nil }

    /// Whether `tag` names a delivery that is held.
    func contains(_ tag: UInt64) -> Bool {
        guard let index = index(of: tag) else { return false }
        return ring[index].tag == tag && ring[index].state == .held
    }

    private mutating func dropSettledHead() {
        while !ring.isEmpty, ring.first.state == .settled { ring.removeFirst() }
    }

    private func index(of tag: UInt64) -> Int? {
        guard !ring.isEmpty, tag >= ring.first.tag, tag <= ring.last.tag else { return nil }
        let distance = tag - ring.first.tag
        if ring.last.tag - ring.first.tag == UInt64(ring.count - 1) { return Int(distance) }
        var low = 0
        var high = min(ring.count - 1, Int(distance))
        while low < high {
            let middle = (low + high) / 2
            if ring[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func squeeze() {
        var kept = 0
        for index in 0..<ring.count where ring[index].state != .settled {
            ring[kept] = ring[index]
            kept += 1
        }
        ring.truncate(to: kept)
    }
}
