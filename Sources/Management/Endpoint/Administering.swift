/// An endpoint whose topology can be changed.
///
/// A call that returns has been accepted by the broker. None is repeated on its own: after
/// ``EndpointError/timedOut(_:after:)`` it is not known whether the change happened.
public protocol Administering: Sendable {
    /// Declares a queue; declaring it again with the same settings is fine, with others it is
    /// ``EndpointError/refused(_:reason:)``.
    func declareQueue(vhost: String, name: String, settings: QueueSettings) async throws(EndpointError)

    /// Deletes a queue with its messages; with `ifEmpty` or `ifUnused` only where it has no messages or no
    /// consumers, else ``EndpointError/refused(_:reason:)``.
    func deleteQueue(vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool) async throws(EndpointError)

    /// Removes the ready messages of a queue; unacknowledged ones stay with their consumers.
    /// Returns how many went, or `nil` where the broker does not say (RabbitMQ's HTTP API does not).
    func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int?
}

/// What a queue is declared with.
public struct QueueSettings: Hashable, Sendable {
    /// Whether its definition survives a restart.
    public var durable: Bool
    /// Whether it goes with its last consumer.
    public var autoDelete: Bool
    /// Its arguments, `x-queue-type` among them.
    public var arguments: [String: JSONValue]

    /// Its type, kept as the argument `x-queue-type`; `nil` leaves the choice to the broker (classic by default).
    public var type: String? {
        get { arguments["x-queue-type"]?.stringValue }
        set { arguments["x-queue-type"] = newValue.map(JSONValue.string) }
    }

    /// Settings, durable by default.
    public init(
        durable: Bool = true, autoDelete: Bool = false, type: String? = nil,
        arguments: [String: JSONValue] = [:]
    ) {
        self.durable = durable
        self.autoDelete = autoDelete
        self.arguments = arguments
        if let type { self.type = type }
    }
}
