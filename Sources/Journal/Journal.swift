/// One node's journal: the order in which durable things happened, and how much of it is known to be safe.
///
/// The loop appends during a tick and flushes once at its end, so that one sync serves every queue, channel and
/// transaction that wrote in it. Whoever waits for durability remembers the position that its append returned.
public struct Journal {
    private let storage: any Storage
    /// Where the next record will start.
    public private(set) var appended = JournalPosition.zero
    private var requested = JournalPosition.zero
    /// Everything before this survives as well as the storage lets it.
    public private(set) var durable = JournalPosition.zero

    /// An empty journal on `storage`.
    public init(storage: any Storage) { self.storage = storage }

    /// Adds a record of `byteCount` bytes and returns the position after it: durable when `durable` reaches it.
    public mutating func append(byteCount: Int) -> JournalPosition {
        appended = JournalPosition(appended.rawValue + UInt64(max(byteCount, 1)))
        return appended
    }

    /// The storage and the position to ask it for, when there is something it has not been asked for yet.
    public mutating func beginFlush() -> (storage: any Storage, position: JournalPosition)? {
        guard requested < appended else { return nil }
        requested = appended
        return (storage, appended)
    }

    /// Takes the storage's answer; an answer below an earlier one changes nothing.
    public mutating func completed(_ position: JournalPosition) {
        durable = max(durable, min(position, appended))
    }
}
