/// One member of a quorum queue's group, as it sees itself: an item of `/api/queues/quorum/VHOST/NAME/status` (RabbitMQ
/// 3.13 and later, Warren).
public struct ReplicaStatus: Hashable, Sendable, Codable {
    /// The node it is on.
    public var node: String
    /// "leader", "follower", "candidate", "pre_vote", or why nothing is known, such as "noproc".
    public var state: String?
    /// "voter", "promotable" …
    public var membership: String?
    /// The latest term it has seen.
    public var term: Int?
    /// The last entry of its log.
    public var lastLogIndex: Int?
    /// The last entry that is durable there.
    public var lastWritten: Int?
    /// The last entry it knows to be committed.
    public var commitIndex: Int?
    /// The last entry it has applied.
    public var lastApplied: Int?
    /// The last entry that is in its snapshot.
    public var snapshotIndex: Int?

    /// A member of which only the node is known.
    public init(node: String) { self.node = node }

    enum CodingKeys: String, CodingKey {
        case node = "Node Name"
        case state = "Raft State"
        case membership = "Membership"
        case term = "Term"
        case lastLogIndex = "Last Log Index"
        case lastWritten = "Last Written"
        case commitIndex = "Commit Index"
        case lastApplied = "Last Applied"
        case snapshotIndex = "Snapshot Index"
    }

    /// Reads the item leniently; only the node must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        node = try container.decode(String.self, forKey: .node)
        state = container.text(.state)
        membership = container.text(.membership)
        term = container.count(.term)
        lastLogIndex = container.count(.lastLogIndex)
        lastWritten = container.count(.lastWritten)
        commitIndex = container.count(.commitIndex)
        lastApplied = container.count(.lastApplied)
        snapshotIndex = container.count(.snapshotIndex)
    }
}
