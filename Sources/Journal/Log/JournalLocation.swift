/// Where a record lies on the disk: its segment and the byte at which it begins there.
///
/// A location is an address, not an identity: whoever keeps one also keeps the segment from being removed, and learns of
/// it when the record is written again elsewhere. Locations grow in the order of the log.
@frozen
public struct JournalLocation: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// The segment's number above, the byte below; 0 names no place.
    public let rawValue: UInt64

    /// What a raw value names.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// A byte of a segment. Offsets stay below 4 GiB: publishers are not read while much waits for the disk.
    @inlinable
    public init(segment: UInt64, offset: Int) {
        rawValue = segment << 32 | UInt64(truncatingIfNeeded: offset) & 0xFFFF_FFFF
    }

    /// No place: segments are numbered from 1.
    public static let none = JournalLocation(rawValue: 0)

    /// Number of the segment.
    @inlinable
    public var segment: UInt64 { rawValue >> 32 }

    /// Byte in the segment at which the record's header begins.
    @inlinable
    public var offset: Int { Int(truncatingIfNeeded: rawValue & 0xFFFF_FFFF) }

    /// Earlier in the log is smaller.
    @inlinable
    public static func < (left: JournalLocation, right: JournalLocation) -> Bool { left.rawValue < right.rawValue }
}
