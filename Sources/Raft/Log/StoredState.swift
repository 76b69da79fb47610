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

    /// The entries are of another history than the snapshot, or end before it: they go with what it replaced (Raft §7).
    var isReplaced: Bool {
        let base = snapshot.position
        return entries.contains { $0.index == base.index && $0.term != base.term }
            || entries.last.map { $0.index < base.index } ?? false
    }

    /// The first thing about the log that no sequence of writes leaves there; nil where it is sound. No member is started
    /// with what is damaged: it may have promised what is missing.
    public var damage: StoredDamage? {
        guard !isReplaced else { return nil }
        var last = snapshot.position
        for entry in entries where entry.index > snapshot.position.index {
            guard entry.index == last.index + 1 else {
                return StoredDamage(kind: .gap(behind: last), index: entry.index)
            }
            guard entry.term >= last.term else { return StoredDamage(kind: .order(behind: last), index: entry.index) }
            if entry.kind == .membership, Membership(decoding: entry.payload.bytes) == nil {
                return StoredDamage(kind: .membership, index: entry.index)
            }
            last = LogPosition(index: entry.index, term: entry.term)
        }
        return nil
    }
}

/// What is wrong with a stored log.
public struct StoredDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// What it is.
    public enum Kind: Hashable, Sendable {
        /// Entries are missing between this position and the damaged entry.
        case gap(behind: LogPosition)
        /// It is of an earlier term than the entry before it.
        case order(behind: LogPosition)
        /// It should say who the members are, and makes no sense.
        case membership
    }

    /// What is wrong with the entry.
    public let kind: Kind
    /// The first entry with which something is wrong.
    public let index: UInt64

    /// In a sentence's middle: "entry 7 comes behind 4".
    public var description: String {
        switch kind {
        case .gap(let last): "entry \(index) comes behind \(last.index)"
        case .order(let last): "entry \(index) is of an earlier term than \(last.index), \(last.term)"
        case .membership: "entry \(index) does not say who the members are"
        }
    }
}
