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
        contentType: String? = nil, contentEncoding: String? = nil, headers: FieldTable? = nil,
        deliveryMode: UInt8? = nil, priority: UInt8? = nil, correlationID: String? = nil, replyTo: String? = nil,
        expiration: String? = nil, messageID: String? = nil, timestamp: UInt64? = nil, type: String? = nil,
        userID: String? = nil, appID: String? = nil, clusterID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
        self.clusterID = clusterID
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

extension WireReader {
    /// A short string as text; bytes that are not UTF-8 are replaced, because properties are for people to read.
    mutating func readShortText() throws(WireError) -> String { String(decoding: try readShortBytes(), as: UTF8.self) }
}
