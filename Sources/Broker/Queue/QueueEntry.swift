internal import Journal

/// One message in one queue: its identity (the queue's sequence), where its record lies and what is known of it.
///
/// An entry lives in exactly one place: among the queue's ready or returned ones, or in the unacknowledged ones of
/// the channel that it was delivered to. Its record lies in memory, or, when the entry is cold, in the journal alone.
struct QueueEntry: BitwiseCopyable {
    /// Bit in `flags`: the message was delivered before, so its next delivery says so.
    static let redelivered: UInt32 = 1
    /// Bit in `flags`: `delivery_mode` 2.
    static let persistent: UInt32 = 2
    /// Bit in `flags`: it is written down in the journal, so its end must be too.
    static let journaled: UInt32 = 4
    /// Bit in `flags`: it must be read back before it can be delivered.
    static let cold: UInt32 = 8
    /// Bit in `flags`: its body lies in chunks, which the journal holds apart.
    static let chunked: UInt32 = 16
    /// Bit in `flags`, beside `journaled`: it is written down for want of memory only. Its end need not be, and nothing of it
    /// survives.
    static let spilled: UInt32 = 32
    /// Bit in `flags`: another node delivered it; its sequence is that node's delivery tag, its expiry the number of the
    /// relay that it came on.
    static let relayed: UInt32 = 64
    /// Bit in `flags` of a delivery that a client holds: which of two it was of the times that this node has led the queue.
    static let oddTime: UInt32 = 128
    /// Above the flags' own bits: the number of the journal's segment that holds it, as far as there is room. No journal
    /// has so many segments at a time that it could be another.
    static let segmentShift: UInt32 = 8

    /// The `expiry` of a message that does not expire.
    static let never = UInt64.max

    /// The message's place in its queue's history, counted from 1; requeueing keeps it.
    let sequence: UInt64
    /// A position in memory, or the journal's location of a cold one.
    private let place: UInt64
    /// Bytes of the body, for the queue's statistics.
    let bodyBytes: UInt32
    var flags: UInt32
    /// When it expires, in nanoseconds on the node's clock; `never` for most.
    let expiry: UInt64

    /// A message whose record lies in memory.
    @inline(__always)
    init(sequence: UInt64, record: RecordPosition, bodyBytes: UInt32, flags: UInt32, expiry: UInt64) {
        self.init(sequence: sequence, place: record.rawValue, bodyBytes: bodyBytes, flags: flags, expiry: expiry)
    }

    /// A message that lies in the journal alone.
    init(sequence: UInt64, cold location: JournalLocation, bodyBytes: UInt32, flags: UInt32, expiry: UInt64) {
        self.init(
            sequence: sequence, place: location.rawValue, bodyBytes: bodyBytes,
            flags: flags | Self.cold | Self.journaled | Self.bits(of: location.segment), expiry: expiry)
    }

    private init(sequence: UInt64, place: UInt64, bodyBytes: UInt32, flags: UInt32, expiry: UInt64) {
        self.sequence = sequence
        self.place = place
        self.bodyBytes = bodyBytes
        self.flags = flags
        self.expiry = expiry
    }

    /// Where its record lies in memory; only of one that is not cold.
    @inline(__always)
    var record: RecordPosition {
        assert(!isCold)
        return RecordPosition(rawValue: place)
    }

    /// Where the journal holds a cold one.
    var location: JournalLocation {
        assert(isCold)
        return JournalLocation(rawValue: place)
    }

    @inline(__always)
    var isCold: Bool { flags & Self.cold != 0 }
    @inline(__always)
    var isJournaled: Bool { flags & Self.journaled != 0 }
    /// Whether its end must be written down.
    @inline(__always)
    var survives: Bool { flags & (Self.journaled | Self.spilled) == Self.journaled }
    /// The segment's number, without what there is no room for.
    @inline(__always)
    var segment: UInt32 { flags >> Self.segmentShift }

    /// Whether it is written down in this segment.
    @inline(__always)
    func isJournaled(in segment: UInt64) -> Bool {
        isJournaled && self.segment == UInt32(truncatingIfNeeded: segment) & (.max >> Self.segmentShift)
    }

    /// The flags of a message that is written down in a segment.
    @inline(__always)
    static func flags(journaledIn segment: UInt64) -> UInt32 { persistent | journaled | bits(of: segment) }

    @inline(__always)
    private static func bits(of segment: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: segment) << segmentShift }

    private static let ownFlags: UInt32 = 1 << segmentShift - 1

    /// The same message, which lies in the journal alone.
    func cooled(at location: JournalLocation) -> QueueEntry {
        QueueEntry(
            sequence: sequence, cold: location, bodyBytes: bodyBytes, flags: flags & Self.ownFlags, expiry: expiry)
    }

    /// The same message, read back into memory.
    func warmed(at record: RecordPosition) -> QueueEntry {
        QueueEntry(
            sequence: sequence, record: record, bodyBytes: bodyBytes, flags: flags & ~Self.cold, expiry: expiry)
    }

    /// The same message, written down at another location.
    func moved(to location: JournalLocation) -> QueueEntry {
        guard !isCold else { return cooled(at: location) }
        var moved = self
        moved.flags = flags & Self.ownFlags | Self.bits(of: location.segment)
        return moved
    }

    /// The same message, whose place in the journal nobody counts any more.
    var uncounted: QueueEntry {
        var forgotten = self
        forgotten.flags &= ~Self.journaled
        return forgotten
    }

    /// The same message, written down for want of memory.
    func spilled(to location: JournalLocation) -> QueueEntry {
        var spilled = moved(to: location)
        spilled.flags |= Self.journaled | Self.spilled
        return spilled
    }
}
