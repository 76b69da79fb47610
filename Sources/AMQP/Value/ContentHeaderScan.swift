/// What a broker must know of a content header, read in place. The whole property list is checked for its structure;
/// nothing is copied or allocated.
@frozen
public struct ContentHeaderScan {
    /// Octets of the body that follows.
    public let bodySize: UInt64
    /// 2 is persistent; 0 when the property is absent.
    public let deliveryMode: UInt8
    /// The priority, if any.
    public let priority: UInt8?
    /// Milliseconds to live as text, if any.
    public let expiration: UnsafeRawBufferPointer?
    /// The user that the publisher claims to be, if any.
    public let userID: UnsafeRawBufferPointer?
    /// The headers' pairs, without the length before them, if any: what `FieldTable.init(decodingPairs:)` reads.
    public let headers: UnsafeRawBufferPointer?

    /// Reads a header frame's payload. What is not class 60 (basic), has a weight, or does not end with its last
    /// property is malformed. The buffers are parts of `payload` and valid as long as it is.
    @inlinable @inline(__always)
    public init(payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(payload)
        guard try reader.readUInt32() == UInt32(60) << 16 else { throw .malformed }
        let bodySize = try reader.readUInt64()
        let flags = PropertyFlags(rawValue: try reader.readUInt16())
        // What most messages carry needs no call: nothing, a delivery mode, and perhaps a content type.
        if flags.isSubset(of: [.contentType, .deliveryMode]) {
            if flags.contains(.contentType) { _ = try reader.readShortBytes() }
            let deliveryMode = flags.contains(.deliveryMode) ? try reader.readUInt8() : 0
            guard reader.remaining == 0 else { throw .malformed }
            self.init(bodySize: bodySize, deliveryMode: deliveryMode)
        } else {
            try self.init(bodySize: bodySize, flags: flags, properties: reader)
        }
    }

    @inlinable
    init(bodySize: UInt64, deliveryMode: UInt8) {
        self.bodySize = bodySize
        self.deliveryMode = deliveryMode
        priority = nil
        expiration = nil
        userID = nil
        headers = nil
    }

    @usableFromInline
    init(bodySize: UInt64, flags: PropertyFlags, properties: WireReader) throws(WireError) {
        var reader = properties
        guard !flags.contains(.more) else { throw .malformed }
        self.bodySize = bodySize
        if flags.contains(.contentType) { _ = try reader.readShortBytes() }
        if flags.contains(.contentEncoding) { _ = try reader.readShortBytes() }
        headers = flags.contains(.headers) ? try reader.readLongBytes() : nil
        if let headers { try FieldTable.check(headers) }
        deliveryMode = flags.contains(.deliveryMode) ? try reader.readUInt8() : 0
        priority = flags.contains(.priority) ? try reader.readUInt8() : nil
        if flags.contains(.correlationID) { _ = try reader.readShortBytes() }
        if flags.contains(.replyTo) { _ = try reader.readShortBytes() }
        expiration = flags.contains(.expiration) ? try reader.readShortBytes() : nil
        if flags.contains(.messageID) { _ = try reader.readShortBytes() }
        if flags.contains(.timestamp) { _ = try reader.readUInt64() }
        if flags.contains(.type) { _ = try reader.readShortBytes() }
        userID = flags.contains(.userID) ? try reader.readShortBytes() : nil
        if flags.contains(.appID) { _ = try reader.readShortBytes() }
        if flags.contains(.clusterID) { _ = try reader.readShortBytes() }
        guard reader.remaining == 0 else { throw .malformed }
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
    /// Reads past a value, whose structure is checked and which is not built.
    public static func skip(_ reader: inout WireReader) throws(WireError) { try check(&reader, depth: 0) }

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
