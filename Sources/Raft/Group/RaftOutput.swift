/// What groups want done: one sink that the owner passes to every event of every group of a tick, empties, and uses again.
///
/// Each item says which group it is of. Entries lie side by side in one array, so that nothing is allocated per item.
/// The order to follow: hand over the writes, send the messages (they may overtake the writes: what promises something
/// is held back until the write is reported as persisted), apply, then answer reads.
public struct RaftOutput: Sendable {
    /// To be persisted, in this order.
    public var writes: [RaftWrite] = []
    /// To be sent; they may be lost, reordered and duplicated on the way.
    public var messages: [RaftMessage] = []
    /// To be applied to the groups' state machines, in this order.
    public var applies: [RaftApply] = []
    /// Reads that may be answered, or may not be.
    public var reads: [RaftRead] = []
    /// Pieces of snapshots that a leader needs; answered by `RaftGroup.supplySnapshot`.
    public var snapshotReads: [SnapshotRead] = []
    /// Pieces of a snapshot that have arrived; when the last one is durable, `RaftGroup.snapshotInstalled` says so.
    public var snapshotPieces: [SnapshotPiece] = []
    /// What the owner may want to know or show.
    public var notices: [RaftNotice] = []
    /// The entries of writes and applies.
    var entries: [RaftEntry] = []

    /// An empty sink.
    public init() {}

    /// The entries to be persisted.
    public func entries(of write: RaftWrite) -> ArraySlice<RaftEntry> { entries[write.range] }

    /// The entries to be applied. Those that are not commands are among them, so that none is missing in the count.
    public func entries(of apply: RaftApply) -> ArraySlice<RaftEntry> { entries[apply.range] }

    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        writes.isEmpty && messages.isEmpty && applies.isEmpty && reads.isEmpty && snapshotReads.isEmpty
            && snapshotPieces.isEmpty && notices.isEmpty
    }

    /// Empties it, and keeps the memory.
    public mutating func removeAll() {
        writes.removeAll(keepingCapacity: true)
        messages.removeAll(keepingCapacity: true)
        applies.removeAll(keepingCapacity: true)
        reads.removeAll(keepingCapacity: true)
        snapshotReads.removeAll(keepingCapacity: true)
        snapshotPieces.removeAll(keepingCapacity: true)
        notices.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }
}

/// Something to be persisted, as one unit: all of it or nothing survives.
///
/// Writes of a group take effect in the order they are given. When one is durable, and with it all before it, the owner
/// calls `RaftGroup.persisted` with its ticket; one call with the highest ticket of a sync is enough. A ticket stands
/// for this write and no other, so a write that was overtaken by a truncation cannot be taken for what replaced it, as
/// it could if the index were reported, or even index and term.
public struct RaftWrite: Sendable {
    /// The group.
    public let group: UInt64
    /// Its number, from 1, in the life of this `RaftGroup`.
    public let ticket: UInt64
    /// The new hard state, where it has changed.
    public let hardState: HardState?
    /// The entries replace whatever the stored log has from here on.
    public let firstIndex: UInt64
    let range: Range<Int>
}

/// Entries that are committed: every member applies the same ones in the same order.
public struct RaftApply: Sendable {
    /// The group.
    public let group: UInt64
    let range: Range<Int>
}

/// The answer to `RaftGroup.read`.
public struct RaftRead: Hashable, Sendable {
    /// The group.
    public let group: UInt64
    /// What the owner called the read.
    public let context: UInt64
    /// The state machine may be read once it has applied this index; nil when leadership was lost meanwhile.
    public let index: UInt64?
}

/// A follower is so far behind that it needs a snapshot, and this piece of it next.
public struct SnapshotRead: Hashable, Sendable {
    /// The group.
    public let group: UInt64
    /// For whom.
    public let member: MemberID
    /// The snapshot, as it was given to `snapshotTaken` or `snapshotInstalled`: not always the newest.
    public let index: UInt64
    /// Where the piece begins.
    public let offset: UInt64
}

/// A piece of a snapshot that has arrived.
public struct SnapshotPiece: Sendable {
    /// The group.
    public let group: UInt64
    /// What the snapshot stands for.
    public let mark: SnapshotMark
    /// Where the piece belongs; at 0 everything that came before is to be thrown away.
    public let offset: UInt64
    /// Its bytes.
    public let payload: RaftPayload
    /// Whether it completes the snapshot. Nothing is given out to be applied from now on until `snapshotInstalled`.
    public let isLast: Bool
}

/// Something that happened in a group.
public struct RaftNotice: Equatable, Sendable {
    /// The group.
    public let group: UInt64
    /// What happened.
    public let kind: Kind

    /// What can happen.
    public enum Kind: Equatable, Sendable {
        /// Another leader is known, or none.
        case leader(MemberID?, term: UInt64)
        /// A change of the members is committed.
        case membership(Membership)
        /// This member is not in the group any more, and nobody needs it to find that out: the owner may drop it.
        case removed
        /// The chosen successor did not take over: not in time, so that this member goes on as leader, or not before
        /// it had to stop, or somebody else did.
        case transferAborted(MemberID)
    }
}
