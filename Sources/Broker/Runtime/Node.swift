internal import AMQP
internal import DequeModule
internal import HeapModule
public import Journal

/// A broker node: a synchronous state machine for one event loop.
///
/// Connections take bytes in (`Connection.receive`); then `tick` carries out what they asked for, delivers, and tells
/// the transports what to send. Time comes in as an argument; nothing in here waits, locks, or reads a clock.
/// Not thread-safe: everything happens on the loop that drives it.
public final class Node {
    let configuration: NodeConfiguration
    /// The time of the tick or of the bytes being handled.
    @exclusivity(unchecked) public internal(set) var now: Instant
    let startedAt: Instant

    /// What happened on connections that stand for clients of other nodes, and has been counted there.
    var relayedCounters = MessageCounters()
    let segments = VolatileSegments()
    @exclusivity(unchecked) var journal: Journal
    var router = Router()
    @exclusivity(unchecked) var counters = MessageCounters()
    var readings = Readings(MessageCounters())
    /// Whether a reading of the counters is due at some time.
    var isSampling = false
    var sampledActivity: UInt64 = 0
    var quietSamples = 0
    private var random: SplitMix64

    // Durability.
    /// How many unsettled messages each segment of the journal holds.
    @exclusivity(unchecked) var segmentUse = SegmentUse()
    /// Bytes of the journal that unsettled messages need, about.
    @exclusivity(unchecked) var keptBytes = 0
    var compaction: CompactionPass?
    /// The journal is not written anew before it has grown to this.
    var compactionFloor = 0
    /// What goes on once the disk has taken the batch that is under way.
    var awaitingWritten: [(Node) -> Void] = []
    /// Messages that ended in this tick and are to be written down.
    @exclusivity(unchecked) var ended: [MessageName] = []
    /// The commit of several slices that is being written, and what has ended in it.
    var transactionNumber: UInt64?
    var transactionEnded: [MessageName] = []
    /// Commits of several slices under way.
    var openTransactions = 0
    /// The number of the last commit that took several slices.
    var lastTransaction: UInt64 = 0
    /// Queues that have delivered further than is written down.
    @exclusivity(unchecked) var deliveredQueues: [ClassicQueue] = []
    /// The records of messages whose bodies lie in chunks that are written down, by their bodies' names.
    var chunkedBodies: [UInt64: RecordPosition] = [:]
    var lastBody: UInt64 = 0
    /// Chunks that are being read back, and who waits for each.
    var chunkWaiters: [JournalLocation: [(Node) -> Void]] = [:]
    /// Channels whose publishes wait for the disk, by the numbers that messages in memory know them under.
    var publishers: [UInt64: ChannelReference] = [:]
    var lastPublisher: UInt64 = 0
    /// Memory for messages is short: what the disk has leaves it.
    @exclusivity(unchecked) var isCooling = false
    var hasMoreToCool = false
    var coolingPlace = 0
    var isCoolingUnacked = false
    var isFlushDue = false
    var isWatchingFlush = false
    var isShuttingDown = false
    var onWritten: (() -> Void)?
    /// Segments to give up once the journal is durable up to a position.
    var reclaiming: (last: UInt64, at: JournalPosition)?
    /// The whole durable topology is written in the segments from this one on.
    var topologyFloor: UInt64 = 0
    var isRewriting = false
    /// Everything written down about the topology ends here.
    var topologyWritten = JournalPosition.zero
    /// Changes of the durable topology since that began.
    var changedMeanwhile: [IndexedChange] = []
    /// Why nothing can be kept any more.
    public internal(set) var storageFailure: StorageError?
    /// Called once when the disk fails: the node is of no use afterwards.
    public var onStorageFailure: ((StorageError) -> Void)?

    // Topology. `topologyIndex` counts changes; the index of its declaration is a queue's identity.
    var virtualHosts: [String: VirtualHost] = [:]
    var topologyIndex: UInt64 = 0
    /// Changes whenever a route may have; remembered routes are valid for one version.
    @exclusivity(unchecked) var topologyVersion: UInt64 = 1
    private var queuesByID: [UInt64: ClassicQueue] = [:]
    /// In the order of their declarations, with gaps where queues were deleted.
    private(set) var queueList = SlotList<ClassicQueue>(\.listPosition)
    /// Deliveries given back in this tick.
    var givenBack = 0
    /// Deleted queues with deliveries that clients still hold.
    var retired: [UInt64: ClassicQueue] = [:]
    private var exclusiveQueues: [ConnectionID: [UInt64]] = [:]

    /// Its members of Raft groups.
    let replicas = Replicas()
    /// Its quorum queues.
    let quorum = QuorumQueues()
    /// Transactions between this node and others.
    let rollForward = RollForward()
    /// What the journal had of groups that this node is no member of yet.
    var storedGroups = StoredGroups()
    /// The last segment that was there when some were found damaged, until they have gone.
    var damagedThrough: UInt64?
    /// What makes it a member of a cluster; nil when it is alone.
    private(set) var cluster: ClusterMember?
    /// Whether so much waits for mirrors that publishers must wait too.
    @exclusivity(unchecked) var isMirrorBehind = false
    /// Where confirms of watched queues are counted.
    let recorder: TimelineRecorder?

    var connections: [ConnectionID: Connection] = [:]
    var lastConnection: UInt64 = 0

    // Work for the next tick.
    @exclusivity(unchecked) private var scheduled: [ClassicQueue] = []
    var overLength: [ClassicQueue] = []
    @exclusivity(unchecked) var deadLetters = DeadLetterTurn()
    @exclusivity(unchecked) private var dirty: [Connection] = []
    var requests = Deque<PendingRequest>()
    var proposals = Deque<Proposal>()
    private var tasks = Deque<SliceTask>()
    var timers = Heap<Timer>()
    @exclusivity(unchecked) var awaitingDurability = Deque<DurabilityWaiter>()
    var readingPaused: [Connection] = []
    private(set) var isTicking = false
    var isWatchingDeliveryAcks = false
    var controlAnswers: [UInt64: (Answer) -> Void] = [:]
    var lastControl: UInt64 = 0

    @exclusivity(unchecked) var isMemoryShort = false
    /// Whether there is less room on the disk than must stay free, and how much there is, where that is known.
    var isDiskShort = false
    var diskFree: Int?
    var lastMemoryCheck: Instant
    /// Counts looks at the memory; what a connection publishes is limited between two of them when memory is tight.
    @exclusivity(unchecked) var memoryWindow: UInt64 = 0
    /// Bytes that each connection may publish in this window.
    @exclusivity(unchecked) var publishAllowance = Int.max
    var isWatchingMemory = false
    var otherMemory = 0
    /// Looks at the memory since anything happened: what happens in a tick is seen by the next look.
    @exclusivity(unchecked) var quietMemoryChecks = 0

    /// A mistake to make on purpose; for tests of the tests.
    package var plantedFault: PlantedFault?

    /// Called when something happened outside a tick that wants one.
    public var wake: (() -> Void)?

    /// A node with the virtual host "/" and nothing in it.
    public init(_ configuration: NodeConfiguration, now: Instant) {
        self.configuration = configuration
        self.now = now
        startedAt = now
        recorder = configuration.cluster?.recorder
        lastMemoryCheck = now
        journal = Journal(storage: configuration.storage, segmentLimit: configuration.segmentBytes)
        random = SplitMix64(seed: configuration.seed)
        virtualHosts["/"] = VirtualHost(name: "/")
        if let cluster = configuration.cluster { self.cluster = ClusterMember(cluster, node: self) }
    }

    // MARK: Connections

    /// Brings the node's clock up to date before something is done with it between two ticks.
    public func advance(to now: Instant) { self.now = max(self.now, now) }

    /// Takes a new client at `peer` that reached this node at `local`, both "ADDRESS:PORT".
    public func accept(peer: String, local: String = "", now: Instant) -> Connection {
        self.now = now
        lastConnection += 1
        // The virtual host is chosen by `connection.open`; until then nothing uses it.
        let connection = Connection(
            id: ConnectionID(lastConnection), node: self, peer: peer, local: local, virtualHost: defaultVirtualHost)
        connections[connection.id] = connection
        // Nothing could be kept for it.
        // Nor would it see what the others have agreed upon.
        if storageFailure != nil || !isServing { connection.close() }
        watch(connection)
        watchDeliveryAcks()
        return connection
    }

    /// Hands bytes to a connection at a given time; see `Connection.receive`.
    public func receive(_ bytes: UnsafeRawBufferPointer, on connection: Connection, now: Instant) -> Int {
        self.now = now
        let used = connection.receive(bytes)
        connection.octets.received &+= UInt64(used)
        return used
    }

    func remove(_ connection: Connection) {
        connections[connection.id] = nil
        readingPaused.removeAll { $0 === connection }
    }

    /// What belongs to a connection alone goes with it.
    func connectionEnded(_ connection: Connection) {
        for relay in connection.sortedRelays { relay.close() }
        connection.relays = [:]
        for id in exclusiveQueues.removeValue(forKey: connection.id) ?? [] {
            submit(.reap(queueID: id), from: .node, in: connection.virtualHost)
        }
    }

    @inline(__always)
    func noteDirty(_ connection: Connection) {
        if !connection.isDirty {
            connection.isDirty = true
            dirty.append(connection)
            noteWork()
        }
    }

    // MARK: Queues

    func queue(id: UInt64) -> ClassicQueue? { queuesByID[id] }
    /// A queue of the node's own, which no list names.
    func keepUnlisted(_ queue: ClassicQueue) { queuesByID[queue.id] = queue }

    func register(_ queue: ClassicQueue) {
        queuesByID[queue.id] = queue
        queueList.append(queue)
        recorder?.declared(queue.id, vhost: queue.virtualHost.name, name: queue.name)
        if let distant = queue.distant as? QuorumQueue { return add(distant) }
        guard !queue.isRemote else { return }
        queue.watchUse()
        if let owner = queue.settings.exclusiveOwner, queue.settings.home == cluster?.home {
            exclusiveQueues[owner, default: []].append(queue.id)
            // Its connection may have gone while the declaration was on its way.
            if connections[owner]?.isFinished ?? true {
                submit(.reap(queueID: queue.id), from: .node, in: queue.virtualHost)
            }
        }
    }

    /// Takes a deleted queue out of service; returns how many ready messages it had.
    func retire(_ queue: ClassicQueue) -> Int {
        queue.isDeleted = true
        queuesByID[queue.id] = nil
        if let owner = queue.settings.exclusiveOwner { exclusiveQueues[owner]?.removeAll { $0 == queue.id } }
        queueList.remove(queue)
        if queue.unackedCount + queue.foreignUnacked > 0 { retired[queue.id] = queue }
        let count = (queue.distant as? QuorumQueue)?.counts.messages ?? queue.readyCount
        discardReady(of: queue)
        tellConsumers(of: queue)
        quorum.remove(queue.id)
        if let replica = replicas[QuorumMember.group(of: queue.id)] { replicas.remove(replica) }
        queue.distant?.deleted()
        queue.endMirroring()
        return count
    }

    /// Keeps a deleted queue alive for a delivery that still names it.
    func keepUntilSettled(_ queue: ClassicQueue) { retired[queue.id] = queue }

    func schedule(_ queue: ClassicQueue) {
        scheduled.append(queue)
        noteWork()
    }

    // MARK: Ticks

    /// Ends everything: clients are told, those who wait for an answer of the control plane get a failure, and nothing
    /// is taken any more (RabbitMQ closes connections with 320 as well).
    public func shutDown(now: Instant) {
        self.now = now
        isShuttingDown = true
        let reason = ProtocolException.brokerStops
        for connection in sortedConnections {
            connection.fail(reason)
            connection.transport?.update(connection)
            connection.close()
            connection.transport?.update(connection)
        }
        requests.removeAll()
        let waiting = controlAnswers.sorted { $0.key < $1.key }
        controlAnswers.removeAll()
        for (_, completed) in waiting { completed(.failed(reason)) }
        while let task = tasks.popFirst() {
            // Somebody waits for the end of these; the others end with the messages.
            if case .control(let work) = task { while !work(self) {} }
            if case .endTransaction(let end) = task { while !end.proceed(in: self) {} }
        }
        // What was written down is handed over; an earlier batch that is under way comes first.
        flushJournal()
    }

    /// Carries out what has been asked for since the last tick, within this tick's limits.
    public func tick(now: Instant) -> TickOutcome {
        // A transport that calls back in the middle of a tick has its turn in the next.
        guard !isTicking else { return TickOutcome(hasMore: true, nextDeadline: nil) }
        self.now = now
        isTicking = true
        givenBack = 0
        deadLetters.begin()
        fireTimers()
        checkMemory()
        carryOutRequests()
        if rollForward.isDue { rollForward.proceed() }
        quorum.flush()
        if let cluster { cluster.advance() } else { replicas.advance(now: now.nanoseconds) }
        if let task = tasks.popFirst(), !carryOut(task) { tasks.append(task) }
        deliver()
        dropOverLength()
        coolSome()
        flushJournal()
        let flushing = dirty
        dirty.removeAll(keepingCapacity: true)
        for connection in flushing { flush(connection) }
        cluster?.sendRelayed()
        isTicking = false
        noteActivity()
        return TickOutcome(
            hasMore: (!requests.isEmpty && isServing) || !tasks.isEmpty || !scheduled.isEmpty || !dirty.isEmpty
                || !overLength.isEmpty || hasMoreToCool || quorum.isBusy || rollForward.isDue
                || cluster?.mirrors.isBusy == true,
            nextDeadline: earliestDeadline)
    }

    private func deliver() {
        var budget = Limits.deliveriesPerTick
        var turns = scheduled.count
        var index = 0
        while index < scheduled.count, turns > 0, budget > 0 {
            let queue = scheduled[index]
            index += 1
            turns -= 1
            let share = min(budget, Limits.deliveriesPerTurn)
            let left = queue.deliver(budget: share)
            budget -= share - left
            if left == 0 {
                scheduled.append(queue)
            } else {
                queue.isScheduled = false
                queue.lastActive = now
            }
        }
        scheduled.removeFirst(index)
    }

    private func flush(_ connection: Connection) {
        connection.isDirty = false
        for channel in connection.confirming {
            channel.hasConfirmsToSay = false
            channel.sayConfirms()
        }
        connection.confirming.removeAll(keepingCapacity: true)
        connection.transport?.update(connection)
        guard connection.hasRoom else { return }
        connection.resumeStalled()
        for channel in connection.sendingBodies where channel.continueBody() {
            connection.sendingBodies.removeAll { $0 === channel }
            if channel.confirms.hasNews { channel.noteConfirms() }
            channel.bodySent()
        }
        if connection.outbound.count > 0 { noteDirty(connection) }
    }

    // MARK: Tasks in slices

    func later(_ task: SliceTask) {
        tasks.append(task)
        noteWork()
    }

    /// Does one slice; returns whether the task is finished.
    private func carryOut(_ task: SliceTask) -> Bool {
        switch task {
        case .release(let remains):
            return remains.releaseSome(in: self)
        case .giveBack(let returning):
            return returning.continueReturning(in: self)
        case .settle(let reference):
            channel(reference)?.continueSettling()
            return true
        case .endTransaction(let end):
            return end.proceed(in: self)
        case .control(let work):
            return work(self)
        }
    }

    /// Any number from 0 on, below another.
    func randomNumber(below end: Int) -> Int { Int(random.next() % UInt64(max(end, 1))) }

    /// A name that nobody else has: the prefix and 22 letters of RabbitMQ's alphabet (`rabbit_guid`).
    func uniqueName(prefix: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let letters = (0..<22).map { _ in alphabet[Int(random.next() & 63)] }
        return prefix + String(decoding: letters, as: UTF8.self)
    }
}
