/// What a queue is selected, watched and remembered by: its vhost and name, never a row number.
public struct QueueID: Hashable, Sendable, Codable, Comparable {
    /// The vhost.
    public var vhost: String
    /// The name within the vhost.
    public var name: String

    /// A queue's identity.
    public init(vhost: String, name: String) {
        self.vhost = vhost
        self.name = name
    }

    /// By vhost, then by name.
    public static func < (left: QueueID, right: QueueID) -> Bool {
        (left.vhost, left.name) < (right.vhost, right.name)
    }
}
