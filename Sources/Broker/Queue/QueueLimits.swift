internal import AMQP

/// What a queue's arguments limit (RabbitMQ, "Queue Length Limit", "Time-To-Live and Expiration").
struct QueueLimits: Hashable {
    /// Most ready messages.
    var maxLength: Int?
    /// Most bytes of ready bodies.
    var maxBytes: Int?
    /// Over a limit, new messages are refused; otherwise the oldest go.
    var rejectsPublishes = false
    /// What is refused is dead-lettered.
    var deadLettersRefused = false
    /// Milliseconds that messages live.
    var messageTTL: UInt64?
    /// Milliseconds after which the queue goes when nobody uses it.
    var expires: UInt64?

    /// No limits.
    static let none = QueueLimits()

    /// Whether the length is limited at all.
    var limitsLength: Bool { maxLength != nil || maxBytes != nil }

    /// Whether so much is more than there may be.
    func isOver(count: Int, bytes: Int) -> Bool {
        if let maxLength, count > maxLength { return true }
        if let maxBytes, bytes > maxBytes { return true }
        return false
    }

    private init() {}

    /// Reads arguments. Throws RabbitMQ's refusals of values that make no sense.
    init(_ arguments: FieldTable, queue: String, virtualHost: String) throws(ProtocolException) {
        func invalid(_ name: String, _ why: String) -> ProtocolException {
            ProtocolException(
                .preconditionFailed, "invalid arg '\(name)' for queue '\(queue)' in vhost '\(virtualHost)': \(why)")
        }
        func number(_ name: String) throws(ProtocolException) -> UInt64? {
            guard let value = arguments[name] else { return nil }
            guard let number = value.integer else {
                throw invalid(name, "\"expected integer, got \(value.erlangType)\"")
            }
            guard number >= 0 else { throw invalid(name, "{value_negative,\(number)}") }
            return UInt64(number)
        }
        /// What a timer can wait for (RabbitMQ's MAX_EXPIRY_TIMER).
        func milliseconds(_ name: String) throws(ProtocolException) -> UInt64? {
            let value = try number(name)
            if let value, value > UInt64(UInt32.max) { throw invalid(name, "{value_too_large,\(value)}") }
            return value
        }
        maxLength = try number("x-max-length").map { Int(clamping: $0) }
        maxBytes = try number("x-max-length-bytes").map { Int(clamping: $0) }
        messageTTL = try milliseconds("x-message-ttl")
        expires = try milliseconds("x-expires")
        if expires == 0 { throw invalid("x-expires", "{value_zero,0}") }
        if let overflow = arguments["x-overflow"] {
            guard case .bytes = overflow else {
                throw invalid("x-overflow", "{unacceptable_type,\(overflow.erlangType)}")
            }
            switch overflow.text {
            case "drop-head": break
            case "reject-publish": rejectsPublishes = true
            case "reject-publish-dlx":
                rejectsPublishes = true
                deadLettersRefused = true
            default: throw invalid("x-overflow", "invalid_overflow")
            }
        }
    }
}
