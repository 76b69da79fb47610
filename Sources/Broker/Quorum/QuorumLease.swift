internal import Raft

/// How long a quorum queue has been without use: consumers, and `basic.get`s. A declaration does not count (RabbitMQ,
/// "Quorum Queues": feature matrix), and all begins anew when the node starts (RabbitMQ, "Time-To-Live": queue TTL).
///
/// Every member keeps one, so that a failover does not prolong it; only the leader acts on it, and not before the log has
/// told it that it still leads: a consumer may have come through another.
struct QuorumLease {
    private var lastUsed: Instant
    /// Those of which it is known that they count already.
    private var gets: UInt64
    /// Up to where the log must be applied before it is known that nobody has come.
    private var awaited: UInt64?
    /// One that came to nothing is tried again from then on.
    private var retryAt = Instant(nanoseconds: 0)

    init(of machine: borrowing QuorumMachine, from now: Instant) {
        lastUsed = now
        gets = Self.gets(of: machine)
    }

    private static func gets(of machine: borrowing QuorumMachine) -> UInt64 {
        let totals = machine.totals
        return totals.got &+ totals.gotNoAck &+ totals.gotEmpty
    }

    /// It begins anew.
    mutating func renew(_ now: Instant) { lastUsed = now }

    /// An entry of the log has been applied.
    mutating func applied(to machine: borrowing QuorumMachine, hadConsumers: Bool, _ now: Instant) {
        let gets = Self.gets(of: machine)
        guard hadConsumers || machine.consumerCount > 0 || gets != self.gets else { return }
        (lastUsed, self.gets) = (now, gets)
    }

    /// Whether it has lasted so many milliseconds.
    func isOver(_ lifetime: UInt64, _ now: Instant) -> Bool { now.milliseconds(since: lastUsed) >= lifetime }

    /// When to ask the log whether it is over.
    func deadline(_ lifetime: UInt64) -> Instant { max(lastUsed.advanced(milliseconds: lifetime), retryAt) }

    /// Whether the log has been asked and has not answered. What a leader has put into it stays while it leads.
    var isAsked: Bool { awaited != nil }

    /// The log has been asked: what was in it by then ends at an index; nil where it was not.
    mutating func asked(upTo index: UInt64?, _ now: Instant) {
        if let index { awaited = index }
        retryAt = now.advanced(milliseconds: Limits.unusedRetryMilliseconds)
    }

    /// Whether the log has been applied that far, which it tells once.
    mutating func isAnswered(_ appliedIndex: UInt64) -> Bool {
        guard let index = awaited, index <= appliedIndex else { return false }
        awaited = nil
        return true
    }

    /// Another leads: what it asked the log may have been lost.
    mutating func leaderChanged() { awaited = nil }
}

extension QuorumMember {
    /// How many milliseconds the queue lives that nobody consumes from; nil where that does not matter.
    var lifetime: UInt64? {
        machine.consumerCount > 0 ? nil : node.quorum.queue(queue)?.queue.limits.expires
    }

    /// Whether nobody has used the queue for as long as it lives without use, as far as its leader here knows.
    var isUnusedTooLong: Bool {
        guard let lifetime, replica.group.hasCaughtUpAsLeader else { return false }
        return lease.isOver(lifetime, node.now)
    }

    /// Has the log say whether somebody has come, before the queue goes.
    func askWhetherUnused() {
        guard let lifetime, lease.deadline(lifetime) <= node.now else { return }
        var isAsked = false
        // Without a majority of the nodes nothing can end, and nobody can use it through this one.
        if node.isServing, !lease.isAsked {
            var tick = QuorumBatch.ofLeader()
            tick.tick()
            isAsked = propose(tick.finish())
        }
        lease.asked(upTo: isAsked ? replica.group.lastPosition.index : nil, node.now)
    }

    /// Asks for the end of the queue, once the log has said that nobody has come.
    func endWhereUnused() {
        guard lease.isAnswered(replica.group.appliedIndex), isUnusedTooLong,
            let host = node.quorum.queue(queue)?.queue.virtualHost
        else { return }
        node.submit(.reap(queueID: queue), from: .control(0), in: host)
    }
}
