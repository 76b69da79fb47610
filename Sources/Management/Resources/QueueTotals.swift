/// Messages over all queues (`queue_totals` of `/api/overview`).
public struct QueueTotals: Hashable, Sendable {
    /// Ready and unacknowledged together.
    public var messages: Measured?
    /// Messages waiting for a consumer.
    public var messagesReady: Measured?
    /// Messages delivered and not yet acknowledged.
    public var messagesUnacknowledged: Measured?

    /// Totals of which any may be unknown.
    public init(
        messages: Measured? = nil, messagesReady: Measured? = nil, messagesUnacknowledged: Measured? = nil
    ) {
        self.messages = messages
        self.messagesReady = messagesReady
        self.messagesUnacknowledged = messagesUnacknowledged
    }

    /// The totals of two parts of a broker together.
    public func adding(_ other: QueueTotals) -> QueueTotals {
        QueueTotals(
            messages: .sum(messages, other.messages), messagesReady: .sum(messagesReady, other.messagesReady),
            messagesUnacknowledged: .sum(messagesUnacknowledged, other.messagesUnacknowledged))
    }
}

extension QueueTotals: Codable {
    /// Reads the object leniently; a fresh RabbitMQ gives `{}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FieldName.self)
        messages = container.measured("messages")
        messagesReady = container.measured("messages_ready")
        messagesUnacknowledged = container.measured("messages_unacknowledged")
    }

    /// Writes what is provided.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FieldName.self)
        try container.encode(messages, "messages")
        try container.encode(messagesReady, "messages_ready")
        try container.encode(messagesUnacknowledged, "messages_unacknowledged")
    }
}
