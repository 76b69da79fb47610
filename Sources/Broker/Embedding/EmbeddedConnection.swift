internal import AMQP

/// A connection to a node in the same process, without a socket.
///
/// It speaks AMQP to the node like any client, so that an embedded program gets the very semantics that a remote one
/// gets: confirms, prefetch, redelivery when it goes away. It closes when it is released, once its consumers' sequences
/// have ended.
///
/// ```swift
/// let connection = try await EmbeddedConnection.open(on: broker.loop)
/// try await connection.declareQueue("orders")
/// try await connection.publish(Array("hello".utf8), routingKey: "orders")  // returns when the broker confirms
/// for try await delivery in try await connection.consume("orders", prefetch: 10) {
///     print(String(decoding: delivery.body, as: UTF8.self))
///     try await delivery.acknowledge()
/// }
/// ```
public final class EmbeddedConnection: Sendable {
    private let loop: any NodeLoop
    private let wire: EmbeddedWire

    private init(loop: any NodeLoop, wire: EmbeddedWire) {
        self.loop = loop
        self.wire = wire
    }

    deinit {
        loop.perform { [wire] node in if node != nil { wire.close() } }
    }

    /// Opens a connection as `user` to the virtual host "/". Throws `BrokerError` when the node refuses or has
    /// stopped.
    public static func open(
        on loop: any NodeLoop, user: String = "guest", password: String = "guest"
    ) async throws(BrokerError) -> EmbeddedConnection {
        let wire = EmbeddedWire()
        let connection = EmbeddedConnection(loop: loop, wire: wire)
        try await connection.call { node, completed in
            wire.connect(to: node, user: user, password: password, completed)
        }
        return connection
    }

    /// Declares a queue, durable unless told otherwise. Declaring the same again is fine.
    public func declareQueue(
        _ name: String, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false
    ) async throws(BrokerError) {
        try await call { [wire] _, completed in
            wire.send(
                QueueDeclare(queue: name, durable: durable, exclusive: exclusive, autoDelete: autoDelete), completed)
        }
    }

    /// Binds a queue to an exchange with a routing key.
    public func bindQueue(_ queue: String, to exchange: String, routingKey: String) async throws(BrokerError) {
        try await call { [wire] _, completed in
            wire.send(QueueBind(queue: queue, exchange: exchange, routingKey: routingKey), completed)
        }
    }

    /// Publishes a message and returns when the broker has confirmed it. Throws `BrokerError.returned` when no queue
    /// takes it: publishes are mandatory.
    public func publish(
        _ body: [UInt8], exchange: String = "", routingKey: String, persistent: Bool = true
    ) async throws(BrokerError) {
        try await call { [wire] _, completed in
            wire.publish(body, exchange: exchange, routingKey: routingKey, persistent: persistent, completed)
        }
    }

    /// Starts a consumer with manual acks: at most `prefetch` deliveries are unacknowledged at once. The sequence ends
    /// when the connection closes; what was not acknowledged goes back to the queue then.
    public func consume(
        _ queue: String, prefetch: UInt16 = 100
    ) async throws(BrokerError) -> AsyncThrowingStream<EmbeddedDelivery, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: EmbeddedDelivery.self)
        // A sequence that is walked through keeps its connection.
        continuation.onTermination = { [self] _ in withExtendedLifetime(self) {} }
        try await call { [wire] _, completed in
            wire.send(BasicQos(prefetchCount: max(prefetch, 1)), completed)
        }
        try await call { [wire, loop] _, completed in
            wire.consume(queue, loop: loop, continuation, completed)
        }
        return stream
    }

    /// Closes the connection.
    public func close() async {
        await withCheckedContinuation { continuation in
            loop.perform { [wire] node in
                if node != nil { wire.close() }
                continuation.resume()
            }
        }
    }

    /// Crosses to the loop and waits for one completion.
    private func call(
        _ work: @escaping @Sendable (Node, @escaping EmbeddedWire.Completion) -> Void
    ) async throws(BrokerError) {
        let result: Result<Void, BrokerError> = await withCheckedContinuation { continuation in
            loop.perform { node in
                guard let node else { return continuation.resume(returning: .failure(.stopped)) }
                work(node) { continuation.resume(returning: $0) }
            }
        }
        try result.get()
    }
}

/// A message delivered to an embedded consumer.
public struct EmbeddedDelivery: Sendable {
    /// The message's bytes.
    public let body: [UInt8]
    /// Whether it had been delivered before.
    public let isRedelivered: Bool
    /// The exchange that it was published to.
    public let exchange: String
    /// The routing key that it was published with.
    public let routingKey: String
    let tag: UInt64
    let loop: any NodeLoop
    let wire: EmbeddedWire

    /// Tells the broker that the message has been processed.
    public func acknowledge() async throws(BrokerError) {
        try await settle(BasicAck(deliveryTag: tag, multiple: false))
    }

    /// Gives the message back: to its place in the queue, or away with `requeue: false`.
    public func reject(requeue: Bool) async throws(BrokerError) {
        try await settle(BasicReject(deliveryTag: tag, requeue: requeue))
    }

    private func settle(_ method: some MethodPayload & Sendable) async throws(BrokerError) {
        let isAlive = await withCheckedContinuation { continuation in
            loop.perform { [wire] node in
                continuation.resume(returning: node != nil && wire.tell(method))
            }
        }
        if !isAlive { throw .stopped }
    }
}

/// Why an embedded connection could not do what it was asked.
public enum BrokerError: Error, Hashable, Sendable {
    /// The node has stopped, or the connection was closed.
    case stopped
    /// The broker closed the channel or the connection with this reply code and text.
    case refused(code: UInt16, text: String)
    /// No queue took the message.
    case returned
    /// The broker could not take the message (`basic.nack`).
    case notConfirmed
}
