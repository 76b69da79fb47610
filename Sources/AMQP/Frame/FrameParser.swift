/// What a frame carries (AMQP 0-9-1 §4.2.3).
@frozen
public enum FrameType: UInt8, Sendable {
    /// A method.
    case method = 1
    /// The header of a content.
    case header = 2
    /// A part of a content's body.
    case body = 3
    /// A sign of life.
    case heartbeat = 8
}

/// The fixed parts of a frame.
public enum FrameHeader {
    /// Octets before the payload: type, channel, size.
    public static let byteCount = 7
    /// Octets that a frame adds to its payload.
    public static let overhead = 8
}

/// The octet that ends every frame (AMQP 0-9-1 §4.2.3).
public enum FrameEnd {
    /// Its value.
    public static let octet: UInt8 = 0xCE
}

/// One whole frame in bytes that somebody else owns.
@frozen
public struct ParsedFrame {
    /// What it carries.
    public let type: FrameType
    /// The channel it belongs to; 0 is the connection itself.
    public let channel: UInt16
    /// Its payload.
    public let payload: UnsafeRawBufferPointer

    @inlinable
    init(type: FrameType, channel: UInt16, payload: UnsafeRawBufferPointer) {
        self.type = type
        self.channel = channel
        self.payload = payload
    }

    /// Octets of the whole frame.
    @inlinable
    public var byteCount: Int { payload.count + FrameHeader.overhead }
}

/// Why bytes are not a frame; each is a FRAME_ERROR, 501 (AMQP 0-9-1 §1.2.1).
@frozen
public enum FrameError: Error, Hashable, Sendable {
    /// The type octet is none of `FrameType`.
    case unknownType(UInt8)
    /// The octet behind the payload is not `FrameEnd.octet`.
    case badEnd(UInt8)
    /// The payload is larger than was negotiated.
    case tooLarge(UInt32)
}

/// Finds frames in received bytes, without copying or allocating.
public enum FrameParser {
    /// The frame at the start of `bytes`; nil when it is not complete. `maxFrameSize` is the negotiated limit of a whole
    /// frame in octets; 0 means none. A frame that will be too large is refused as soon as its header is there.
    @inlinable @inline(__always)
    public static func next(
        _ bytes: UnsafeRawBufferPointer, maxFrameSize: UInt32
    ) throws(FrameError) -> ParsedFrame? {
        guard bytes.count >= FrameHeader.byteCount, let start = bytes.baseAddress else { return nil }
        let size = UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 3, as: UInt32.self))
        guard let type = FrameType(rawValue: start.load(as: UInt8.self)) else {
            throw .unknownType(start.load(as: UInt8.self))
        }
        if maxFrameSize != 0, Int(size) + FrameHeader.overhead > Int(maxFrameSize) { throw .tooLarge(size) }
        let end = FrameHeader.byteCount + Int(size)
        guard bytes.count > end else { return nil }
        let endOctet = start.load(fromByteOffset: end, as: UInt8.self)
        guard endOctet == FrameEnd.octet else { throw .badEnd(endOctet) }
        return ParsedFrame(
            type: type, channel: UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 1, as: UInt16.self)),
            payload: UnsafeRawBufferPointer(start: start + FrameHeader.byteCount, count: Int(size)))
    }
}
