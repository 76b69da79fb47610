/// What members of a group say to each other.
public struct RaftMessage: Equatable, Sendable {
    /// The group.
    public var group: UInt64
    /// Who says it.
    public var from: MemberID
    /// Whom it is for.
    public var to: MemberID
    /// The sender's term. Of a pre-vote it is the term before the one that is asked for.
    public var term: UInt64
    /// What is said.
    public var body: Body

    /// Makes a message.
    public init(group: UInt64, from: MemberID, to: MemberID, term: UInt64, body: Body) {
        self.group = group
        self.from = from
        self.to = to
        self.term = term
        self.body = body
    }

    /// The kinds of messages.
    public enum Body: Equatable, Sendable {
        /// A leader's entries, its commit index, or only its presence (Raft §5.3).
        case append(Append)
        /// A member has them.
        case appendReply(AppendReply)
        /// A member does not have what comes before them.
        case appendRefusal(AppendRefusal)
        /// A candidate asks for a vote (Raft §5.2), or whether it would get it (thesis §9.6).
        case vote(VoteRequest)
        /// The answer to it.
        case voteReply(VoteReply)
        /// A leader asks its successor to stand for election now (thesis §3.10).
        case timeoutNow
        /// Where a member stands, when a node has come back or a peer is behind.
        case status(GroupStatus)
        /// A piece of a snapshot (Raft §7).
        case snapshotChunk(SnapshotChunk)
        /// How much of it has arrived.
        case snapshotReply(SnapshotReply)
    }
}

/// Entries of a leader, and what they follow.
public struct Append: Equatable, Sendable {
    /// The entry that comes before them.
    public var previous: LogPosition
    /// The leader's commit index.
    public var commit: UInt64
    /// The leader's latest round of confirming that it still leads (Raft §8, thesis §6.4).
    public var round: UInt64
    /// The entries; none where only the rest is news.
    public var entries: [RaftEntry]
}

/// A member's answer to entries that fitted.
public struct AppendReply: Equatable, Sendable {
    /// Durable and equal to the leader's log up to here: what commits are counted by.
    public var match: UInt64
    /// Received and equal up to here, though perhaps not durable yet: what need not be sent again.
    public var received: UInt64
    /// The commit index the member knows.
    public var commit: UInt64
    /// The latest round it has heard of.
    public var round: UInt64
}

/// A member's answer to entries that did not fit: where its log may agree with the leader's.
public struct AppendRefusal: Equatable, Sendable {
    /// The index before the refused entries.
    public var previousIndex: UInt64
    /// The last own entry whose term is not above the term that was expected there.
    public var hint: LogPosition
    /// The latest round the member has heard of.
    public var round: UInt64
}

/// A candidate's request.
public struct VoteRequest: Equatable, Sendable {
    /// Only asks what the answer would be; the term asked for is the message's plus one.
    public var isPreVote: Bool
    /// The leader itself asked for this election, so that hearing from it is no reason to refuse (thesis §4.2.3).
    public var isTransfer: Bool
    /// The candidate's last entry.
    public var last: LogPosition
}

/// An answer to a candidate.
public struct VoteReply: Equatable, Sendable {
    /// Whether a pre-vote was asked for.
    public var isPreVote: Bool
    /// The term that was asked for.
    public var candidacy: UInt64
    /// Whether the vote is given.
    public var isGranted: Bool
}

/// Where a member stands: enough for the other side to find out that it is behind or deposed.
///
/// When a node comes back, every group that has a member there says so once; the owner may put many into one frame.
public struct GroupStatus: Equatable, Sendable {
    /// The leader the member follows, itself when it leads; nil when it knows none that is alive.
    public var leader: MemberID?
    /// Its last entry.
    public var last: LogPosition
    /// Its commit index.
    public var commit: UInt64
}

/// A piece of a snapshot.
public struct SnapshotChunk: Equatable, Sendable {
    /// What the snapshot stands for.
    public var mark: SnapshotMark
    /// Where in the snapshot the bytes belong.
    public var offset: UInt64
    /// The bytes; the owner may refer to them instead, as in an entry.
    public var payload: RaftPayload
    /// Whether it is the last piece.
    public var isLast: Bool
}

/// How much of a snapshot has arrived.
public struct SnapshotReply: Equatable, Sendable {
    /// Which snapshot.
    public var index: UInt64
    /// The offset that is wanted next.
    public var nextOffset: UInt64
    /// Whether all of it is here and being installed.
    public var isComplete: Bool
}
