internal import AMQP

/// The optional arguments of `queue.declare` that mean something here (RabbitMQ, "Queues": optional arguments).
/// Arguments that nobody knows are kept and shown but change nothing, as in RabbitMQ.
enum QueueArguments {
    static let type = "x-queue-type"

    /// Arguments whose meaning this engine does not have yet; accepting them would promise what it does not do.
    static let notImplemented = [
        "x-max-priority", "x-single-active-consumer", "x-queue-mode", "x-max-in-memory-length", "x-max-in-memory-bytes",
    ]

    /// Arguments that must be the same when a queue is declared again.
    static let compared = [
        type, "x-expires", "x-message-ttl", DeadLetterTarget.exchangeArgument, DeadLetterTarget.routingKeyArgument,
        QuorumSettings.deadLetterStrategy, "x-max-length", "x-max-length-bytes", "x-overflow",
        QuorumSettings.deliveryLimit, QuorumSettings.groupSize,
    ]

    /// Refuses what RabbitMQ refuses and what is not there yet.
    static func check(
        _ arguments: FieldTable, queue: String, virtualHost: String
    ) throws(ProtocolException) {
        _ = try DeadLetterTarget(arguments, queue: queue, virtualHost: virtualHost)
        let kind = try kind(arguments, queue: queue, virtualHost: virtualHost)
        if kind == QuorumSettings.type {
            try QuorumSettings.check(arguments, queue: queue, virtualHost: virtualHost)
        } else {
            // order-free: an array
            for name in QuorumSettings.own where arguments[name] != nil {
                throw QuorumSettings.wrongType(name, queue, virtualHost, "rabbit_classic_queue")
            }
        }
        for name in notImplemented where arguments[name] != nil {
            throw .notImplemented("queue argument '\(name)' is not implemented yet")
        }
        _ = try QueueLimits(arguments, queue: queue, virtualHost: virtualHost)
    }

    private static func kind(
        _ arguments: FieldTable, queue: String, virtualHost: String
    ) throws(ProtocolException) -> String {
        guard let type = arguments[type] else { return "classic" }
        guard let kind = type.text else {
            throw ProtocolException(
                .preconditionFailed, "invalid arg '\(Self.type)' for queue: it must be a string")
        }
        guard ["classic", QuorumSettings.type].contains(kind) else {
            if kind == "stream" { throw .notImplemented("queue type 'stream' is not implemented") }
            throw ProtocolException(
                .preconditionFailed,
                "invalid arg '\(Self.type)' for queue '\(queue)' in vhost '\(virtualHost)': \"unsupported queue type "
                    + "'\(kind)'\"")
        }
        return kind
    }
}

/// The optional arguments of `exchange.declare` that mean something here.
enum ExchangeArguments {
    static let alternate = "alternate-exchange"

    /// Arguments that must be the same when an exchange is declared again.
    static let compared = [alternate]
}
