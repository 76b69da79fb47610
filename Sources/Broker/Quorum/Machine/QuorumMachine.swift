internal import DequeModule

/// The contents and consumers of a quorum queue as a function of its log: the same entries in the same order make the
/// same state, and the same effects, on every member.
///
///     var machine = QuorumMachine(limits: limits)
///     guard machine.apply(entry.payload.bytes, effects: &effects) else { … }   // no batch: nothing changed
///     if isLeader { carryOut(effects) }
///     effects.removeAll()
///
/// It knows no clock (a batch carries the leader's time) and nothing of who leads. What a consumer holds stays with it
/// through a change of leaders; the new one sends again what may have been lost (`redeliver`).
///
/// After each command messages are given to consumers that wait, so that it makes no difference how commands were put
/// into batches, but for the time that a batch carries. In detail as RabbitMQ 3.10: what comes back from a consumer goes in
/// front of all that was never delivered, in the order in which it came back; but what is requeued in a queue without
/// a delivery limit goes to the end ("Quorum Queues": repeated requeues).
struct QuorumMachine: ~Copyable {
    var limits: QuorumLimits

    /// Messages that were never delivered, or were requeued to the end.
    var ready = EntryRing<QuorumEntry>()
    /// Messages that came back, which go first.
    var returned = EntryRing<QuorumEntry>()
    var batches = QuorumBatchTable()
    /// Nodes that have sent commands, by ascending number.
    var origins: ContiguousArray<QuorumOrigin> = []
    /// Consumers that can take a delivery, the next one first; and how many of them have been cancelled meanwhile.
    var round: Deque<QuorumConsumer> = []
    var cancelledInRound = 0
    /// The log's time in milliseconds, which never goes back.
    var now: UInt64 = 0

    /// Bytes of the bodies of ready messages.
    var readyBytes = 0
    var unackedCount = 0
    var unackedBytes = 0
    /// Bytes of all messages, held ones included.
    var messageBytes = 0
    /// Consumers that are not cancelled, and how many of them want the queue for themselves.
    var consumerCount = 0
    var exclusiveCount = 0
    var totals = QuorumTotals()
    /// Whether there may be messages that expire; without any, expiry costs nothing.
    var hasExpiring = false
    /// A mistake to make on purpose: what comes again counts again.
    var forgetsDuplicates = false

    /// An empty queue.
    init(limits: QuorumLimits) { self.limits = limits }

    var readyCount: Int { ready.count + returned.count }

    /// When the first ready message expires, in the log's milliseconds: a batch at that time or later drops it.
    var nextExpiry: UInt64? {
        guard hasExpiring, let head, head.expiry != QuorumEntry.never else { return nil }
        return head.expiry
    }

    /// About as many bytes as a snapshot would have.
    var liveBytes: Int {
        var bytes = messageBytes + (readyCount + unackedCount) * QuorumSnapshot.entryBytes
        for origin in origins {
            bytes += QuorumSnapshot.originBytes + origin.stored.count * QuorumSnapshot.answerBytes
            bytes += origin.consumers.count * QuorumSnapshot.consumerBytes
        }
        return bytes
    }

    /// Memory of messages and entries, in bytes.
    var residentBytes: Int {
        var bytes = ready.residentBytes + returned.residentBytes + batches.heldBytes
        for origin in origins {
            // order-free: an array
            for consumer in origin.consumers { bytes += consumer.held.residentBytes }
        }
        return bytes
    }

    // MARK: Origins

    func origin(_ node: UInt32) -> QuorumOrigin? { origins.first { $0.node == node } }

    /// The publishes that were refused, of those that a confirm speaks of: as long as the node has not said that it knows, it
    /// is told with each confirm, for it may have been told before and not have heard it.
    func refusals(before place: QuorumEffects.Place) -> [UInt64] {
        guard let origin = origin(place.node), origin.incarnation == place.incarnation else { return [] }
        return origin.stored.filter { $0.kind == nil && $0.number <= place.number }.map(\.number)
    }

    /// A node's number and incarnation as a batch names them; nil when that incarnation is over.
    mutating func enter(_ header: QuorumBatchHeader, effects: inout QuorumEffects) -> QuorumOrigin? {
        guard let known = origin(header.node) else {
            let new = QuorumOrigin(node: header.node, incarnation: header.incarnation)
            origins.insert(new, at: origins.firstIndex { $0.node > header.node } ?? origins.count)
            return new
        }
        guard header.incarnation >= known.incarnation else { return nil }
        if header.incarnation > known.incarnation {
            endConsumers(of: known, effects: &effects)
            known.begin(header.incarnation)
            serve(effects: &effects)
        }
        return known
    }

    // MARK: Messages

    var head: QuorumEntry? { returned.isEmpty ? (ready.isEmpty ? nil : ready.first) : returned.first }

    /// Takes the next message in order.
    @inline(__always)
    mutating func removeHead() -> QuorumEntry? {
        let entry: QuorumEntry
        if !returned.isEmpty {
            entry = returned.first
            returned.removeFirst()
        } else if !ready.isEmpty {
            entry = ready.first
            ready.removeFirst()
        } else {
            return nil
        }
        readyBytes &-= Int(entry.bodyBytes)
        return entry
    }

    /// A message is gone for good.
    @inline(__always)
    mutating func release(_ entry: QuorumEntry) {
        messageBytes &-= Int(entry.byteCount)
        batches.release(entry.batch)
    }

    /// A message goes without having been acknowledged.
    mutating func drop(_ entry: QuorumEntry, _ reason: QuorumDropReason, effects: inout QuorumEffects) {
        totals.dropped &+= 1
        if limits.deadLetters { effects.deadLetter(entry, in: batches, reason) }
        release(entry)
    }

    /// A message comes back from a consumer that did not acknowledge it.
    mutating func takeBack(_ entry: QuorumEntry, toEnd: Bool, effects: inout QuorumEffects) {
        var entry = entry
        if entry.deliveryCount < .max { entry.deliveryCount += 1 }
        if let limit = limits.deliveryLimit, entry.deliveryCount > limit {
            return drop(entry, .deliveryLimit, effects: &effects)
        }
        if toEnd { ready.append(entry) } else { returned.append(entry) }
        readyBytes &+= Int(entry.bodyBytes)
    }

    /// Drops what has expired at the head, and no more.
    @inline(never)
    mutating func dropExpired(effects: inout QuorumEffects) {
        while let head, head.expiry <= now, let entry = removeHead() { drop(entry, .expired, effects: &effects) }
        if readyCount == 0, unackedCount == 0 { hasExpiring = false }
    }

    @inline(never)
    mutating func dropOverLength(atMost count: Int = .max, effects: inout QuorumEffects) {
        var left = count
        while left > 0, limits.isOver(count: readyCount, bytes: readyBytes), let entry = removeHead() {
            drop(entry, .maxLength, effects: &effects)
            left -= 1
        }
    }
}
