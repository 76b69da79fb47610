/// An endpoint whose topology can be changed.
///
/// A call that returns has been accepted by the broker. None is repeated on its own: after
/// ``EndpointError/timedOut(_:after:)`` it is not known whether the change happened.
public protocol Administering: Sendable {
    /// Declares a vhost; one that exists stays as it is.
    func declareVhost(name: String) async throws(EndpointError)

    /// Deletes a vhost with all its queues, messages and exchanges; connections that use it are closed.
    func deleteVhost(name: String) async throws(EndpointError)

    /// Declares a queue; declaring it again with the same settings is fine, with others it is
    /// ``EndpointError/refused(_:reason:)``.
    func declareQueue(vhost: String, name: String, settings: QueueSettings) async throws(EndpointError)

    /// Deletes a queue with its messages; with `ifEmpty` or `ifUnused` only where it has no messages or no
    /// consumers, else ``EndpointError/refused(_:reason:)``.
    func deleteQueue(vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool) async throws(EndpointError)

    /// Removes the ready messages of a queue; unacknowledged ones stay with their consumers.
    /// Returns how many went, or `nil` where the broker does not say (RabbitMQ's HTTP API does not).
    func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int?

    /// Declares an exchange; declaring it again with the same settings is fine, with others it is
    /// ``EndpointError/refused(_:reason:)``.
    func declareExchange(vhost: String, name: String, settings: ExchangeSettings) async throws(EndpointError)

    /// Deletes an exchange with its bindings; with `ifUnused` only where it has none, else
    /// ``EndpointError/refused(_:reason:)``.
    func deleteExchange(vhost: String, name: String, ifUnused: Bool) async throws(EndpointError)

    /// Binds a queue or an exchange to an exchange; `propertiesKey` is not read. The same binding twice is one.
    func bind(_ binding: BindingInfo) async throws(EndpointError)

    /// Removes a binding as it was listed.
    func unbind(_ binding: BindingInfo) async throws(EndpointError)

    /// Sets a policy, in place of one of the same name; it counts at once for what its pattern matches. What it says is
    /// looked at by the broker, which refuses it with ``EndpointError/refused(_:reason:)``.
    func setPolicy(_ policy: PolicyInfo) async throws(EndpointError)

    /// Clears a policy; what it counted for falls to the next one that matches.
    func clearPolicy(vhost: String, name: String) async throws(EndpointError)

    /// Publishes one message; returns whether any queue took it.
    func publish(_ message: OutgoingMessage, vhost: String, exchange: String) async throws(EndpointError) -> Bool

    /// Reads up to `count` messages from the head of a queue, each body cut to `truncate` bytes where given.
    ///
    /// A change, not a look: whatever `mode` says, messages that stay are marked redelivered afterwards, and a quorum
    /// queue counts the delivery.
    func getMessages(
        vhost: String, queue: String, count: Int, mode: AckMode, truncate: Int?
    ) async throws(EndpointError) -> [FetchedMessage]

    /// Closes a client's connection; the client is told the reason.
    func closeConnection(name: String, reason: String) async throws(EndpointError)
}

/// What an exchange is declared with.
public struct ExchangeSettings: Hashable, Sendable {
    /// "direct", "fanout", "topic", "headers" or a plugin's type.
    public var type: String
    /// Whether its definition survives a restart.
    public var durable: Bool
    /// Whether it goes with its last binding.
    public var autoDelete: Bool
    /// Whether only other exchanges may publish to it.
    public var `internal`: Bool
    /// Its arguments, `alternate-exchange` among them.
    public var arguments: [String: JSONValue]

    /// Settings, durable by default.
    public init(
        type: String, durable: Bool = true, autoDelete: Bool = false, internal: Bool = false,
        arguments: [String: JSONValue] = [:]
    ) {
        self.type = type
        self.durable = durable
        self.autoDelete = autoDelete
        self.internal = `internal`
        self.arguments = arguments
    }
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
