/// The broker at a glance: `/api/overview`.
public struct Overview: Hashable, Sendable, Codable {
    /// The node that answered.
    public var node: String?
    /// The name of the cluster.
    public var clusterName: String?
    /// "RabbitMQ" or "Warren"; LavinMQ does not give it.
    public var productName: String?
    /// The product's own version.
    public var productVersion: String?
    /// The RabbitMQ version; for other products the one they claim to be compatible with.
    public var rabbitmqVersion: String?
    /// LavinMQ's version, given by LavinMQ only.
    public var lavinmqVersion: String?
    /// "none", "basic" or "detailed": whether the broker reckons rates.
    public var ratesMode: String?
    /// True where the operator has switched statistics off.
    public var statisticsDisabled: Bool?
    /// Messages over all queues.
    public var queueTotals: QueueTotals
    /// Objects of each kind.
    public var objectTotals: ObjectTotals
    /// Message counters of the whole broker.
    public var messageStats: MessageStats
    /// Where the broker listens.
    public var listeners: [Listener]

    /// An overview in which nothing is provided yet.
    public init() {
        queueTotals = QueueTotals()
        objectTotals = ObjectTotals()
        messageStats = MessageStats()
        listeners = []
    }

    enum CodingKeys: String, CodingKey {
        case node
        case clusterName = "cluster_name"
        case productName = "product_name"
        case productVersion = "product_version"
        case rabbitmqVersion = "rabbitmq_version"
        case lavinmqVersion = "lavinmq_version"
        case ratesMode = "rates_mode"
        case statisticsDisabled = "disable_stats"
        case queueTotals = "queue_totals"
        case objectTotals = "object_totals"
        case messageStats = "message_stats"
        case listeners
    }

    /// Reads the reply leniently; every field may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        node = container.text(.node)
        clusterName = container.text(.clusterName)
        productName = container.text(.productName)
        productVersion = container.text(.productVersion)
        rabbitmqVersion = container.text(.rabbitmqVersion)
        lavinmqVersion = container.text(.lavinmqVersion)
        ratesMode = container.text(.ratesMode)
        statisticsDisabled = container.lenient(.statisticsDisabled)
        queueTotals = container.lenient(.queueTotals) ?? QueueTotals()
        objectTotals = container.lenient(.objectTotals) ?? ObjectTotals()
        messageStats = container.lenient(.messageStats) ?? MessageStats()
        listeners = container.lenient(.listeners) ?? []
    }
}

/// One listening socket of a node (`listeners` of `/api/overview`).
public struct Listener: Hashable, Sendable, Codable {
    /// The node it belongs to.
    public var node: String?
    /// "amqp", "amqp/ssl", "http", "clustering" …
    public var `protocol`: String?
    /// The bound address.
    public var ipAddress: String?
    /// The bound port.
    public var port: Int?

    /// A listener.
    public init(node: String? = nil, protocol: String? = nil, ipAddress: String? = nil, port: Int? = nil) {
        self.node = node
        self.protocol = `protocol`
        self.ipAddress = ipAddress
        self.port = port
    }

    enum CodingKeys: String, CodingKey {
        case node
        case `protocol`
        case ipAddress = "ip_address"
        case port
    }

    /// Reads the entry leniently.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        node = container.text(.node)
        `protocol` = container.text(.protocol)
        ipAddress = container.text(.ipAddress)
        port = container.count(.port)
    }
}
