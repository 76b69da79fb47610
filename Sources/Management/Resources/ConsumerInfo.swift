/// One consumer of a queue: an item of `/api/consumers`, or of `consumer_details` of a queue or a channel.
public struct ConsumerInfo: Hashable, Sendable, Codable {
    /// Its tag, unique within its channel.
    public var consumerTag: String
    /// The queue it consumes.
    public var queue: ObjectID?
    /// How many deliveries it may hold unacknowledged; 0 means without limit.
    public var prefetchCount: Int?
    /// Whether it acknowledges.
    public var ackRequired: Bool?
    /// Whether it is the only one allowed on the queue.
    public var exclusive: Bool?
    /// False while another is the single active consumer.
    public var active: Bool?
    /// "up", "waiting", "suspected_down" …
    public var activityStatus: String?
    /// The channel it is on; `nil` where the broker does not know it.
    public var channelDetails: ChannelDetails?

    /// A consumer of which only the tag is known.
    public init(consumerTag: String) { self.consumerTag = consumerTag }

    enum CodingKeys: String, CodingKey {
        case exclusive, active, queue
        case consumerTag = "consumer_tag"
        case prefetchCount = "prefetch_count"
        case ackRequired = "ack_required"
        case activityStatus = "activity_status"
        case channelDetails = "channel_details"
    }

    /// Reads the consumer leniently; only the tag must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        consumerTag = try container.decode(String.self, forKey: .consumerTag)
        queue = container.lenient(.queue)
        prefetchCount = container.count(.prefetchCount)
        ackRequired = container.lenient(.ackRequired)
        exclusive = container.lenient(.exclusive)
        active = container.lenient(.active)
        activityStatus = container.text(.activityStatus)
        channelDetails = container.lenient(.channelDetails)
    }
}

/// Which channel a consumer is on (`channel_details`).
public struct ChannelDetails: Hashable, Sendable, Codable {
    /// "HOST:PORT -> HOST:PORT (NUMBER)".
    public var name: String?
    /// The channel's number on its connection.
    public var number: Int?
    /// The connection's name.
    public var connectionName: String?
    /// The user it authenticated as.
    public var user: String?
    /// The node it is connected to.
    public var node: String?
    /// The client's address.
    public var peerHost: String?
    /// The client's port.
    public var peerPort: Int?

    /// A channel of which any field may be unknown.
    public init(
        name: String? = nil, number: Int? = nil, connectionName: String? = nil, user: String? = nil,
        node: String? = nil, peerHost: String? = nil, peerPort: Int? = nil
    ) {
        self.name = name
        self.number = number
        self.connectionName = connectionName
        self.user = user
        self.node = node
        self.peerHost = peerHost
        self.peerPort = peerPort
    }

    enum CodingKeys: String, CodingKey {
        case name, number, user, node
        case connectionName = "connection_name"
        case peerHost = "peer_host"
        case peerPort = "peer_port"
    }

    /// Reads the channel leniently.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = container.text(.name)
        number = container.count(.number)
        connectionName = container.text(.connectionName)
        user = container.text(.user)
        node = container.text(.node)
        peerHost = container.text(.peerHost)
        peerPort = container.count(.peerPort)
    }
}
