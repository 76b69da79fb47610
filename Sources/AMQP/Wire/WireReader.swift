/// Why bytes could not be read as the type that was asked for.
@frozen
public enum WireError: Error, Equatable, Sendable {
    /// The bytes ended inside a value.
    case truncated
    /// A value that the protocol does not allow here, or bytes behind the last value.
    case malformed
    /// A short string that is not UTF-8, where the protocol wants text (AMQP 0-9-1 §4.2.5.3).
    case notText
    /// A method that AMQP 0-9-1 does not have.
    case unknownMethod
}

/// Reads AMQP 0-9-1 data types (§4.2.5) from bytes that somebody else owns, without copying and without ever
/// reading past their end.
///
/// The pointer must stay valid while the reader is in use; nothing here keeps it longer.
@frozen
public struct WireReader {
    @usableFromInline var base: UnsafePointer<UInt8>
    @usableFromInline var left: Int

    /// Bytes not read yet.
    @inlinable public var remaining: Int { left }

    /// Starts at the first byte of `bytes`.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress {
            base = start.assumingMemoryBound(to: UInt8.self)
            left = bytes.count
        } else {
            base = WireReader.nowhere
            left = 0
        }
    }

    /// What an empty reader points at; never read, because nothing remains.
    @usableFromInline static var nowhere: UnsafePointer<UInt8> {
        @inlinable get { UnsafePointer(UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped) }
    }

    @inlinable @inline(__always)
    mutating func take(_ count: Int) throws(WireError) -> UnsafePointer<UInt8> {
        guard count >= 0, left >= count else { throw .truncated }
        let start = base
        base = base + count
        left -= count
        return start
    }

    /// One octet.
    @inlinable @inline(__always)
    public mutating func readUInt8() throws(WireError) -> UInt8 { try take(1).pointee }

    /// A two-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func readUInt16() throws(WireError) -> UInt16 {
        UInt16(bigEndian: UnsafeRawPointer(try take(2)).loadUnaligned(as: UInt16.self))
    }

    /// A four-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func readUInt32() throws(WireError) -> UInt32 {
        UInt32(bigEndian: UnsafeRawPointer(try take(4)).loadUnaligned(as: UInt32.self))
    }

    /// An eight-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func readUInt64() throws(WireError) -> UInt64 {
        UInt64(bigEndian: UnsafeRawPointer(try take(8)).loadUnaligned(as: UInt64.self))
    }

    /// The bytes of a short string (one length octet, then at most 255 bytes), without its length octet.
    @inlinable @inline(__always)
    public mutating func readShortBytes() throws(WireError) -> UnsafeRawBufferPointer {
        let length = Int(try readUInt8())
        return UnsafeRawBufferPointer(start: try take(length), count: length)
    }

    /// The bytes of a long string (four length octets), without its length.
    @inlinable
    public mutating func readLongBytes() throws(WireError) -> UnsafeRawBufferPointer {
        let length = Int(try readUInt32())
        return UnsafeRawBufferPointer(start: try take(length), count: length)
    }

    /// A short string as text; bytes that are not UTF-8 are `notText`.
    public mutating func readShortString() throws(WireError) -> String {
        let bytes = try readShortBytes()
        // Names are nearly always ASCII, which needs no validation; that is four times as fast.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return text
    }

    /// The next `count` bytes.
    @inlinable @inline(__always)
    public mutating func readBytes(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: try take(count), count: count)
    }

    /// Everything that is left.
    @inlinable
    public mutating func readRest() -> UnsafeRawBufferPointer {
        let rest = UnsafeRawBufferPointer(start: base, count: remaining)
        base = base + left
        left = 0
        return rest
    }
}
