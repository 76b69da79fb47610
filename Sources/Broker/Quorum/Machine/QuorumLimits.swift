/// What a quorum queue's arguments limit. The same on every member, and for all of the queue's life.
struct QuorumLimits: Hashable {
    /// Most ready messages.
    var maxLength: Int?
    /// Most bytes of ready bodies.
    var maxBytes: Int?
    /// Over a limit, new messages are refused; otherwise the oldest go.
    var rejectsPublishes = false
    /// Milliseconds that messages live.
    var messageTTL: UInt64?
    /// How often a message may come back (RabbitMQ, "Quorum Queues": poison message handling).
    var deliveryLimit: UInt32?
    /// Whether messages that are dropped go to a dead-letter exchange.
    var deadLetters = false

    /// Whether the length is limited at all.
    var limitsLength: Bool { maxLength != nil || maxBytes != nil }

    /// Whether so much is more than there may be.
    func isOver(count: Int, bytes: Int) -> Bool {
        if let maxLength, count > maxLength { return true }
        if let maxBytes, bytes > maxBytes { return true }
        return false
    }
}

/// What has happened to a quorum queue's messages since it began.
struct QuorumTotals: Hashable {
    var enqueued: UInt64 = 0
    var refused: UInt64 = 0
    var delivered: UInt64 = 0
    /// To consumers without acknowledgement.
    var deliveredNoAck: UInt64 = 0
    var got: UInt64 = 0
    var gotNoAck: UInt64 = 0
    var gotEmpty: UInt64 = 0
    /// Of those delivered or got, those that had been before.
    var redelivered: UInt64 = 0
    var acked: UInt64 = 0
    /// Dropped or dead-lettered, for whatever reason; a purge is none.
    var dropped: UInt64 = 0

    /// All of them, in an order that snapshots keep.
    static var fields: [WritableKeyPath<QuorumTotals, UInt64>] {
        [
            \.enqueued, \.refused, \.delivered, \.deliveredNoAck, \.got, \.gotNoAck, \.gotEmpty, \.redelivered,
            \.acked, \.dropped,
        ]
    }
}
