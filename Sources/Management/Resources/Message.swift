/// A message to publish through the management API (`POST /api/exchanges/VHOST/NAME/publish`).
public struct OutgoingMessage: Hashable, Sendable {
    /// The routing key.
    public var routingKey: String
    /// The body.
    public var payload: [UInt8]
    /// The basic properties by their AMQP names, `headers` and `delivery_mode` among them.
    public var properties: [String: JSONValue]

    /// A message; without properties it is transient.
    public init(routingKey: String, payload: [UInt8], properties: [String: JSONValue] = [:]) {
        self.routingKey = routingKey
        self.payload = payload
        self.properties = properties
    }
}

/// A message read through the management API (`POST /api/queues/VHOST/NAME/get`).
public struct FetchedMessage: Hashable, Sendable {
    /// The exchange it was published to.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// Whether it had been handed out before.
    public var redelivered: Bool
    /// The body, or its beginning where the reader asked for no more.
    public var payload: [UInt8]
    /// The whole body's size, bytes.
    public var payloadBytes: Int
    /// The basic properties by their AMQP names.
    public var properties: [String: JSONValue]
    /// Messages that were left in the queue when this one was read.
    public var messagesLeft: Int?

    /// A message that was read.
    public init(
        exchange: String, routingKey: String, redelivered: Bool, payload: [UInt8], payloadBytes: Int,
        properties: [String: JSONValue] = [:], messagesLeft: Int? = nil
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.redelivered = redelivered
        self.payload = payload
        self.payloadBytes = payloadBytes
        self.properties = properties
        self.messagesLeft = messagesLeft
    }
}

/// What becomes of messages that are read through the management API.
public enum AckMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// They go back and are marked redelivered.
    case requeue = "ack_requeue_true"
    /// They are gone.
    case remove = "ack_requeue_false"
    /// They are rejected and go back, marked redelivered.
    case rejectRequeue = "reject_requeue_true"
    /// They are rejected without going back: dead-lettered where the queue has an exchange for that, else gone.
    case rejectRemove = "reject_requeue_false"
}
