/// The header of a content (AMQP 0-9-1 §4.2.6.1).
public struct ContentHeader: Hashable, Sendable {
    /// Class of the method that carries the content: 60, basic.
    public var classID: UInt16
    /// Octets of the body that follows.
    public var bodySize: UInt64
    /// The message's properties.
    public var properties: BasicProperties

    /// A header of class basic.
    public init(classID: UInt16 = BasicPublish.id.classID, bodySize: UInt64, properties: BasicProperties) {
        self.classID = classID
        self.bodySize = bodySize
        self.properties = properties
    }

    /// Reads a header frame's payload.
    public init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(payload)
        classID = try reader.readUInt16()
        _ = try reader.readUInt16()
        bodySize = try reader.readUInt64()
        properties = try BasicProperties(decoding: &reader)
    }

    /// Writes a header frame's payload.
    public func encode(into writer: inout WireWriter) {
        writer.write(classID)
        writer.write(UInt16(0))
        writer.write(bodySize)
        properties.encode(into: &writer)
    }
}

/// What a broker must know of a content header, read in place. The whole property list is checked for its structure;
/// nothing is copied or allocated.
@frozen
public struct ContentHeaderScan {
    /// Octets of the body that follows.
    public let bodySize: UInt64
    /// 2 is persistent; 0 when the property is absent.
    public private(set) var deliveryMode: UInt8 = 0
    /// The priority, if any.
    public private(set) var priority: UInt8?
    /// Milliseconds to live as text, if any.
    public private(set) var expiration: UnsafeRawBufferPointer?
    /// The user that the publisher claims to be, if any.
    public private(set) var userID: UnsafeRawBufferPointer?
    /// The headers' pairs, if any.
    public private(set) var headers: UnsafeRawBufferPointer?

    /// Reads a header frame's payload of class basic; anything else is malformed.
    @inlinable @inline(__always)
    public init(payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(payload)
        guard try reader.readUInt16() == 60 else { throw .malformed }
        _ = try reader.readUInt16()
        bodySize = try reader.readUInt64()
        let flags = PropertyFlags(rawValue: try reader.readUInt16())
        if flags.isEmpty { return }
        try scan(flags, &reader)
    }

    @usableFromInline
    mutating func scan(_ flags: PropertyFlags, _ reader: inout WireReader) throws(WireError) {
        guard !flags.contains(.more) else { throw .malformed }
        if flags.contains(.contentType) { _ = try reader.readShortBytes() }
        if flags.contains(.contentEncoding) { _ = try reader.readShortBytes() }
        if flags.contains(.headers) {
            let pairs = try reader.readLongBytes()
            try FieldTable.check(pairs)
            headers = pairs
        }
        if flags.contains(.deliveryMode) { deliveryMode = try reader.readUInt8() }
        if flags.contains(.priority) { priority = try reader.readUInt8() }
        if flags.contains(.correlationID) { _ = try reader.readShortBytes() }
        if flags.contains(.replyTo) { _ = try reader.readShortBytes() }
        if flags.contains(.expiration) { expiration = try reader.readShortBytes() }
        if flags.contains(.messageID) { _ = try reader.readShortBytes() }
        if flags.contains(.timestamp) { _ = try reader.readUInt64() }
        if flags.contains(.type) { _ = try reader.readShortBytes() }
        if flags.contains(.userID) { userID = try reader.readShortBytes() }
        if flags.contains(.appID) { _ = try reader.readShortBytes() }
        if flags.contains(.clusterID) { _ = try reader.readShortBytes() }
    }
}

extension FieldTable {
    /// Checks that bytes are pairs of a table, without building one.
    static func check(_ pairs: UnsafeRawBufferPointer, depth: Int = 0) throws(WireError) {
        guard depth < nestingLimit else { throw .malformed }
        var reader = WireReader(pairs)
        while reader.remaining > 0 {
            _ = try reader.readShortBytes()
            try FieldValue.check(&reader, depth: depth)
        }
    }
}

extension FieldValue {
    fileprivate static func check(_ reader: inout WireReader, depth: Int) throws(WireError) {
        switch try reader.readUInt8() {
        case UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "B"): _ = try reader.readBytes(1)
        case UInt8(ascii: "s"), UInt8(ascii: "u"): _ = try reader.readBytes(2)
        case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "f"): _ = try reader.readBytes(4)
        case UInt8(ascii: "D"): _ = try reader.readBytes(5)
        case UInt8(ascii: "l"), UInt8(ascii: "L"), UInt8(ascii: "d"), UInt8(ascii: "T"): _ = try reader.readBytes(8)
        case UInt8(ascii: "S"), UInt8(ascii: "x"): _ = try reader.readLongBytes()
        case UInt8(ascii: "V"): break
        case UInt8(ascii: "F"): try FieldTable.check(try reader.readLongBytes(), depth: depth + 1)
        case UInt8(ascii: "A"):
            guard depth + 1 < FieldTable.nestingLimit else { throw .malformed }
            var inner = WireReader(try reader.readLongBytes())
            while inner.remaining > 0 { try check(&inner, depth: depth + 1) }
        default:
            throw .malformed
        }
    }
}
