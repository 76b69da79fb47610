/// Which properties a content header carries, from the highest bit down (AMQP 0-9-1 §4.2.6.1).
@frozen
public struct PropertyFlags: OptionSet, Sendable {
    /// The 16 bits.
    public let rawValue: UInt16

    /// Flags from their bits.
    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `content-type`.
    public static var contentType: PropertyFlags { @inlinable get { .init(rawValue: 1 << 15) } }
    /// `content-encoding`.
    public static var contentEncoding: PropertyFlags { @inlinable get { .init(rawValue: 1 << 14) } }
    /// `headers`.
    public static var headers: PropertyFlags { @inlinable get { .init(rawValue: 1 << 13) } }
    /// `delivery-mode`.
    public static var deliveryMode: PropertyFlags { @inlinable get { .init(rawValue: 1 << 12) } }
    /// `priority`.
    public static var priority: PropertyFlags { @inlinable get { .init(rawValue: 1 << 11) } }
    /// `correlation-id`.
    public static var correlationID: PropertyFlags { @inlinable get { .init(rawValue: 1 << 10) } }
    /// `reply-to`.
    public static var replyTo: PropertyFlags { @inlinable get { .init(rawValue: 1 << 9) } }
    /// `expiration`.
    public static var expiration: PropertyFlags { @inlinable get { .init(rawValue: 1 << 8) } }
    /// `message-id`.
    public static var messageID: PropertyFlags { @inlinable get { .init(rawValue: 1 << 7) } }
    /// `timestamp`.
    public static var timestamp: PropertyFlags { @inlinable get { .init(rawValue: 1 << 6) } }
    /// `type`.
    public static var type: PropertyFlags { @inlinable get { .init(rawValue: 1 << 5) } }
    /// `user-id`.
    public static var userID: PropertyFlags { @inlinable get { .init(rawValue: 1 << 4) } }
    /// `app-id`.
    public static var appID: PropertyFlags { @inlinable get { .init(rawValue: 1 << 3) } }
    /// `cluster-id`.
    public static var clusterID: PropertyFlags { @inlinable get { .init(rawValue: 1 << 2) } }
    /// More flags follow, which no class of AMQP 0-9-1 has.
    public static var more: PropertyFlags { @inlinable get { .init(rawValue: 1) } }
}
