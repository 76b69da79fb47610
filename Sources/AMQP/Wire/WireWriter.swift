/// Builds AMQP 0-9-1 bytes (§4.2.5) in one growing block of memory: a connection's outbound buffer.
///
/// Writing costs a bounds check and a store; the block doubles when it is full and is kept from flush to flush.
/// `reset()` forgets the bytes, `shrink(to:)` gives memory back after a burst.
@frozen
public struct WireWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var used: Int

    /// Bytes written and not yet forgotten.
    @inlinable public var count: Int { used }

    /// An empty buffer with room for `capacity` bytes.
    @inlinable
    public init(capacity: Int = 256) {
        precondition(capacity > 0)
        base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
        used = 0
    }

    @inlinable
    deinit { base.deallocate() }

    /// What has been written; valid until the next write.
    @inlinable
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Forgets what was written and keeps the memory.
    @inlinable
    public mutating func reset() { used = 0 }

    /// Forgets everything after the first `newCount` bytes.
    @inlinable
    public mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        used = newCount
    }

    /// Gives memory above `limit` bytes back to the system; what was written is kept.
    public mutating func shrink(to limit: Int) {
        guard capacity > limit, count <= limit, limit > 0 else { return }
        replace(capacity: limit)
    }

    /// Makes sure that `extra` more bytes fit without growing again.
    @inlinable @inline(__always)
    public mutating func reserve(_ extra: Int) {
        if capacity - count < extra { grow(extra) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ extra: Int) { replace(capacity: max(capacity * 2, count + extra)) }

    private mutating func replace(capacity newCapacity: Int) {
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        fresh.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = fresh
        capacity = newCapacity
    }

    /// Room for `size` bytes that the caller fills at once; they count as written.
    @inlinable @inline(__always)
    public mutating func append(size: Int) -> UnsafeMutableRawPointer {
        reserve(size)
        let start = base + count
        used += size
        return start
    }

    /// One octet.
    @inlinable @inline(__always)
    public mutating func write(_ value: UInt8) { append(size: 1).storeBytes(of: value, as: UInt8.self) }

    /// A two-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func write(_ value: UInt16) { append(size: 2).storeBytes(of: value.bigEndian, as: UInt16.self) }

    /// A four-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func write(_ value: UInt32) { append(size: 4).storeBytes(of: value.bigEndian, as: UInt32.self) }

    /// An eight-octet integer, network byte order.
    @inlinable @inline(__always)
    public mutating func write(_ value: UInt64) { append(size: 8).storeBytes(of: value.bigEndian, as: UInt64.self) }

    /// Bytes as they are.
    @inlinable @inline(__always)
    public mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        append(size: bytes.count).copyMemory(from: start, byteCount: bytes.count)
    }

    /// Overwrites the four octets at `offset`, for lengths that are known only afterwards.
    @inlinable
    public mutating func overwrite(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count)
        (base + offset).storeBytes(of: value.bigEndian, as: UInt32.self)
    }

    /// Overwrites the two octets at `offset`, for flags that are known only afterwards.
    @inlinable
    public mutating func overwrite(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset + 2 <= count)
        (base + offset).storeBytes(of: value.bigEndian, as: UInt16.self)
    }

    /// A short string: one length octet, then the bytes. Text over 255 bytes is cut
    /// before the first Unicode scalar that does not fit, so what is written is UTF-8 whatever the length.
    public mutating func writeShortString(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var count = min(bytes.count, 255)
            if count < bytes.count {
                while count > 0, UTF8.isContinuation(bytes[count]) { count -= 1 }
            }
            writeShortBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
        }
    }

    /// A short string of at most 255 raw bytes.
    @inlinable
    public mutating func writeShortBytes(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= 255)
        write(UInt8(truncatingIfNeeded: bytes.count))
        write(bytes)
    }

    /// A long string: four length octets, then the bytes.
    public mutating func writeLongBytes(_ bytes: UnsafeRawBufferPointer) {
        write(UInt32(bytes.count))
        write(bytes)
    }
}
