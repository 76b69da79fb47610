internal import AMQP

/// Who waits for an answer. An answer to somebody who has gone is dropped.
enum Origin {
    /// A channel, suspended until the answer comes.
    case channel(ChannelReference)
    /// The control plane, by the number of its request.
    case control(UInt64)
    /// Nobody: the node itself.
    case node

    /// The connection that asks, for what is exclusive to a connection.
    var connection: ConnectionID? {
        if case .channel(let reference) = self { return reference.connection }
        return nil
    }
}

/// Names one opening of a channel; a channel opened later under the same number is another one.
struct ChannelReference: Hashable {
    let connection: ConnectionID
    let number: UInt16
    let opening: UInt64
}

/// Something asked of the topology or of a queue. It is answered on the same tick or on a later one, never within
/// the call.
enum Request {
    case declareExchange(name: String, type: String, settings: ExchangeFlags, passive: Bool)
    case deleteExchange(name: String, ifUnused: Bool)
    case declareQueue(name: String, settings: QueueDefinition, passive: Bool)
    case deleteQueue(name: String, ifUnused: Bool, ifEmpty: Bool)
    case purgeQueue(name: String)
    case bind(exchange: String, Binding)
    case unbind(exchange: String, Binding)
    case consume(queue: String, BasicConsume, prefetch: Int)
    case get(queue: String, noAck: Bool)
    /// A queue that outlived its reason: its owner's connection or its last consumer.
    case reap(queueID: UInt64)

    /// Whether its answer says something of what is declared and bound.
    var isAboutTopology: Bool {
        switch self {
        case .declareExchange, .deleteExchange, .declareQueue, .deleteQueue, .bind, .unbind: true
        case .purgeQueue, .consume, .get, .reap: false
        }
    }
}

/// The flags of `exchange.declare`.
struct ExchangeFlags {
    var isDurable = false
    var isAutoDelete = false
    var isInternal = false
    var arguments = FieldTable()
}

/// What came of a request.
enum Answer {
    case done
    case declared(queue: String, messages: Int, consumers: Int)
    /// Messages that a purge or a deletion removed.
    case removed(messages: Int)
    /// With its queue, which the consumer does not keep alive.
    case consuming(Consumer, ClassicQueue)
    case got(QueueEntry, ClassicQueue)
    case empty
    case failed(ProtocolException)
}
