/// Where a record lies in memory: its segment and the byte it starts at.
///
/// A position is an address, not an identity: a message that leaves memory and is read back has another one. What names
/// a message is its queue and its sequence in it.
@frozen
public struct RecordPosition: Hashable, BitwiseCopyable, Sendable {
    /// The segment above, the byte below.
    public let rawValue: UInt64

    /// What a raw value names.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    init(segment: Int, offset: Int) {
        rawValue = UInt64(truncatingIfNeeded: segment) << 32 | UInt64(truncatingIfNeeded: offset)
    }

    /// Index of the segment.
    @inlinable
    public var segment: Int { Int(truncatingIfNeeded: rawValue >> 32) }

    /// Byte at which the record starts in its segment.
    @inlinable
    public var offset: Int { Int(truncatingIfNeeded: rawValue & 0xFFFF_FFFF) }
}
