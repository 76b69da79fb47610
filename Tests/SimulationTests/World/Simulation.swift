import Journal

@testable import Broker

/// One node, its clients, connections and storage on virtual time, everything decided by one seed. The node crashes at
/// times and starts again from what its disk has kept; see `Simulation+Crash`.
final class Simulation {
    let seed: UInt64
    var random: SplitMix64
    /// Virtual nanoseconds.
    private(set) var time: UInt64 = 1_000_000_000
    /// When the clock of the node that runs now began.
    private(set) var clockOffset: UInt64 = 0
    /// Events handled so far.
    private(set) var step = 0
    private var events = EventQueue<WorldEvent>()
    var trace: Trace
    let ledger = Ledger()
    var statistics = Statistics()
    private(set) var failure: SimulationFailure?

    private(set) lazy var storage = SimulatedStorage(simulation: self)
    private(set) lazy var node = startNode()
    let disk: SurvivingDisk
    /// The node has crashed and its clients wait for what lasts to be declared again.
    private(set) var isDown = false
    private var waitingToConnect: [SimulatedClient] = []
    private let fault: PlantedFault?
    private let segmentBytes: Int
    /// Chance of a crash with each action of a client, in tenths of a percent.
    let crashes: Int
    /// Messages leave memory as soon as the disk has them.
    let keepsNothingWarm: Bool
    private(set) var connections: [SimulatedConnection] = []
    private(set) var clients: [SimulatedClient] = []

    private var isTickPlanned = false
    private var alarmAt: UInt64?
    private var lastNumber = 0
    private var actionsLeft = 0
    private(set) var isEnding = false
    /// A mistake of the world's, so that tests can show that its checks notice what they should.
    let worldFault: WorldFault?
    let tickDelayMicroseconds: Int

    /// Events that a seed may take before something is taken to go round in circles.
    static let stepLimit = 2_000_000

    init(seed: UInt64, fault: PlantedFault? = nil, worldFault: WorldFault? = nil, isReadable: Bool = false) {
        self.seed = seed
        self.fault = fault
        self.worldFault = worldFault
        random = SplitMix64(seed: seed)
        trace = Trace(isReadable: isReadable)
        tickDelayMicroseconds = random.pick([5, 200, 2000])
        segmentBytes = random.pick([3000, 40_000, 400_000, Journal.segmentBytes])
        crashes = random.pick([0, 2, 8])
        keepsNothingWarm = random.chance(40)
        disk = SurvivingDisk(keepsRemoved: segmentBytes <= 40_000)
    }

    /// A node that has just been started, with nothing in it.
    private func startNode() -> Node {
        clockOffset = time - 1_000_000_000
        var configuration = NodeConfiguration(storage: storage, seed: seed)
        configuration.segmentBytes = segmentBytes
        configuration.clockOffset = clockOffset
        if keepsNothingWarm { configuration.warmBytes = 0 }
        let node = Node(configuration, now: instant)
        node.plantedFault = fault
        node.wake = { [unowned self] in planTick() }
        return node
    }

    /// Drops the node that has crashed and starts another.
    func replaceNode() { node = startNode() }

    /// Now, on the node's clock.
    var instant: Instant { Instant(nanoseconds: time - clockOffset) }

    /// What a run was like, so that a test can see that it exercised what it should.
    struct Statistics: Equatable {
        var messages = 0
        var confirms = 0
        var deliveries = 0
        var redeliveries = 0
        var returns = 0
        var cuts = 0
        var heartbeatTimeouts = 0
        var channelErrors = 0
        var fullTransports = 0
        var refusals = 0
        var commits = 0
        var largeCommits = 0
        var rollbacks = 0
        var crashes = 0
        var powerLosses = 0
        /// Crashes in the middle of a batch of which a part was found.
        var tornBatches = 0
        var expired = 0
        var dropped = 0
    }

    // MARK: Running

    /// Runs the seed to its end. Throws what was wrong.
    func run() throws(SimulationFailure) {
        try setUpTopology()
        actionsLeft = random.between(100, 600)
        for _ in 0..<random.between(2, 5) {
            let client = addClient(in: random.chance(70) ? "/" : random.pick(Topology.hosts), isScripted: false)
            plan(.connect(client), after: random.nanoseconds(upToMicroseconds: 5000))
            plan(.act(client), after: random.nanoseconds(upToMicroseconds: 20_000))
        }
        while actionsLeft > 0 {
            try runUntil { actionsLeft <= 0 || isDown }
            if isDown { try restore() }
        }
        try heal()
        if crashes > 0, random.chance(30) {
            crash()
            try restore()
        }
        for host in Topology.hosts { try drain(host) }
        try checkNothingIsLeft()
        (statistics.expired, statistics.dropped) = (ledger.expired, ledger.dropped)
    }

    func addClient(in host: String, isScripted: Bool) -> SimulatedClient {
        let client = SimulatedClient(simulation: self, number: clients.count + 1, host: host, isScripted: isScripted)
        clients.append(client)
        return client
    }

    func beginEnding() { isEnding = true }

    /// The node is gone; until `wentUp` only scripted clients come.
    func wentDown() { isDown = true }

    func wentUp() {
        isDown = false
        for client in waitingToConnect {
            plan(.connect(client), after: random.nanoseconds(upToMicroseconds: 20_000))
        }
        waitingToConnect.removeAll()
    }

    /// Runs until nothing happens any more but heartbeats.
    func runUntilQuiet() throws(SimulationFailure) { try runUntil { events.foregroundCount == 0 } }

    func runUntil(_ isDone: () -> Bool) throws(SimulationFailure) {
        while !isDone(), failure == nil, let (when, event) = events.next() {
            time = max(time, when)
            step += 1
            trace.add(time)
            handle(event)
            if step > Self.stepLimit { fail("no end after \(step) events") }
        }
        if let failure { throw failure }
    }

    private func handle(_ event: WorldEvent) {
        switch event {
        case .tick:
            isTickPlanned = false
            tick()
        case .alarm:
            alarmAt = nil
            tick()
        case .bytesToNode(let connection): connection.deliverToNode()
        case .bytesToClient(let connection): connection.deliverToClient()
        case .cut(let connection):
            guard !isEnding, !connection.isOver else { return }
            statistics.cuts += 1
            connection.cut()
        case .act(let client): act(client)
        case .connect(let client):
            if isDown, !client.isScripted { waitingToConnect.append(client) } else if !isEnding { client.connect() }
        case .heartbeat(let connection): connection.client.beat(connection)
        case .flushDone:
            disk.keepRemoved(from: storage) { storage.completeSome() }
        case .crash: if !isEnding, !isDown { crash() }
        case .readDone(let number): storage.answerRead(number)
        }
    }

    private func act(_ client: SimulatedClient) {
        guard !isEnding else { return }
        if client.isHung {
            plan(.act(client), after: client.hungUntil - time + 1)
            return
        }
        client.connection?.planDownstream()
        if !isDown {
            actionsLeft -= 1
            if random.below(1000) < crashes { plan(.crash, after: random.nanoseconds(upToMicroseconds: 5000)) }
        }
        client.act()
        let pause = random.chance(4) ? 1_500_000 : random.pick([50, 500, 5000])
        plan(.act(client), after: random.nanoseconds(upToMicroseconds: pause))
    }

    private func tick() {
        trace.say { "tick" }
        let outcome = disk.keepRemoved(from: storage) { node.tick(now: instant) }
        if let wrong = ledger.tickEnded(time: time) { fail(wrong) }
        if outcome.hasMore { planTick() } else { ledger.nodeIsQuiet(step: step) }
        if let deadline = outcome.nextDeadline.map({ $0.nanoseconds &+ clockOffset }), deadline < alarmAt ?? .max {
            alarmAt = deadline
            events.plan(.alarm, at: max(deadline, time))
        }
    }

    // MARK: What the world's parts use

    func plan(_ event: WorldEvent, after delay: UInt64) { events.plan(event, at: time + delay) }

    /// A tick soon, not at once: meanwhile more bytes may come, and suspended channels hold frames back.
    func planTick() {
        guard !isTickPlanned else { return }
        isTickPlanned = true
        plan(.tick, after: random.nanoseconds(upToMicroseconds: tickDelayMicroseconds))
    }

    func cutSoon(_ connection: SimulatedConnection) {
        plan(.cut(connection), after: random.nanoseconds(upToMicroseconds: 5000))
    }

    func openConnection(for client: SimulatedClient) -> SimulatedConnection {
        let connection = SimulatedConnection(simulation: self, client: client, number: connections.count + 1)
        connections.append(connection)
        return connection
    }

    func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    func newChannel(_ number: UInt16, on connection: SimulatedConnection) -> ChannelModel {
        ChannelModel(number: number, id: nextNumber(), connection: connection)
    }

    func newMessage(on channel: ChannelModel, _ route: MessageModel.Route, size: Int) -> MessageModel {
        let first = UInt8(truncatingIfNeeded: random.next())
        let stride = UInt8(truncatingIfNeeded: random.next()) | 1
        let message = MessageModel(
            id: ledger.messages.count, publisher: channel, route: route,
            body: (0..<size).map { first &+ UInt8(truncatingIfNeeded: $0 &+ $0 >> 8) &* stride }, begun: step,
            begunTime: time, transaction: channel.transaction)
        channel.transaction?.messages.append(message)
        message.index = channel.messageCount
        channel.messageCount += 1
        if channel.isConfirming { channel.published.append(message) }
        ledger.add(message)
        statistics.messages += 1
        return message
    }

    /// Stops the run; only the first reason counts.
    func fail(_ reason: String) {
        guard failure == nil else { return }
        failure = SimulationFailure(
            seed: seed, step: step, hash: trace.hash, reason: reason, lastLines: Array(trace.lines.suffix(60)))
    }
}
