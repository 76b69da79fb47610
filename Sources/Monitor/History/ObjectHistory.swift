public import Management

/// Something else than a queue of which figures are remembered.
public enum TrackedObject: Hashable, Sendable {
    /// An exchange.
    case exchange(ObjectID)
    /// A client connection, by its name.
    case connection(String)
    /// A channel, by its name.
    case channel(String)
    /// A node, by its name.
    case node(String)
}

/// What an object did at one moment. `nil` means not provided.
public struct ObjectPoint: Hashable, Sendable {
    /// The monitor's time.
    public var time: Duration
    /// What came in per second: messages published to an exchange or on a channel, octets received on a connection.
    public var incoming: Double?
    /// What went out per second: messages routed by an exchange or delivered on a channel, octets sent on a connection.
    public var outgoing: Double?
    /// A channel's publisher confirms per second.
    public var confirmed: Double?
    /// A channel's acknowledgements per second.
    public var acknowledged: Double?
    /// How full it is: a channel's unacknowledged deliveries, a node's memory in octets.
    public var level: Double?
}

extension TrackedObject {
    static func point(_ exchange: ExchangeInfo, at time: Duration) -> ObjectPoint {
        // RabbitMQ gives no rate of what never happened.
        let isUsed = exchange.publishIn != nil || exchange.publishOut != nil
        return ObjectPoint(
            time: time, incoming: exchange.publishIn?.rate ?? (isUsed ? 0 : nil),
            outgoing: exchange.publishOut?.rate ?? (isUsed ? 0 : nil))
    }

    static func point(_ connection: ConnectionInfo, at time: Duration) -> ObjectPoint {
        ObjectPoint(time: time, incoming: connection.received?.rate, outgoing: connection.sent?.rate)
    }

    static func point(_ channel: ChannelInfo, at time: Duration) -> ObjectPoint {
        let stats = channel.messageStats
        return ObjectPoint(
            time: time, incoming: stats?.publish?.rate, outgoing: stats?.deliverGet?.rate,
            confirmed: stats?.confirm?.rate, acknowledged: stats?.ack?.rate,
            level: channel.messagesUnacknowledged.map(Double.init))
    }

    static func point(_ node: NodeInfo, at time: Duration) -> ObjectPoint {
        ObjectPoint(time: time, level: node.memUsed.map(Double.init))
    }
}
