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

    /// The `expiry` of a message that does not expire.
    static let never = UInt64.max

    /// The message's place in its queue's history, counted from 1; requeueing keeps it.
    let sequence: UInt64
    let record: RecordPosition
    /// Bytes of the body, for the queue's statistics.
    let bodyBytes: UInt32
    var flags: UInt32
    /// When it expires, in nanoseconds on the node's clock; `never` for most.
    let expiry: UInt64
}
