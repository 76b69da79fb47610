/// What keeps a journal's bytes.
///
/// Everything is answered by an event on the caller's loop, never by waiting: a disk answers from another thread, the
/// simulator when its seed says so, and memory at once.
public protocol Storage: AnyObject {
    /// Whether bytes are kept at all. Where they are not, nobody need make them.
    var keepsBytes: Bool { get }

    /// Bytes that may still be written; nil where that is not known or has no end.
    var freeBytes: Int? { get }

    /// Writes a batch behind what its segment holds (offset 0 begins a new segment) and makes it durable, then calls
    /// `completed` once on the caller's loop. One batch is under way at a time. After a failure nothing more is written:
    /// what a disk that failed holds, nobody knows.
    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void)

    /// Gives up a segment, whose records nobody needs any more.
    func remove(segment: UInt64)

    /// Reads records back that have been written, then calls `completed` once on the caller's loop. Several may be under
    /// way; a segment that is removed meanwhile fails those that ask for it.
    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void)

    /// Reads a whole segment back, of which `byteCount` bytes are in use, then calls `completed` once on the caller's loop.
    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void)
}

extension Storage {
    /// Not known.
    public var freeBytes: Int? { nil }
}

/// What is wrong with what keeps a journal: what, where, and what to do.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether it is for want of room.
    public let isFull: Bool
    /// One or two sentences for a person.
    public let description: String

    /// An error in words.
    public init(_ description: String, isFull: Bool = false) {
        self.description = description
        self.isFull = isFull
    }
}

/// Storage for a node that promises nothing across its own end: what is in memory is as durable as it will ever be.
public final class VolatileStorage: Storage {
    /// Keeps nothing.
    public init() {}

    /// None are.
    public var keepsBytes: Bool { false }

    /// Completes at once.
    public func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) { completed(nil) }

    /// There are none.
    public func remove(segment: UInt64) {}

    /// Nothing is there: each record fails.
    public func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) { completed() }

    /// Nothing is there.
    public func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) { completed() }
}
