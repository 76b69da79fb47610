/// How many objects of each kind the broker has (`object_totals` of `/api/overview`).
public struct ObjectTotals: Hashable, Sendable, Codable {
    /// Open connections.
    public var connections: Int?
    /// Open channels.
    public var channels: Int?
    /// Exchanges over all vhosts.
    public var exchanges: Int?
    /// Queues over all vhosts.
    public var queues: Int?
    /// Consumers over all queues.
    public var consumers: Int?

    /// Totals of which any may be unknown.
    public init(
        connections: Int? = nil, channels: Int? = nil, exchanges: Int? = nil, queues: Int? = nil,
        consumers: Int? = nil
    ) {
        self.connections = connections
        self.channels = channels
        self.exchanges = exchanges
        self.queues = queues
        self.consumers = consumers
    }

    /// Reads the object leniently.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        connections = container.count(.connections)
        channels = container.count(.channels)
        exchanges = container.count(.exchanges)
        queues = container.count(.queues)
        consumers = container.count(.consumers)
    }
}
