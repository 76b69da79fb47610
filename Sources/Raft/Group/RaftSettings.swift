/// Times and limits of a group. Times are in nanoseconds.
public struct RaftSettings: Sendable {
    /// How long an election may take before the next begins, and how long a leader goes on without hearing from a
    /// majority. Each wait for an election is drawn between once and twice of it. It must be many times what a message
    /// and a sync take (Raft §5.6).
    public var electionTimeout: UInt64 = 150_000_000
    /// How long a follower waits at least when its leader's node is known to be down, and twice that at most. There is
    /// nothing to wait for but the other followers' chance to notice it too, so it is much shorter. It doubles with
    /// each election that comes to nothing, up to `electionTimeout`. So long waits, too, whoever is told to stand.
    public var failoverDelay: UInt64 = 10_000_000
    /// After how long a leader asks again that got no answer.
    public var retryInterval: UInt64 = 50_000_000
    /// How long a leader may keep a new commit index to itself when no entries follow that would carry it; less than
    /// `retryInterval`. 0 tells followers at once, for a message and a reply more per commit.
    public var commitNoticeDelay: UInt64 = 0
    /// Most appends on their way to one follower.
    public var maxInflightAppends = 64
    /// Most bytes on their way to one follower; one append may go beyond it.
    public var maxInflightBytes = 4 << 20
    /// Most bytes in one append; a single entry may be larger.
    public var maxAppendBytes = 256 << 10
    /// Most entries in one append.
    public var maxAppendEntries = 1024
    /// Most bytes a leader takes in that are not committed yet; a single entry may go beyond it.
    public var maxUncommittedBytes = 64 << 20
    /// Most reads that wait for a majority to confirm the leader.
    public var maxPendingReads = 1 << 16
    /// Most entries that one flush gives out to be applied, so that catching up does not hold the owner's loop.
    public var maxApplyEntries = 1024
    /// Most entries a leader keeps that follow a snapshot which is on its way to a follower, and that the owner does not
    /// want kept.
    public var maxTransferEntries: UInt64 = 1 << 16
    /// By how many entries a learner may be behind when it is made a voter (thesis §4.2.1).
    public var maxPromotionLag: UInt64 = 64

    /// Whether a leader asks before it gives up, and everything may move at all.
    var isSensible: Bool {
        0 < retryInterval && retryInterval < electionTimeout && failoverDelay <= electionTimeout
            && electionTimeout < 1 << 60 && commitNoticeDelay < retryInterval && maxInflightAppends > 0
            && maxInflightBytes > 0 && maxAppendBytes > 0 && maxAppendEntries > 0 && maxUncommittedBytes > 0
            && maxPendingReads > 0 && maxApplyEntries > 0
    }

    /// The defaults, for nodes on one machine or in one room.
    public init() {}
}

/// The generator behind randomised time-outs (SplitMix64): the same seed gives the same waits.
struct RaftRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
