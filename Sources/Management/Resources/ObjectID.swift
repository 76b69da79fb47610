/// What a queue or an exchange is selected, watched and remembered by: its vhost and name, never a row number.
public struct ObjectID: Hashable, Sendable, Codable, Comparable {
    /// The vhost.
    public var vhost: String
    /// The name within the vhost.
    public var name: String

    /// An identity.
    public init(vhost: String, name: String) {
        self.vhost = vhost
        self.name = name
    }

    /// By vhost, then by name.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.vhost, left.name) < (right.vhost, right.name)
    }
}

/// A queue's identity.
public typealias QueueID = ObjectID
