/// One binding: an item of `/api/bindings`.
public struct BindingInfo: Hashable, Sendable, Codable {
    /// What messages can be bound to.
    public enum Destination: String, Hashable, Sendable, Codable, CaseIterable {
        /// A queue.
        case queue
        /// Another exchange.
        case exchange
    }

    /// The vhost of both ends.
    public var vhost: String
    /// The exchange messages come from; empty for the default exchange, whose bindings cannot be changed.
    public var source: String
    /// The queue or exchange they go to.
    public var destination: String
    /// What the destination is.
    public var destinationType: Destination
    /// The routing key or topic pattern; empty where the exchange's type does not use it.
    public var routingKey: String
    /// The binding's arguments, `x-match` of a headers exchange among them.
    public var arguments: [String: JSONValue]
    /// The broker's own name for this binding among those of the same two ends; needed to remove it remotely.
    public var propertiesKey: String?

    /// A binding.
    public init(
        vhost: String, source: String, destination: String, destinationType: Destination = .queue,
        routingKey: String = "", arguments: [String: JSONValue] = [:], propertiesKey: String? = nil
    ) {
        self.vhost = vhost
        self.source = source
        self.destination = destination
        self.destinationType = destinationType
        self.routingKey = routingKey
        self.arguments = arguments
        self.propertiesKey = propertiesKey
    }

    enum CodingKeys: String, CodingKey {
        case vhost, source, destination, arguments
        case destinationType = "destination_type"
        case routingKey = "routing_key"
        case propertiesKey = "properties_key"
    }

    /// Reads the binding; both ends must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vhost = try container.decode(String.self, forKey: .vhost)
        source = try container.decode(String.self, forKey: .source)
        destination = try container.decode(String.self, forKey: .destination)
        destinationType = try container.decode(Destination.self, forKey: .destinationType)
        routingKey = container.lenient(.routingKey) ?? ""
        arguments = container.table(.arguments)
        propertiesKey = container.text(.propertiesKey)
    }
}

/// Whose bindings to list.
public enum BindingScope: Hashable, Sendable {
    /// Those that lead to a queue.
    case toQueue(ObjectID)
    /// Those that lead from an exchange.
    case fromExchange(ObjectID)
    /// Those that lead to an exchange.
    case toExchange(ObjectID)
    /// All of a vhost, or of every vhost that the user may see.
    case all(vhost: String?)
}
