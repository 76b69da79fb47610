import Raft

@testable import Broker

/// A whole cluster on virtual time: nodes, their disks and clocks, the links between them, and clients, everything
/// decided by one seed. See `ClusterWeather` for what goes wrong, `ClusterLink` for what a network may do, and
/// `ClusterLedger`, `LogWatch` and `ClusterWorld+Ending` for what must hold.
final class ClusterWorld {
    let seed: UInt64
    var random: SplitMix64
    /// Virtual nanoseconds.
    private(set) var time: UInt64 = 1_000_000_000
    /// Events handled so far.
    private(set) var step = 0
    private var events = EventQueue<ClusterEvent>()
    var trace: Trace
    var statistics = ClusterStatistics()
    private(set) var failure: ClusterFailure?
    let weather: ClusterWeather
    let fault: ClusterFault?
    private let place: ClusterFault?

    private(set) var nodes: [ClusterNode] = []
    private(set) var links: [ClusterLink] = []
    private(set) var clients: [ClusterClient] = []
    var lastPartition = 0
    /// Things may go wrong.
    private(set) var isStormy = false
    private(set) var isEnding = false
    var actionsLeft = 0
    private var lastNumber = 0

    private(set) lazy var ledger = ClusterLedger(world: self)
    let logs = LogWatch()
    let mirrors = MirrorWatch()

    /// Events that a seed may take before something is taken to go round in circles.
    private static let stepLimit = 3_000_000

    /// - Parameters:
    ///   - fault: A mistake that the cluster makes.
    ///   - place: The mistake for whose discovery this world is made, whether it is made or not.
    init(seed: UInt64, fault: ClusterFault? = nil, madeFor place: ClusterFault? = nil, isReadable: Bool = false) {
        self.seed = seed
        self.fault = fault
        self.place = place
        var random = SplitMix64(seed: seed)
        trace = Trace(isReadable: isReadable)
        weather = place.map { ClusterWeather(&random, for: $0) } ?? ClusterWeather(&random)
        self.random = random
        nodes = (1...UInt32(weather.nodes)).map { ClusterNode($0, in: self) }
        for (place, low) in nodes.enumerated() {
            for high in nodes[(place + 1)...] { links.append(ClusterLink(low, high, in: self)) }
        }
        trace.say { "seed \(seed): \(weather)" }
    }

    // MARK: Running

    /// Runs the seed to its end. Throws what was wrong.
    func run() throws(ClusterFailure) {
        for node in nodes { node.start() }
        try setUp()
        isStormy = true
        actionsLeft = random.between(100, 400)
        for _ in 0..<random.between(2, 5) {
            let client = addClient()
            plan(.connect(client), after: random.nanoseconds(upToMicroseconds: 5000))
            plan(.act(client), after: random.nanoseconds(upToMicroseconds: 20_000))
        }
        plan(.mishap, after: random.nanoseconds(upToMicroseconds: weather.calmMilliseconds * 1000))
        try runUntil { actionsLeft <= 0 }
        (isEnding, isStormy) = (true, false)
        try end()
    }

    func addClient() -> ClusterClient {
        let client = ClusterClient(world: self, number: clients.count + 1)
        clients.append(client)
        return client
    }

    /// Runs until something is so; false when it is not after so many virtual milliseconds.
    @discardableResult
    func run(_ milliseconds: UInt64, until isDone: () -> Bool = { false }) throws(ClusterFailure) -> Bool {
        let limit = time + milliseconds * 1_000_000
        try runUntil { isDone() || time >= limit }
        return isDone()
    }

    func runUntil(_ isDone: () -> Bool) throws(ClusterFailure) {
        while !isDone(), failure == nil, let (when, event) = events.next() {
            time = max(time, when)
            step += 1
            trace.add(time)
            handle(event)
            if step > Self.stepLimit { fail("no end after \(step) events") }
        }
        if let failure { throw failure }
    }

    private func handle(_ event: ClusterEvent) {
        switch event {
        case .tick(let node, let life): whenAwake(node, life, event) { node.tickIsDue() }
        case .alarm(let node, let life, let at): whenAwake(node, life, event) { node.alarmIsDue(at) }
        case .restart(let node): node.start()
        case .arrival(let end): whenAwake(end.node, end.node.life, event) { end.arrived() }
        case .lateFrame(let end, let epoch, let bytes):
            whenAwake(end.node, end.node.life, event) { end.arrivedLate(bytes, epoch) }
        case .reconnect(let link): link.connect()
        case .unstall(let end, let number): end.unstall(number)
        case .flushDone(let disk): disk.flushDone()
        case .readDone(let disk, let number): disk.readDone(number)
        case .toNode(let connection): whenAwake(connection.home, connection.life, event) { connection.deliverToNode() }
        case .toClient(let connection): connection.deliverToClient()
        case .connect(let client): client.connect()
        case .act(let client): client.turn()
        case .ambush(let node, let life): if node.life == life { ambush(node) }
        case .coup(let node, let life, let voter): if node.life == life { overthrow(node, voter) }
        case .mishap: mishap()
        case .relief(let mishap): relieve(mishap)
        }
    }

    /// Does something with a node, later if it stands still, never if it is not the same any more.
    private func whenAwake(_ node: ClusterNode, _ life: Int, _ event: ClusterEvent, _ work: () -> Void) {
        if node.pausedUntil > time {
            events.plan(event, at: node.pausedUntil)
        } else if node.life == life {
            work()
        }
    }

    // MARK: What the world's parts use

    func plan(_ event: ClusterEvent, after delay: UInt64) { events.plan(event, at: time + delay) }

    /// Now, for the trace: seconds since the world began.
    var clock: String {
        let micro = (time - 1_000_000_000) / 1000
        let digits = String(micro % 1_000_000)
        return "[\(micro / 1_000_000).\(String(repeating: "0", count: 6 - digits.count))\(digits)]"
    }

    func link(_ one: UInt32, _ other: UInt32) -> ClusterLink {
        let (low, high) = (min(one, other), max(one, other))
        guard let link = links.first(where: { $0.low.number == low && $0.high.number == high }) else {
            preconditionFailure("there is no link \(low)-\(high)")
        }
        return link
    }

    func links(of node: ClusterNode) -> [ClusterLink] { links.filter { $0.low === node || $0.high === node } }

    func delay(_ link: ClusterLink) -> UInt64 {
        let jitter = random.chance(2) ? 60_000 : Int(link.latency / 1000) + 1
        return link.latency + random.nanoseconds(upToMicroseconds: jitter)
    }

    func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    /// Stops the run; only the first reason counts.
    func fail(_ reason: String) {
        guard failure == nil else { return }
        trace.say { "\(clock) FAILED: \(reason)" }
        let setting =
            fault.map { "WARREN_CLUSTER_FAULT=\($0) " } ?? place.map { "WARREN_CLUSTER_WORLD=\($0) " } ?? ""
        failure = ClusterFailure(
            seed: seed, step: step, hash: trace.hash, reason: "\(clock) \(reason)",
            lastLines: Array(trace.lines.suffix(80)), setting: setting)
    }

    // MARK: Looking on

    /// Looks at a node after something was done with it.
    func lookAt(_ node: ClusterNode) {
        guard let broker = node.node else { return }
        plantFaults(in: node)
        let up = broker.replicas.upNodes
        if up != node.upNodes {
            for lost in node.upNodes where !up.contains(lost) {
                ledger.parted(node.number, lost)
                mirrors.lost(lost, by: node.number, at: time)
                trace.say { "\(clock) node \(node.number) takes \(lost) for down" }
            }
            for found in up where !node.upNodes.contains(found) {
                mirrors.found(found, by: node.number, at: time)
                trace.say { "\(clock) node \(node.number) takes \(found) for up" }
            }
            node.upNodes = up
        }
        if broker.isInMinority != node.isInMinority {
            node.isInMinority.toggle()
            trace.say { "\(clock) node \(node.number) is \(node.isInMinority ? "" : "not ")in a minority" }
            // Whoever was connected to it, from other nodes too, is not any more.
            if node.isInMinority { for other in nodes { ledger.parted(node.number, other.number) } }
        }
        lookAtLogs(of: node)
        if logs.hasVoted(broker, number: node.number) { voted(node) }
    }

    func lookAtLogs(of node: ClusterNode) {
        guard let broker = node.node else { return }
        let elections = logs.elections
        if let wrong = logs.look(at: broker, number: node.number, life: node.life, time: time, &trace, clock) {
            fail(wrong)
        }
        if let wrong = mirrors.look(at: broker, in: self) { fail(wrong) }
        if logs.elections > elections { elected(node) }
    }

    func crashed(_ node: ClusterNode, _ ending: SurvivingDisk.Ending) {
        statistics.crashes += 1
        if ending == .power { statistics.powerLosses += 1 }
        ledger.crashed(node.number)
        logs.crashed(node.number)
        for client in clients { client.connection?.nodeCrashed(node) }
    }

    func plantFaults(in node: ClusterNode) {
        guard let planted = fault?.inGroups, let broker = node.node else { return }
        for replica in broker.replicas.all { replica.group.plantedFault = planted }
    }
}
