/// What a quorum queue's arguments and its policy limit. The same on every member: the queue begins with what it was
/// declared with, and anything else comes through its log (`QuorumBatch.limit`).
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

extension QuorumLimits {
    /// Octets of the encoding: flags 8 (which of the numbers there are, and the switches), then the numbers, 8 each.
    static let byteCount = 40
    private static var numbers: [(flag: UInt64, path: WritableKeyPath<QuorumLimits, UInt64?>)] {
        [(1, \.lengthNumber), (2, \.bytesNumber), (4, \.messageTTL), (8, \.deliveryNumber)]
    }
    private static let rejectsFlag: UInt64 = 16
    private static let deadLettersFlag: UInt64 = 32

    private var lengthNumber: UInt64? {
        get { maxLength.map { UInt64($0) } }
        set { maxLength = newValue.map { Int(clamping: $0) } }
    }

    private var bytesNumber: UInt64? {
        get { maxBytes.map { UInt64($0) } }
        set { maxBytes = newValue.map { Int(clamping: $0) } }
    }

    private var deliveryNumber: UInt64? {
        get { deliveryLimit.map { UInt64($0) } }
        set { deliveryLimit = newValue.map { UInt32(clamping: $0) } }
    }

    /// As batches and snapshots have them, little-endian.
    func append(to bytes: inout [UInt8]) {
        var flags: UInt64 = (rejectsPublishes ? Self.rejectsFlag : 0) | (deadLetters ? Self.deadLettersFlag : 0)
        for (flag, path) in Self.numbers where self[keyPath: path] != nil { flags |= flag }
        bytes.appendNumber(flags)
        for (_, path) in Self.numbers { bytes.appendNumber(self[keyPath: path] ?? 0) }
    }

    /// Nil where the bytes make none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount, let flags = bytes.number(at: 0), flags < 64 else { return nil }
        for (place, (flag, path)) in Self.numbers.enumerated() where flags & flag != 0 {
            self[keyPath: path] = bytes.number(at: 8 * (place + 1))
        }
        rejectsPublishes = flags & Self.rejectsFlag != 0
        deadLetters = flags & Self.deadLettersFlag != 0
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
