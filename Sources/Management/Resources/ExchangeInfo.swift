/// One exchange: an item of `/api/exchanges`.
public struct ExchangeInfo: Hashable, Sendable, Codable {
    /// The vhost it belongs to.
    public var vhost: String
    /// Its name within the vhost; empty for the default exchange.
    public var name: String
    /// "direct", "fanout", "topic", "headers" or a plugin's type.
    public var type: String?
    /// Whether its definition survives a restart.
    public var durable: Bool?
    /// Whether it goes with its last binding.
    public var autoDelete: Bool?
    /// Whether only other exchanges may publish to it.
    public var `internal`: Bool?
    /// The arguments it was declared with.
    public var arguments: [String: JSONValue]
    /// The policy that applies to it.
    public var policy: String?
    /// Messages that came in (`publish_in`); `nil` where the broker gives none, as RabbitMQ does before the first.
    public var publishIn: Measured?
    /// Messages that went on to a queue or another exchange, once each (`publish_out`).
    public var publishOut: Measured?

    /// Its identity.
    public var id: ObjectID { ObjectID(vhost: vhost, name: name) }

    /// Where messages go that no binding takes (argument `alternate-exchange`); a policy's is not seen here.
    public var alternateExchange: String? { arguments["alternate-exchange"]?.stringValue }

    /// An exchange of which only the identity is known.
    public init(vhost: String, name: String) {
        self.vhost = vhost
        self.name = name
        arguments = [:]
    }

    enum CodingKeys: String, CodingKey {
        case vhost, name, type, durable, `internal`, arguments, policy
        case autoDelete = "auto_delete"
        case messageStats = "message_stats"
    }

    /// Reads the exchange leniently; only vhost and name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vhost = try container.decode(String.self, forKey: .vhost)
        name = try container.decode(String.self, forKey: .name)
        type = container.text(.type)
        durable = container.lenient(.durable)
        autoDelete = container.lenient(.autoDelete)
        `internal` = container.lenient(.internal)
        arguments = container.table(.arguments)
        policy = container.text(.policy)
        if let stats = try? container.nestedContainer(keyedBy: FieldName.self, forKey: .messageStats) {
            publishIn = stats.measured("publish_in")
            publishOut = stats.measured("publish_out")
        }
    }

    /// Writes the exchange in RabbitMQ's shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(vhost, forKey: .vhost)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(type, forKey: .type)
        try container.encodeIfPresent(durable, forKey: .durable)
        try container.encodeIfPresent(autoDelete, forKey: .autoDelete)
        try container.encodeIfPresent(`internal`, forKey: .internal)
        try container.encode(arguments, forKey: .arguments)
        try container.encodeIfPresent(policy, forKey: .policy)
        if publishIn != nil || publishOut != nil {
            var stats = container.nestedContainer(keyedBy: FieldName.self, forKey: .messageStats)
            try stats.encode(publishIn, "publish_in")
            try stats.encode(publishOut, "publish_out")
        }
    }
}
