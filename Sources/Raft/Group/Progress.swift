/// What a leader knows about one other member (the `nextIndex` and `matchIndex` of Raft figure 2, and flow control).
struct Progress: Sendable {
    /// How entries are sent.
    enum State: Sendable {
        /// It is not known where the logs agree: one append at a time.
        case probe
        /// Appends follow each other without waiting for replies (thesis §10.2.1).
        case replicate
        /// The entries it needs are gone: it gets a snapshot (Raft §7).
        case snapshot
    }

    let member: MemberID
    var isVoter: Bool
    /// No longer a member: it is kept until it knows, or until this time.
    var leavesAt: UInt64?
    var isUp: Bool
    var state = State.probe
    /// Known to be durable there.
    var match: UInt64 = 0
    /// To be sent next.
    var next: UInt64
    /// The commit index it knows, and the one that was sent to it.
    var knownCommit: UInt64 = 0
    var sentCommit: UInt64 = 0
    /// The round it has answered, and the one that was sent to it.
    var knownRound: UInt64 = 0
    var sentRound: UInt64 = 0
    /// An append without entries is to find out what it has.
    var isBareProbe = false
    /// A probe is on its way.
    var isPaused = false
    var inflight = InflightWindow()
    /// When to ask again; nil while nothing is owed.
    var retryAt: UInt64?
    /// Since when it has owed an answer.
    var waitingSince: UInt64?
    /// The snapshot it is getting, be there newer ones or not, and how much of it.
    var snapshot: SnapshotMark?
    var snapshotOffset: UInt64 = 0
    /// The end of what it has been sent.
    var snapshotEnd: UInt64 = 0
    /// The owner has been asked for the next piece, or it is on its way.
    var isPieceAwaited = false

    init(member: MemberID, isVoter: Bool, isUp: Bool, next: UInt64) {
        self.member = member
        self.isVoter = isVoter
        self.isUp = isUp
        self.next = next
    }

    /// Starts over from what is known to be there.
    mutating func probe(from next: UInt64, isBare: Bool) {
        state = .probe
        self.next = next
        isBareProbe = isBare
        isPaused = false
        snapshot = nil
        isPieceAwaited = false
        inflight.removeAll()
    }

    /// Goes back to what is known to be durable there, or stays where the search has got to when nothing is known.
    mutating func reprobe() {
        knownCommit = 0
        sentCommit = 0
        sentRound = 0
        probe(from: match > 0 ? match + 1 : next, isBare: true)
    }

    mutating func replicate(from next: UInt64) {
        state = .replicate
        snapshot = nil
        self.next = next
        isPaused = false
        isBareProbe = false
    }

    /// Sends a snapshot from its beginning.
    mutating func sendSnapshot(_ mark: SnapshotMark) {
        state = .snapshot
        snapshot = mark
        snapshotOffset = 0
        snapshotEnd = 0
        isPieceAwaited = false
        // It owes nothing before the first piece is on its way.
        waitingSince = nil
        inflight.removeAll()
    }

    /// Something was sent that wants an answer.
    mutating func expectAnswer(now: UInt64, within interval: UInt64) {
        if waitingSince == nil { waitingSince = now }
        if retryAt == nil { retryAt = now + interval }
    }
}

/// Appends on their way to a follower, oldest first.
struct InflightWindow: Sendable {
    private struct Item: Sendable {
        let lastIndex: UInt64
        let bytes: Int
    }

    private var items: [Item] = []
    private(set) var bytes = 0

    var count: Int { items.count }

    mutating func add(lastIndex: UInt64, bytes: Int) {
        items.append(Item(lastIndex: lastIndex, bytes: bytes))
        self.bytes += bytes
    }

    /// Forgets what has been acknowledged.
    mutating func free(through index: UInt64) {
        guard let first = items.first, first.lastIndex <= index else { return }
        let freed = items.firstIndex { $0.lastIndex > index } ?? items.count
        for item in items[..<freed] { bytes -= item.bytes }
        items.removeFirst(freed)
    }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
