/// Message counters and rates of a queue or of the whole broker (`message_stats`).
///
/// RabbitMQ gives confirms per overview, vhost and channel, never per queue; there `confirm` is `nil`.
public struct MessageStats: Hashable, Sendable {
    /// Messages published into it.
    public var publish: Measured?
    /// Publisher confirms sent.
    public var confirm: Measured?
    /// Deliveries to consumers that acknowledge.
    public var deliver: Measured?
    /// Deliveries to consumers that do not acknowledge.
    public var deliverNoAck: Measured?
    /// Messages handed out by `basic.get` with acknowledgement.
    public var get: Measured?
    /// Messages handed out by `basic.get` without acknowledgement.
    public var getNoAck: Measured?
    /// `basic.get` that found the queue empty.
    public var getEmpty: Measured?
    /// The sum of `deliver`, `deliver_no_ack`, `get` and `get_no_ack`.
    public var deliverGet: Measured?
    /// Acknowledgements received.
    public var ack: Measured?
    /// The part of `deliverGet` that had been delivered before.
    public var redeliver: Measured?
    /// Mandatory messages returned because no queue was bound.
    public var returnUnroutable: Measured?
    /// Messages dropped because no queue was bound.
    public var dropUnroutable: Measured?

    /// Statistics in which nothing is provided yet.
    public init() {}
}

extension MessageStats: Codable {
    private static var fields: [(String, WritableKeyPath<MessageStats, Measured?>)] {
        [
            ("publish", \.publish), ("confirm", \.confirm), ("deliver", \.deliver),
            ("deliver_no_ack", \.deliverNoAck), ("get", \.get), ("get_no_ack", \.getNoAck),
            ("get_empty", \.getEmpty), ("deliver_get", \.deliverGet), ("ack", \.ack), ("redeliver", \.redeliver),
            ("return_unroutable", \.returnUnroutable), ("drop_unroutable", \.dropUnroutable),
        ]
    }

    /// Reads the object leniently: a counter that is missing or no number is `nil`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FieldName.self)
        for (name, path) in Self.fields {
            self[keyPath: path] = container.measured(name)
        }
    }

    /// The counters of two parts of a broker together.
    public func adding(_ other: MessageStats) -> MessageStats {
        var sum = self
        for (_, path) in Self.fields {
            sum[keyPath: path] = Measured.sum(self[keyPath: path], other[keyPath: path])
        }
        return sum
    }

    /// Writes every counter that is provided.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FieldName.self)
        for (name, path) in Self.fields {
            try container.encode(self[keyPath: path], name)
        }
    }
}
