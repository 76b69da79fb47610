/// How much of a node's journal there is: a count of bytes since the journal began. Positions only grow.
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

/// What keeps a journal's bytes.
///
/// A flush is answered by an event, never by returning: a disk answers from another thread, the simulator answers
/// when its seed says so, and memory answers at once. Answers may skip positions, because one sync covers all that
/// came before it; they never go back.
public protocol Storage: AnyObject {
    /// Makes everything up to `position` durable, then calls `completed` once on the caller's loop, with the
    /// position up to which everything is durable: `position` or later.
    func flush(upTo position: JournalPosition, completed: @escaping (JournalPosition) -> Void)
}

/// Storage for a node that promises nothing across its own end: bytes are as durable as they will ever be as soon
/// as they are in memory, so a flush completes within the call.
public final class VolatileStorage: Storage {
    /// Keeps nothing.
    public init() {}

    /// Completes at once.
    public func flush(upTo position: JournalPosition, completed: @escaping (JournalPosition) -> Void) {
        completed(position)
    }
}
