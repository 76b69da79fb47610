/// The properties of a message (AMQP 0-9-1 §1.8, class basic). What is nil is not on the wire.
public struct BasicProperties: Hashable, Sendable {
    /// MIME content type.
    public var contentType: String?
    /// MIME content encoding.
    public var contentEncoding: String?
    /// Headers that applications and exchanges read.
    public var headers: FieldTable?
    /// 1 transient, 2 persistent.
    public var deliveryMode: UInt8?
    /// 0 to 9, or more where the queue says so.
    public var priority: UInt8?
    /// For the application: which request this answers.
    public var correlationID: String?
    /// Where to reply to.
    public var replyTo: String?
    /// Milliseconds to live, as text.
    public var expiration: String?
    /// For the application: which message this is.
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// For the application: the kind of message.
    public var type: String?
    /// The user that published; the broker checks it.
    public var userID: String?
    /// For the application: who published.
    public var appID: String?
    /// Deprecated; carried all the same.
    public var clusterID: String?

    /// Properties, none unless given.
    public init(
        contentType: String? = nil, headers: FieldTable? = nil, deliveryMode: UInt8? = nil, priority: UInt8? = nil,
        correlationID: String? = nil, replyTo: String? = nil, expiration: String? = nil, messageID: String? = nil
    ) {
        self.contentType = contentType
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
    }

    /// Reads property flags and the properties that they name (AMQP 0-9-1 §4.2.6.1).
    public init(decoding reader: inout WireReader) throws(WireError) {
        self.init()
        let flags = PropertyFlags(rawValue: try reader.readUInt16())
        guard !flags.contains(.more) else { throw .malformed }
        if flags.contains(.contentType) { contentType = try reader.readShortText() }
        if flags.contains(.contentEncoding) { contentEncoding = try reader.readShortText() }
        if flags.contains(.headers) { headers = try reader.readTable() }
        if flags.contains(.deliveryMode) { deliveryMode = try reader.readUInt8() }
        if flags.contains(.priority) { priority = try reader.readUInt8() }
        if flags.contains(.correlationID) { correlationID = try reader.readShortText() }
        if flags.contains(.replyTo) { replyTo = try reader.readShortText() }
        if flags.contains(.expiration) { expiration = try reader.readShortText() }
        if flags.contains(.messageID) { messageID = try reader.readShortText() }
        if flags.contains(.timestamp) { timestamp = try reader.readUInt64() }
        if flags.contains(.type) { type = try reader.readShortText() }
        if flags.contains(.userID) { userID = try reader.readShortText() }
        if flags.contains(.appID) { appID = try reader.readShortText() }
        if flags.contains(.clusterID) { clusterID = try reader.readShortText() }
    }

    /// Writes property flags and properties.
    public func encode(into writer: inout WireWriter) {
        var flags: PropertyFlags = []
        let offset = writer.count
        writer.write(UInt16(0))
        func note(_ flag: PropertyFlags, _ text: String?, _ writer: inout WireWriter) {
            guard let text else { return }
            flags.insert(flag)
            writer.writeShortString(text)
        }
        note(.contentType, contentType, &writer)
        note(.contentEncoding, contentEncoding, &writer)
        if let headers {
            flags.insert(.headers)
            writer.write(headers)
        }
        if let deliveryMode {
            flags.insert(.deliveryMode)
            writer.write(deliveryMode)
        }
        if let priority {
            flags.insert(.priority)
            writer.write(priority)
        }
        note(.correlationID, correlationID, &writer)
        note(.replyTo, replyTo, &writer)
        note(.expiration, expiration, &writer)
        note(.messageID, messageID, &writer)
        if let timestamp {
            flags.insert(.timestamp)
            writer.write(timestamp)
        }
        note(.type, type, &writer)
        note(.userID, userID, &writer)
        note(.appID, appID, &writer)
        note(.clusterID, clusterID, &writer)
        writer.overwrite(flags.rawValue, at: offset)
    }
}

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

extension WireReader {
    /// A short string as text; bytes that are not UTF-8 are replaced, because properties are for people to read.
    mutating func readShortText() throws(WireError) -> String { String(decoding: try readShortBytes(), as: UTF8.self) }
}
