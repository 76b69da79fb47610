/// One policy: an item of `/api/policies`.
public struct PolicyInfo: Hashable, Sendable, Codable {
    /// The vhost it belongs to.
    public var vhost: String
    /// Its name within the vhost.
    public var name: String
    /// The regular expression that the names of its objects match.
    public var pattern: String
    /// What it is for: "queues", "exchanges" or "all".
    public var appliesTo: String
    /// Of several policies that match a name, only the one of the highest priority counts.
    public var priority: Int
    /// Its settings.
    public var definition: [String: JSONValue]

    /// Its identity.
    public var id: ObjectID { ObjectID(vhost: vhost, name: name) }

    /// A policy, for everything that its pattern matches unless told otherwise.
    public init(
        vhost: String, name: String, pattern: String, appliesTo: String = "all", priority: Int = 0,
        definition: [String: JSONValue]
    ) {
        self.vhost = vhost
        self.name = name
        self.pattern = pattern
        self.appliesTo = appliesTo
        self.priority = priority
        self.definition = definition
    }

    enum CodingKeys: String, CodingKey {
        case vhost, name, pattern, priority, definition
        case appliesTo = "apply-to"
    }

    /// Reads the policy leniently; only vhost, name and pattern must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vhost = try container.decode(String.self, forKey: .vhost)
        name = try container.decode(String.self, forKey: .name)
        pattern = try container.decode(String.self, forKey: .pattern)
        appliesTo = container.text(.appliesTo) ?? "all"
        priority = container.count(.priority) ?? 0
        definition = container.table(.definition)
    }
}
