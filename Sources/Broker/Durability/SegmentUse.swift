/// How many unsettled messages of each segment there are: a segment with none, and none before it, can go.
struct SegmentUse {
    private var first: UInt64 = 0
    private var counts: ContiguousArray<Int> = []

    @inline(__always)
    mutating func add(_ count: Int, to segment: UInt64) {
        if counts.isEmpty { first = segment }
        if segment < first { makeRoom(before: segment) }
        while segment >= first + UInt64(counts.count) { counts.append(0) }
        counts[Int(segment - first)] += count
    }

    /// What is found when a node starts comes in the order in which it counts, not in that of its segments.
    @inline(never)
    private mutating func makeRoom(before segment: UInt64) {
        counts.insert(contentsOf: repeatElement(0, count: Int(first - segment)), at: 0)
        first = segment
    }

    /// Takes one away from a segment, of whose number the lower bits are known.
    @inline(__always)
    mutating func remove(from segment: UInt32) {
        let place = Int((segment &- UInt32(truncatingIfNeeded: first)) & (UInt32.max >> QueueEntry.segmentShift))
        if place < counts.count { counts[place] -= 1 }
    }

    func count(in segment: UInt64) -> Int {
        segment >= first && segment - first < UInt64(counts.count) ? counts[Int(segment - first)] : 0
    }

    /// Forgets the segments up to one.
    mutating func forget(through last: UInt64) {
        guard last >= first else { return }
        let gone = min(Int(clamping: last - first) + 1, counts.count)
        counts.removeFirst(gone)
        first += UInt64(gone)
    }

    /// Unsettled messages in all segments.
    var total: Int { counts.reduce(0, +) }
}
