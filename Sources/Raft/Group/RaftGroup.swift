/// One member of one Raft group: a state machine without I/O, threads, clocks or chance.
///
/// Events go in as calls; what is to be done comes out in a `RaftOutput` that the owner uses again and again. The loop
/// that an owner writes, once per batch of events and for any number of groups:
///
/// ```swift
/// for message in received { groups[message.group].step(message, now: now, into: &output) }
/// for command in commands { try groups[command.group].propose(command.payload) }
/// for write in synced { groups[write.group].persisted(write.ticket, now: now, into: &output) }
/// for group in overdue { groups[group].tick(now: now, into: &output) }         // nextDeadline has passed
/// for event in monitorOutput.events { /* peerUp or peerDown, for every group */ }
/// for group in touched { groups[group].flush(now: now, into: &output) }        // until !needsFlush
///
/// for write in output.writes { journal.append(write, output.entries(of: write)) } // reported when durable
/// for message in output.messages { links[message.to.node].send(message) }         // may overtake the writes
/// for apply in output.applies { for entry in output.entries(of: apply) { /* apply it */ } }
/// for read in output.reads { /* answer it */ }
/// output.removeAll()
/// ```
///
/// **Events and flush.** An event writes at once what cannot wait: votes, refusals, statuses. What gains from waiting for
/// the rest of the batch goes out in `flush`: one write with one ticket, one append a follower, one reply to the leader.
///
/// **Durability.** Persisting is asynchronous and nothing waits for it but promises. A vote, a candidate's own vote and
/// its requests are held back until the hard state they rest on is durable; a reply to the leader names only what is
/// durable; and a leader counts its own copy of an entry only up to its own durable index (thesis §10.2.1).
///
/// **Time.** There are no heartbeats per group. Nodes exchange them in pairs (`PeerMonitor`), and a group hears
/// `peerDown` and `peerUp`. A follower whose leader's node is up has no timer; a leader has one only while somebody who
/// is up owes it an answer. So a group that has nothing to do has no `nextDeadline` and sends nothing, and a crash is
/// acted upon as soon as the node's links close.
///
/// **Peers.** Messages may be lost, delayed, duplicated and reordered; any bytes that decode may come. What a correct
/// member could not have sent is ignored. What the *owner* does wrong traps, with a sentence that says what it was.
///
/// **Cost.** An idle group is some 600 bytes, its log, and no timer. An event of a group of n members costs O(n) without
/// allocating; an append allocates its array of entries, which all followers share that are equally far.
///
/// Sources: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)" (Raft §);
/// Ongaro, "Consensus: Bridging Theory and Practice" (thesis §).
public struct RaftGroup: Sendable {
    /// What a member is doing.
    public enum Role: Sendable {
        /// Follows a leader, or waits for one.
        case follower
        /// Asks whether it would win an election (thesis §9.6).
        case preCandidate
        /// Stands for election.
        case candidate
        /// Leads.
        case leader
    }

    /// The group, as the owner numbers them.
    public let id: UInt64
    /// Which of its members this is.
    public let member: MemberID
    /// Times and limits.
    public let settings: RaftSettings

    /// What it is doing.
    public internal(set) var role = Role.follower
    /// The latest term it has seen.
    public internal(set) var term: UInt64
    /// Whom it voted for in this term.
    public internal(set) var vote: MemberID?
    /// The leader of this term, as far as it is known.
    public internal(set) var leader: MemberID?
    /// The highest index known to be committed.
    public internal(set) var commitIndex: UInt64
    /// The highest index given out to be applied.
    public internal(set) var appliedIndex: UInt64
    /// The highest index that is durable here, as far as the owner has said.
    public internal(set) var durableIndex: UInt64
    /// What the newest snapshot here stands for.
    public internal(set) var snapshot: SnapshotMark
    /// Whether an event has left something for `flush` to do.
    public internal(set) var needsFlush = false

    var log: RaftLog
    var memberships: MembershipHistory
    var random: RaftRandom
    /// A mistake to make, in tests.
    package var plantedFault: PlantedFault?

    // Peers.
    /// Sorted.
    var upNodes: [UInt32]
    /// The leader has been heard from since its node came up.
    var isLeaderConfirmed = false
    var electionDeadline: UInt64?
    /// How long the next wait for an election is at least: short when the leader is known to be gone, and then longer
    /// each time, in case it is the disks that are slow.
    var electionWait: UInt64

    /// It led, was removed, and stopped before a majority of the others was known to know.
    var isRetiring = false
    /// It is a member as of the last membership that was applied.
    var isMemberApplied: Bool

    // Durability.
    var lastTicket: UInt64 = 0
    var durableTicket: UInt64 = 0
    /// The write that holds the present hard state.
    var hardStateTicket: UInt64 = 0
    var isHardStateUnwritten = false
    /// The first entry that has not been given out to be persisted.
    var firstUnwritten: UInt64?
    /// A snapshot has taken the place of the log, and the stored log does not know.
    var isLogResetUnwritten = false
    var pendingWrites: [PendingWrite] = []
    var held: [HeldMessage] = []
    var isApplyingHeld = false

    // As follower.
    /// Equal to the log of this term's leader up to here.
    var verifiedIndex: UInt64
    var leaderRound: UInt64 = 0
    /// A reply is due: now, or when more is durable.
    var isReplyDue = false
    var isReplyOwed = false
    var incoming: IncomingSnapshot?

    // As candidate.
    var granted: [MemberID] = []

    // As leader.
    /// Sorted by member.
    var progress: [Progress] = []
    /// The entry that began the term.
    var termStart: UInt64 = 0
    var uncommittedBytes = 0
    /// The latest round of confirming that it leads, and whether nobody has been told of it yet.
    var round: UInt64 = 0
    var isRoundUnsent = false
    var reads: [PendingRead] = []
    /// Kept beyond the lead until the next leader is known.
    var transfer: Transfer?
    var quorumDeadline: UInt64?
    var noticeDeadline: UInt64?

    /// Starts a member with what its disk has.
    ///
    /// - Parameters:
    ///   - id: The group.
    ///   - member: Which member it is; never one that lost data.
    ///   - stored: What was persisted, which has no `damage`. Of a new group: the beginning with its voters, the same for each of them. Of a
    ///     member that joins later: the beginning with `Membership.none`; a leader tells it the rest.
    ///   - upNodes: The nodes that are up now.
    ///   - settings: Times and limits, the same for all members.
    ///   - seed: Of its time-outs; each member needs another.
    ///   - now: The time, in nanoseconds.
    public init(
        id: UInt64, member: MemberID, stored: StoredState, upNodes: [UInt32] = [],
        settings: RaftSettings = RaftSettings(), seed: UInt64, now: UInt64
    ) {
        self.id = id
        self.member = member
        precondition(settings.isSensible, "group \(id) has settings that make no sense: \(settings)")
        if let damage = stored.damage { preconditionFailure("the stored log of group \(id) is damaged: \(damage)") }
        self.settings = settings
        electionWait = settings.electionTimeout
        self.upNodes = upNodes.sorted()
        random = RaftRandom(seed: seed)
        snapshot = stored.snapshot
        let base = stored.snapshot.position
        log = RaftLog(base: base)
        memberships = MembershipHistory(stored.snapshot.membership, at: base.index)
        let isOther = stored.isReplaced
        for entry in stored.entries where entry.index > base.index && !isOther {
            log.append(entry)
            if entry.kind == .membership, let membership = Membership(decoding: entry.payload.bytes) {
                memberships.append(membership, at: entry.index)
            }
        }
        // The snapshot may have become durable before the term in which it came.
        term = max(stored.hardState.term, log.last.term)
        vote = term == stored.hardState.term ? stored.hardState.vote : nil
        isMemberApplied = stored.snapshot.membership.contains(member)
        commitIndex = base.index
        appliedIndex = base.index
        durableIndex = log.last.index
        verifiedIndex = base.index
        isHardStateUnwritten = term != stored.hardState.term
        // They must not stay beside what is written next: the next start would take all of it for another history.
        isLogResetUnwritten = isOther
        needsFlush = isHardStateUnwritten || isOther
        // Nobody else could be leading.
        if memberships.latest.voters == [member] { electionDeadline = now } else { updateElectionTimer(now: now) }
    }

    /// The members, as of the last entry of the log: a change is in force before it is committed (thesis §4.1).
    public var membership: Membership { memberships.latest }
    /// The membership at an index of the log that is not behind its base.
    public func membership(at index: UInt64) -> Membership { memberships.membership(at: index) }
    /// The last entry of the log.
    public var lastPosition: LogPosition { log.last }
    /// The entry before the first that the log still has.
    public var basePosition: LogPosition { log.base }
    /// Up to where the owner may drop entries from its stored log now.
    ///
    /// It is the base, or 0 while the stored log may still have other entries there: what is behind them would then be
    /// taken for what follows the snapshot, with nothing left to tell the difference.
    public var droppableIndex: UInt64 {
        let isReplacing =
            isLogResetUnwritten || firstUnwritten.map { $0 <= log.base.index } ?? false
            || pendingWrites.contains { $0.firstIndex <= log.base.index }
        return isReplacing ? 0 : log.base.index
    }
    /// Whether this member leads and has applied all that was committed before it did.
    public var hasCaughtUpAsLeader: Bool { role == .leader && termStart <= appliedIndex }
    /// Whether this member votes.
    public var isVoter: Bool { memberships.latest.isVoter(member) }
    /// The hard state, durable or not.
    public var hardState: HardState { HardState(term: term, vote: vote) }

    /// The term of the entry at an index; nil when the log does not hold it.
    public func term(at index: UInt64) -> UInt64? { log.term(at: index) }

    /// The entry at an index; nil when the log does not hold it.
    public func entry(at index: UInt64) -> RaftEntry? {
        index > log.base.index && index <= log.last.index ? log[index] : nil
    }

    /// When `tick` is to be called at the latest, in nanoseconds; nil when nothing is awaited. Valid after `flush`.
    public var nextDeadline: UInt64? {
        guard role == .leader else { return electionDeadline }
        var earliest = UInt64.max
        if let transfer { earliest = min(earliest, transfer.deadline) }
        if let quorumDeadline { earliest = min(earliest, quorumDeadline) }
        if let noticeDeadline { earliest = min(earliest, noticeDeadline) }
        for peer in progress where peer.isUp {
            if let retryAt = peer.retryAt { earliest = min(earliest, retryAt) }
        }
        return earliest == .max ? nil : earliest
    }
}
