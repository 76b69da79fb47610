/// One channel: an item of `/api/channels`, or `/api/channels/NAME` with its consumers.
public struct ChannelInfo: Hashable, Sendable, Codable {
    /// Its name, "HOST:PORT -> HOST:PORT (NUMBER)".
    public var name: String
    /// Its number on its connection.
    public var number: Int?
    /// The vhost of its connection.
    public var vhost: String?
    /// The user of its connection.
    public var user: String?
    /// The node it is connected to.
    public var node: String?
    /// "running", "idle", "flow", "closing" …
    public var state: String?
    /// Whether publishes are confirmed.
    public var confirm: Bool?
    /// Whether it is in transaction mode.
    public var transactional: Bool?
    /// Consumers on it.
    public var consumerCount: Int?
    /// The prefetch that consumers started from now on get; 0 means without limit.
    public var prefetchCount: Int?
    /// The prefetch of all its consumers together; 0 means without limit.
    public var globalPrefetchCount: Int?
    /// Deliveries not yet acknowledged.
    public var messagesUnacknowledged: Int?
    /// Publishes not yet confirmed.
    public var messagesUnconfirmed: Int?
    /// Publishes of the open transaction.
    public var messagesUncommitted: Int?
    /// Acknowledgements of the open transaction.
    public var acksUncommitted: Int?
    /// Since when it has been idle, as the broker writes it.
    public var idleSince: String?
    /// Its counters and rates.
    public var messageStats: MessageStats?
    /// The connection it is on.
    public var connectionDetails: ChannelDetails?
    /// Its consumers, given with the single channel only.
    public var consumerDetails: [ConsumerInfo]?

    /// A channel of which only the name is known.
    public init(name: String) { self.name = name }

    enum CodingKeys: String, CodingKey {
        case name, number, vhost, user, node, state, confirm, transactional
        case consumerCount = "consumer_count"
        case prefetchCount = "prefetch_count"
        case globalPrefetchCount = "global_prefetch_count"
        case messagesUnacknowledged = "messages_unacknowledged"
        case messagesUnconfirmed = "messages_unconfirmed"
        case messagesUncommitted = "messages_uncommitted"
        case acksUncommitted = "acks_uncommitted"
        case idleSince = "idle_since"
        case messageStats = "message_stats"
        case connectionDetails = "connection_details"
        case consumerDetails = "consumer_details"
    }

    /// Reads the channel leniently; only the name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        number = container.count(.number)
        vhost = container.text(.vhost)
        user = container.text(.user)
        node = container.text(.node)
        state = container.text(.state)
        confirm = container.lenient(.confirm)
        transactional = container.lenient(.transactional)
        consumerCount = container.count(.consumerCount)
        prefetchCount = container.count(.prefetchCount)
        globalPrefetchCount = container.count(.globalPrefetchCount)
        messagesUnacknowledged = container.count(.messagesUnacknowledged)
        messagesUnconfirmed = container.count(.messagesUnconfirmed)
        messagesUncommitted = container.count(.messagesUncommitted)
        acksUncommitted = container.count(.acksUncommitted)
        idleSince = container.text(.idleSince)
        messageStats = container.lenient(.messageStats)
        connectionDetails = container.lenient(.connectionDetails)
        consumerDetails = container.lenient(.consumerDetails)
    }
}
