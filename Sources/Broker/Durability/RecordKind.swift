internal import Journal

/// The kinds of records in a node's journal. Numbers are little-endian.
///
/// A message is named by its queue's id and its sequence in it; a settlement ends the message of that name wherever its
/// record lies, before or behind. What a commit of many slices writes counts only if its `committed` record follows.
enum RecordKind: UInt8 {
    /// expiry 8 (nanoseconds since 1970, all ones for never), queues 4, message bytes 4, then for each queue its id 8 and
    /// the message's sequence in it 8, then the message (see `MessageRecord`, the body always whole).
    case publish = 1
    /// For each message its queue's id 8 and its sequence 8.
    case settle = 2
    /// For each range its queue's id 8, the first sequence 8 and the last 8: ready messages that were purged.
    case settleRange = 3
    /// The number of the transaction 8, then as `publish` and `settle`.
    case transactionPublish = 4
    case transactionSettle = 5
    /// The number of the transaction 8.
    case committed = 6
    /// A change of the topology; see `TopologyRecord`.
    case topology = 7
}

/// One message of one queue, as records name it.
struct MessageName: Hashable {
    static let byteCount = 16

    let queue: UInt64
    let sequence: UInt64

    @inline(__always)
    func write(_ target: UnsafeMutableRawPointer) {
        target.storeBytes(of: queue.littleEndian, as: UInt64.self)
        target.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
    }
}

/// How many unsettled messages of each segment there are: a segment with none, and none before it, can go.
struct SegmentUse {
    private var first: UInt64 = 0
    private var counts: ContiguousArray<Int> = []

    @inline(__always)
    mutating func add(_ count: Int, to segment: UInt64) {
        if counts.isEmpty { first = segment }
        while segment >= first + UInt64(counts.count) { counts.append(0) }
        counts[Int(segment - first)] += count
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
