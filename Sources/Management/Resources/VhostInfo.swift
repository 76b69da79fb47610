/// One virtual host: an item of `/api/vhosts`.
public struct VhostInfo: Hashable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// A text for people.
    public var description: String?
    /// Messages over all its queues.
    public var messages: Int?
    /// Messages waiting for a consumer.
    public var messagesReady: Int?
    /// Deliveries not yet acknowledged.
    public var messagesUnacknowledged: Int?
    /// Message counters of the vhost.
    public var messageStats: MessageStats?

    /// A vhost of which only the name is known.
    public init(name: String) { self.name = name }

    enum CodingKeys: String, CodingKey {
        case name, description, messages
        case messagesReady = "messages_ready"
        case messagesUnacknowledged = "messages_unacknowledged"
        case messageStats = "message_stats"
    }

    /// Reads the vhost leniently; only the name must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        description = container.text(.description)
        messages = container.count(.messages)
        messagesReady = container.count(.messagesReady)
        messagesUnacknowledged = container.count(.messagesUnacknowledged)
        messageStats = container.lenient(.messageStats)
    }
}
