/// How much of a node's journal there is: a count of bytes since the journal began. Positions only grow, also from one
/// start of the node to the next.
@frozen
public struct JournalPosition: Hashable, Comparable, Sendable {
    /// Bytes since the journal began.
    public let rawValue: UInt64

    /// The position after `rawValue` bytes.
    @inlinable
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The beginning.
    public static let zero = JournalPosition(0)

    /// Earlier positions are smaller.
    @inlinable
    public static func < (left: JournalPosition, right: JournalPosition) -> Bool { left.rawValue < right.rawValue }
}
