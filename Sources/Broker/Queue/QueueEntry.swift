internal import Journal

/// One message in one queue: its identity (the queue's sequence), where its record lies and what is known of it.
///
/// An entry lives in exactly one place: among the queue's ready or returned ones, or in the unacknowledged ones of
/// the channel that it was delivered to.
struct QueueEntry {
    /// Bit in `flags`: the message was delivered before, so its next delivery says so.
    static let redelivered: UInt32 = 1
    /// Bit in `flags`: `delivery_mode` 2.
    static let persistent: UInt32 = 2
    /// Bit in `flags`: it is written down in the journal, so its end must be too.
    static let journaled: UInt32 = 4
    /// Above the flags' own bits: the number of the journal's segment that holds it, as far as there is room. No journal
    /// has so many segments at a time that it could be another.
    static let segmentShift: UInt32 = 8

    /// The `expiry` of a message that does not expire.
    static let never = UInt64.max

    /// The message's place in its queue's history, counted from 1; requeueing keeps it.
    let sequence: UInt64
    let record: RecordPosition
    /// Bytes of the body, for the queue's statistics.
    let bodyBytes: UInt32
    var flags: UInt32
    /// The segment's number, without what there is no room for.
    var segment: UInt32 { flags >> Self.segmentShift }

    /// The flags of a message that is written down in a segment.
    static func flags(journaledIn segment: UInt64) -> UInt32 {
        persistent | journaled | UInt32(truncatingIfNeeded: segment) << segmentShift
    }

    /// The same message, written down in another segment.
    func moved(to segment: UInt64) -> QueueEntry {
        var moved = self
        moved.flags = flags & ((1 << Self.segmentShift) - 1) | UInt32(truncatingIfNeeded: segment) << Self.segmentShift
        return moved
    }

    /// When it expires, in nanoseconds on the node's clock; `never` for most.
    let expiry: UInt64
}
