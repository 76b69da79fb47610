/// One queue: an item of `/api/queues`, or `/api/queues/VHOST/NAME` with its consumers.
///
/// A queue may be a stub: declared moments ago, or its node is down, so that it has a name and no statistics.
/// `nil` means "not provided" and is shown as "–"; 0 is a measurement.
public struct QueueInfo: Hashable, Sendable, Codable {
    /// The vhost it lives in.
    public var vhost: String
    /// Its name within the vhost.
    public var name: String
    /// "classic", "quorum", "stream" or a plugin's type; `nil` where the broker does not say.
    public var type: String?
    /// Whether its definition survives a restart.
    public var durable: Bool?
    /// Whether it goes with its last consumer.
    public var autoDelete: Bool?
    /// Whether it belongs to one connection.
    public var exclusive: Bool?
    /// The arguments it was declared with.
    public var arguments: [String: JSONValue]
    /// The policy that applies to it.
    public var policy: String?
    /// What that policy says; empty without one, and `nil` where the broker does not say.
    public var effectivePolicyDefinition: [String: JSONValue]?
    /// The node it lives on (its leader's, where it is replicated).
    public var node: String?
    /// "running", "idle", "flow", "down", "minority", "stopped" …
    public var state: String?

    /// Ready and unacknowledged together.
    public var messages: Int?
    /// Messages waiting for a consumer.
    public var messagesReady: Int?
    /// Messages delivered and not yet acknowledged.
    public var messagesUnacknowledged: Int?
    /// The bodies' size, bytes.
    public var messageBytes: Int?
    /// Consumers attached.
    public var consumers: Int?
    /// Memory of the queue's process, bytes.
    public var memory: Int?
    /// How much of the time it could deliver at once, 0 to 1.
    public var consumerUtilisation: Double?
    /// Its counters and rates; `nil` where statistics were not asked for or never came.
    public var messageStats: MessageStats?
    /// Since when it has been idle, as the broker writes it.
    public var idleSince: String?

    /// The node of the leader (quorum queues and streams).
    public var leader: String?
    /// The nodes that hold a replica.
    public var members: [String]?
    /// The members that are up.
    public var online: [String]?
    /// The mirrors of a mirrored classic queue (3.x).
    public var mirrors: [String]?
    /// The mirrors that are in sync.
    public var synchronisedMirrors: [String]?

    /// Its consumers, given with the single queue only.
    public var consumerDetails: [ConsumerInfo]?

    /// Its identity.
    public var id: QueueID { QueueID(vhost: vhost, name: name) }

    /// A queue of which only the identity is known.
    public init(vhost: String, name: String) {
        self.vhost = vhost
        self.name = name
        arguments = [:]
    }

    enum CodingKeys: String, CodingKey {
        case vhost, name, type, durable, exclusive, arguments, policy, node, state, messages, consumers, memory
        case leader, members, online
        case autoDelete = "auto_delete"
        case messagesReady = "messages_ready"
        case messagesUnacknowledged = "messages_unacknowledged"
        case messageBytes = "message_bytes"
        case consumerUtilisation = "consumer_utilisation"
        case effectivePolicyDefinition = "effective_policy_definition"
        case messageStats = "message_stats"
        case idleSince = "idle_since"
        case mirrors = "slave_nodes"
        case synchronisedMirrors = "synchronised_slave_nodes"
        case consumerDetails = "consumer_details"
    }

    /// Reads the queue leniently; only vhost and name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vhost = try container.decode(String.self, forKey: .vhost)
        name = try container.decode(String.self, forKey: .name)
        arguments = container.table(.arguments)
        type = container.text(.type) ?? arguments["x-queue-type"]?.stringValue
        durable = container.lenient(.durable)
        autoDelete = container.lenient(.autoDelete)
        exclusive = container.lenient(.exclusive)
        policy = container.text(.policy)
        effectivePolicyDefinition = container.lenient(.effectivePolicyDefinition)
        node = container.text(.node)
        state = container.text(.state)
        messages = container.count(.messages)
        messagesReady = container.count(.messagesReady)
        messagesUnacknowledged = container.count(.messagesUnacknowledged)
        messageBytes = container.count(.messageBytes)
        consumers = container.count(.consumers)
        memory = container.count(.memory)
        consumerUtilisation = container.lenient(.consumerUtilisation)
        messageStats = container.lenient(.messageStats)
        idleSince = container.text(.idleSince)
        leader = container.text(.leader)
        members = container.lenient(.members)
        online = container.lenient(.online)
        mirrors = container.lenient(.mirrors)
        synchronisedMirrors = container.lenient(.synchronisedMirrors)
        consumerDetails = container.lenient(.consumerDetails)
    }
}
