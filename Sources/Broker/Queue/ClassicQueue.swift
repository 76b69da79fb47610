internal import AMQP
internal import DequeModule
internal import Journal

/// A queue that lives on one node: messages in the order of their sequences, and the consumers that take turns.
///
/// A message keeps its sequence for life. Ready ones lie in a ring in order; requeued ones lie apart in order and are
/// delivered first, because every sequence ever delivered is lower than any that is still in the ring.
final class ClassicQueue {
    /// The metadata index of its declaration: a queue declared again under the same name is another queue.
    let id: UInt64
    let name: String
    unowned let virtualHost: VirtualHost
    let settings: QueueDefinition
    /// What its arguments and its policy limit.
    var limits: QueueLimits
    var policyChoice = PolicyChoice()
    /// Where its messages go that leave it without an acknowledgement, wherever it is; nil for nowhere.
    var deadLetterTarget: DeadLetterTarget?
    /// The same where it is here: what its home drops its home dead-letters.
    var deadLetters: DeadLetterTarget? { isRemote ? nil : deadLetterTarget }
    /// Rejected messages that are yet to go there.
    @exclusivity(unchecked) var dying = SortedEntries()
    /// When to look again at what waits to be dead-lettered.
    var deathDeadline: Instant?
    var isFetchingDying = false
    /// Its contents are on another node: here it is a name that can be bound, and the consumers of this node's clients.
    private(set) var isRemote: Bool
    /// What stands for contents that are not in this object.
    @exclusivity(unchecked) private(set) var distant: (any DistantQueue)?
    /// Who holds it, where it has or had mirrors; and what its leader and a mirror have beside it.
    var mirroring: QueueMirroring?
    @exclusivity(unchecked) var mirrors: MirrorLeader?
    var copy: MirrorCopy?
    /// Deliveries that clients of this node hold and that mean nothing to the queue here: they were another node's, or this
    /// one's when it led before.
    @exclusivity(unchecked) var foreignUnacked = 0
    /// What marks deliveries of the time for which this node leads: 0 or `QueueEntry.oddTime`.
    @exclusivity(unchecked) var timeFlag: UInt32 = 0
    /// Messages on their way to clients that asked for one.
    var heldGets = 0
    /// Those who wait until this node has seen the queue go, and their answers.
    var deletionsAwaited: [(origin: Origin, answer: Answer)] = []
    /// Whatever a node has ends with it, or before.
    unowned(unsafe) let node: Node

    @exclusivity(unchecked) var ready = EntryRing<QueueEntry>()
    @exclusivity(unchecked) var returned = SortedEntries()
    @exclusivity(unchecked) var lastSequence: UInt64 = 0
    /// Bytes of the bodies of ready messages.
    @exclusivity(unchecked) var readyBytes = 0
    /// Ready messages that lie in the journal alone.
    @exclusivity(unchecked) var coldReady = 0
    /// Those up to this sequence have been looked at for reading back, and how many are looked at in the next run.
    var lookedUpTo: UInt64 = 0
    var fetchCount = Limits.fetchedFirst
    var isFetching = false
    /// Requests that wait for the head to be read back.
    var waitingForHead: [(request: Request, origin: Origin)] = []
    /// Those up to this sequence have been looked at for cooling.
    var cooledUpTo: UInt64 = 0
    /// The last sequence when all that could be cooled was.
    var cooledWith: UInt64?
    /// Those up to this sequence are written down, as far as they can be.
    var spilledUpTo: UInt64 = 0
    /// The highest sequence that has been delivered, as far as it must be written down, and whether that is to come.
    @exclusivity(unchecked) var deliveredUpTo: UInt64 = 0
    @exclusivity(unchecked) var isDeliveryNoted = false
    /// Deliveries that channels hold unacknowledged.
    @exclusivity(unchecked) var unackedCount = 0
    @exclusivity(unchecked) var unackedBytes = 0
    @exclusivity(unchecked) var counters = MessageCounters()
    var readings = Readings(MessageCounters())
    /// When it last had traffic or a consumer came or went, for `idle_since`.
    var lastActive: Instant

    private(set) var consumers = SlotList<Consumer>(\.queuePosition)
    /// Those that can take a delivery, the next one first; and how many of them have been cancelled meanwhile.
    @exclusivity(unchecked) private var round = Deque<Consumer>()
    @exclusivity(unchecked) private var cancelledInRound = 0
    /// One that has the queue for itself has it alone.
    var hasExclusiveConsumer: Bool { consumers.count == 1 && consumers.first?.isExclusive == true }
    /// Consumers in the round, cancelled ones included; for tests.
    var roundLength: Int { round.count }
    private var isAnyoneReady: Bool { round.count > cancelledInRound }
    private var hadConsumer = false

    /// Whether there may be messages that expire; without any, expiry costs nothing.
    @exclusivity(unchecked) var hasExpiring = false
    var watchedExpiry: Instant?

    var lastUsed: Instant
    /// When its use is looked at next; whatever comes before that was for another lifetime.
    var watchedUse: Instant?
    /// In the node's list of queues that are over their length.
    private var isNotedOverLength = false
    /// In the node's list of queues that have something to deliver.
    @exclusivity(unchecked) var isScheduled = false
    @exclusivity(unchecked) var isDeleted = false
    /// Its place in the node's list of queues.
    var listPosition = 0

    init(id: UInt64, name: String, virtualHost: VirtualHost, settings: QueueDefinition, node: Node) {
        self.id = id
        self.name = name
        self.virtualHost = virtualHost
        self.settings = settings
        // They were checked when the declaration came.
        limits = (try? QueueLimits(settings.arguments, queue: name, virtualHost: virtualHost.name)) ?? .none
        self.node = node
        isRemote = settings.isQuorum || settings.home.map { $0.node != node.cluster?.configuration.node } ?? false
        deadLetterTarget = try? DeadLetterTarget(settings.arguments, queue: name, virtualHost: virtualHost.name)
        lastActive = node.now
        lastUsed = node.now
        if settings.isQuorum {
            let target = deadLetterTarget
            distant = QuorumQueue(
                self, QuorumSettings(settings, limits, deadLetters: target), deadLetters: target, node: node)
        } else if isRemote, let home = settings.home {
            distant = RelayedQueue(self, on: home.node, node: node)
        }
    }

    /// Its contents are here, or somewhere else, from now on.
    func setRole(leads: Bool) {
        isRemote = !leads
        distant = leads ? nil : home.map { RelayedQueue(self, on: $0.node, node: node) }
        node.topologyVersion += 1
    }

    /// Whether it survives its node, and with it what is persistent in it. What belongs to a connection ends with that.
    var isDurable: Bool { settings.isDurable && settings.exclusiveOwner == nil }

    /// Memory of its entries, in bytes.
    var residentBytes: Int { ready.residentBytes + returned.residentBytes + dying.residentBytes }
    var readyCount: Int { ready.count + returned.count }

    // MARK: Messages in

    /// Appends a message whose record already counts this queue's reference.
    @inline(__always)
    func enqueue(_ record: RecordPosition, bodyBytes: UInt32, flags: UInt32, expiry: UInt64) {
        lastSequence &+= 1
        let expiry = self.expiry(of: expiry)
        ready.append(
            QueueEntry(
                sequence: lastSequence, record: record, bodyBytes: bodyBytes, flags: flags, expiry: expiry))
        readyBytes &+= Int(bodyBytes)
        counters.publish &+= 1
        if let mirrors { mirrors.enqueued(ready[ready.count - 1]) }
        if expiry != QueueEntry.never { noteExpiring() }
        if limits.limitsLength { noteLength() }
        if !isScheduled { schedule() }
    }

    /// When a message that comes now expires here, if it expires at a certain time anyway.
    @inline(__always)
    func expiry(of expiry: UInt64) -> UInt64 {
        guard let lifetime = limits.messageTTL else { return expiry }
        return min(expiry, node.now.advanced(milliseconds: lifetime).nanoseconds)
    }

    // MARK: Limits

    /// Whether a message of so many bytes is refused: no consumer waits for it, and with it the queue would be over
    /// its limit (RabbitMQ, "Queue Length Limit": reject-publish).
    func refuses(bodyBytes: Int) -> Bool {
        limits.rejectsPublishes && !isAnyoneReady
            && limits.isOver(count: readyCount + 1, bytes: readyBytes &+ bodyBytes)
    }

    private var isOverLength: Bool { limits.isOver(count: readyCount, bytes: readyBytes) }

    @inline(never)
    func noteLength() {
        guard !isNotedOverLength, !limits.rejectsPublishes, isOverLength, !isRemote else { return }
        isNotedOverLength = true
        node.noteOverLength(self)
    }

    /// Drops the oldest messages until the queue is within its length, at most `budget` of them; returns whether it is.
    func dropHead(budget: inout Int) -> Bool {
        while isOverLength, budget > 0 {
            // Until it can be dead-lettered nobody need look again.
            guard mayHeadDie() else { break }
            guard let entry = removeFirst() else { break }
            node.die(entry, of: self, .maxLength)
            budget -= 1
        }
        guard !isOverLength || budget > 0 else { return false }
        isNotedOverLength = false
        return true
    }

    /// Takes back a delivery that nobody settled; it goes to where its sequence says (RabbitMQ, "Negative
    /// Acknowledgements": "its original position, if possible").
    func requeue(_ entry: QueueEntry) {
        var entry = entry
        entry.flags = entry.flags & ~QueueEntry.oddTime | QueueEntry.redelivered
        putBack(entry)
    }

    // MARK: Messages out

    /// The next message in order, if any. Expired ones before it are dropped.
    func takeFirst() -> QueueEntry? {
        if isHeldBack { return nil }
        if hasExpiring, !dropExpired() { return nil }
        if coldReady > 0, !prepareHead() { return nil }
        return removeFirst()
    }

    var firstEntry: QueueEntry? { returned.first ?? (ready.isEmpty ? nil : ready.first) }

    func removeFirst() -> QueueEntry? {
        let entry: QueueEntry
        if let back = returned.popFirst() {
            entry = back
        } else if !ready.isEmpty {
            entry = ready.first
            ready.removeFirst()
        } else {
            return nil
        }
        readyBytes &-= Int(entry.bodyBytes)
        if entry.isCold { coldReady -= 1 }
        return entry
    }

    /// Takes back a message that nobody has seen.
    func putBack(_ entry: QueueEntry) {
        // What its home delivered it takes back itself.
        guard !isDeleted, distant == nil, entry.flags & QueueEntry.relayed == 0 else {
            return mirroring == nil ? node.drop(entry, of: self) : node.forget(entry)
        }
        returned.insert(entry)
        if let mirrors { mirrors.returned(entry) }
        readyBytes += Int(entry.bodyBytes)
        if entry.isCold { coldReady += 1 }
        if limits.limitsLength { noteLength() }
        if entry.expiry != QueueEntry.never { noteExpiring() }
        if !isScheduled { schedule() }
    }

    /// Empties the queue of its ready messages and hands them over to be released in slices.
    func takeAllReady() -> QueueRemains {
        var remains = QueueRemains(ready: EntryRing(), returned: SortedEntries())
        swap(&remains.ready, &ready)
        swap(&remains.returned, &returned)
        readyBytes = 0
        coldReady = 0
        return remains
    }

    // MARK: Consumers

    func add(_ consumer: Consumer) {
        consumers.append(consumer)
        hadConsumer = true
        lastActive = node.now
        enterRound(consumer)
    }

    /// Delivers nothing more to a consumer, which is removed afterwards.
    func cancel(_ consumer: Consumer) {
        consumer.isCancelled = true
        guard consumer.isInRound else { return }
        // It leaves the round when its turn comes, or with the others when they are many.
        cancelledInRound += 1
        if cancelledInRound > 64, cancelledInRound > round.count / 2 {
            round.removeAll { $0.isCancelled }
            cancelledInRound = 0
        }
    }

    func remove(_ consumer: Consumer) {
        consumers.remove(consumer)
        lastActive = node.now
        touch()
    }

    /// Whether it should go now that its last consumer has (AMQP 0-9-1, `queue.declare` auto-delete).
    var isAbandoned: Bool {
        settings.isAutoDelete && hadConsumer && consumers.isEmpty && !isDeleted && distant == nil
    }

    /// Lets a consumer take deliveries again, after its credit or its connection's room came back.
    func enterRound(_ consumer: Consumer) {
        if let distant { return distant.resume(consumer) }
        guard !consumer.isInRound, !consumer.isCancelled else { return }
        consumer.isInRound = true
        round.append(consumer)
        if !isScheduled { schedule() }
    }

    /// Nobody takes deliveries here any more.
    func endRound() {
        for consumer in round { consumer.isInRound = false }
        round.removeAll()
        cancelledInRound = 0
    }

    /// Delivers again after something that held it up.
    func resume() {
        if !isScheduled { schedule() }
    }

    @inline(never)
    func schedule() {
        guard !isDeleted, isAnyoneReady, readyCount > 0 else { return }
        isScheduled = true
        node.schedule(self)
    }

    /// Delivers up to `budget` messages, consumers in turn, until messages, credit or room end.
    /// Returns what is left of the budget; 0 means that there may be more to do.
    func deliver(budget: Int) -> Int {
        if isHeldBack { return budget }
        var budget = budget
        if hasExpiring, !dropExpired() { return budget }
        while budget > 0, let consumer = round.first, readyCount > 0 {
            if consumer.isCancelled {
                round.removeFirst()
                cancelledInRound -= 1
                continue
            }
            guard consumer.hasCredit, consumer.channel.canTakeDelivery else {
                round.removeFirst()
                consumer.isInRound = false
                if !consumer.channel.canTakeDelivery { consumer.channel.connection.noteStalled(consumer) }
                continue
            }
            let delivered = deliverRun(to: consumer, limit: round.count - cancelledInRound == 1 ? budget : 1)
            // Expired messages took the slice; the queue's timer goes on.
            if delivered == 0 { break }
            budget -= delivered
            if round.count > 1 { round.append(round.removeFirst()) }
        }
        return budget
    }

    private func deliverRun(to consumer: Consumer, limit: Int) -> Int {
        let channel = consumer.channel
        var delivered = 0
        while delivered < limit, consumer.hasCredit, channel.canTakeDelivery, let entry = takeFirst() {
            channel.deliver(entry, to: consumer)
            delivered += 1
        }
        if consumer.isAutomaticAck {
            counters.deliverNoAck &+= UInt64(delivered)
        } else {
            counters.deliver &+= UInt64(delivered)
        }
        return delivered
    }
}

/// What a purge or a deletion leaves to be released.
struct QueueRemains: ~Copyable {
    var ready: EntryRing<QueueEntry>
    var returned: SortedEntries

    var count: Int { ready.count + returned.count }
}
