/// A delivery that its consumer has not settled: what the channel must give back to the queue if it never does.
struct UnackedDelivery: BitwiseCopyable {
    /// Counts from 1 in each channel (AMQP 0-9-1 §1.8.3.13, `basic.deliver` delivery-tag).
    let tag: UInt64
    let entry: QueueEntry
    let queue: Unmanaged<ClassicQueue>
    /// The consumer it went to; nil after `basic.get`.
    let consumer: Unmanaged<Consumer>?
    var isSettled = false
}

/// A channel's unacknowledged deliveries in the order of their tags.
///
/// Tags grow by one, so a delivery is found by its distance from the first; after deliveries in the middle were
/// settled and squeezed out, by binary search. Settled ones are squeezed out when they are more than half: one old
/// unacknowledged delivery does not make the others stay.
struct Unacked: ~Copyable {
    private var ring = EntryRing<UnackedDelivery>()
    /// Deliveries not settled.
    private(set) var count = 0

    var residentBytes: Int { ring.residentBytes }

    @inline(__always)
    mutating func append(_ delivery: UnackedDelivery) {
        ring.append(delivery)
        count += 1
    }

    /// Takes out the delivery with `tag`; nil when there is none.
    mutating func settle(_ tag: UInt64) -> UnackedDelivery? {
        guard let index = index(of: tag) else { return nil }
        let delivery = ring[index]
        guard delivery.tag == tag, !delivery.isSettled else { return nil }
        count -= 1
        if index == 0 {
            ring.removeFirst()
            dropSettledHead()
        } else {
            ring[index].isSettled = true
            if ring.count > 1024, count < ring.count / 2 { squeeze() }
        }
        return delivery
    }

    /// Takes out the first delivery if its tag is at most `limit`.
    mutating func settleFirst(upTo limit: UInt64) -> UnackedDelivery? {
        guard count > 0, ring.first.tag <= limit else { return nil }
        let delivery = ring.first
        ring.removeFirst()
        count -= 1
        dropSettledHead()
        return delivery
    }

    /// The lowest tag that is not settled.
    var firstTag: UInt64? { count > 0 ? ring.first.tag : nil }

    /// Whether `tag` names a delivery that is not settled.
    func contains(_ tag: UInt64) -> Bool {
        guard let index = index(of: tag) else { return false }
        return ring[index].tag == tag && !ring[index].isSettled
    }

    private mutating func dropSettledHead() {
        while !ring.isEmpty, ring.first.isSettled { ring.removeFirst() }
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
        for index in 0..<ring.count where !ring[index].isSettled {
            ring[kept] = ring[index]
            kept += 1
        }
        ring.truncate(to: kept)
    }
}
