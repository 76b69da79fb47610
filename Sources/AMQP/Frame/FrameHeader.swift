/// The seven octets before a frame's payload (AMQP 0-9-1 §4.2.3), as they came: the type may be one that does not exist.
@frozen
public struct FrameHeader: Hashable, Sendable {
    /// Octets before the payload: type, channel, size.
    public static let byteCount = 7
    /// Octets that a frame adds to its payload: this header and the end octet.
    public static let overhead = 8

    /// The type octet; see `FrameType`.
    public let type: UInt8
    /// The channel it belongs to; 0 is the connection itself.
    public let channel: UInt16
    /// Octets of the payload.
    public let size: UInt32

    /// The header at the start of `bytes`; nil when it is not complete.
    @inlinable @inline(__always)
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= FrameHeader.byteCount, let start = bytes.baseAddress else { return nil }
        type = start.load(as: UInt8.self)
        channel = UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 1, as: UInt16.self))
        size = UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 3, as: UInt32.self))
    }
}

/// The octet that ends every frame (AMQP 0-9-1 §4.2.3).
public enum FrameEnd {
    /// Its value.
    public static let octet: UInt8 = 0xCE
}
