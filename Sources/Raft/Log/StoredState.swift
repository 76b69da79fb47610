/// What a member must not forget between two events: its term and its vote in it (Raft figure 2).
public struct HardState: Hashable, Sendable {
    /// The latest term it has seen.
    public var term: UInt64
    /// Whom it voted for in that term.
    public var vote: MemberID?

    /// Makes one; of a new member without arguments.
    public init(term: UInt64 = 0, vote: MemberID? = nil) {
        self.term = term
        self.vote = vote
    }
}

/// What a snapshot stands for: all entries up to a position, and the membership there (Raft §7).
public struct SnapshotMark: Hashable, Sendable {
    /// The last entry that is in it.
    public let position: LogPosition
    /// The membership at that entry.
    public let membership: Membership

    /// Makes one.
    public init(position: LogPosition, membership: Membership) {
        self.position = position
        self.membership = membership
    }

    /// The beginning of a group that starts with these members: nothing has happened yet.
    public static func beginning(_ membership: Membership) -> SnapshotMark {
        SnapshotMark(position: LogPosition(index: 0, term: 0), membership: membership)
    }
}

/// What a member finds on its disk when it starts.
///
/// It must be all that was ever reported as persisted: a member whose data is damaged or lost comes back under a new
/// `MemberID`, as `StoredState(snapshot: .beginning(.none))`.
public struct StoredState: Sendable {
    /// The last hard state written.
    public var hardState: HardState
    /// The newest durable snapshot, or the beginning.
    public var snapshot: SnapshotMark
    /// What the writes left of the log, in order. Entries that the snapshot covers may be among them.
    public var entries: [RaftEntry]

    /// Makes one; a new member of a new group has nothing but the beginning.
    public init(hardState: HardState = HardState(), snapshot: SnapshotMark, entries: [RaftEntry] = []) {
        self.hardState = hardState
        self.snapshot = snapshot
        self.entries = entries
    }
}
