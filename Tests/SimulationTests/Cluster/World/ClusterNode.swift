import Journal
import Raft

@testable import Broker

/// One node of the cluster through all its lives, with a disk, a clock of its own, and its ends of the links.
final class ClusterNode: ClusterTransport {
    let number: UInt32
    unowned let world: ClusterWorld
    private(set) lazy var disk = ClusterDisk(of: self)
    private(set) var node: Node?
    private(set) var incarnation: UInt64 = 0
    /// Counts starts and crashes.
    private(set) var life = 0
    /// Until then the process stands still.
    var pausedUntil: UInt64 = 0
    /// Segments up to this one cannot be relied upon any more.
    private(set) var spoiledThrough: UInt64?
    /// Every sync takes long.
    var isDiskSlow = false
    /// The nodes that it took for up when that was looked at last.
    var upNodes: [UInt32] = []
    /// Whether it heard too few of them to serve.
    var isInMinority = false
    /// Which life of each other node it was, at most, whose words it has passed on to its clients.
    private(set) var heardLives: [UInt32: Int] = [:]

    /// Who led mirrored queues, as it knew when its last tick had ended.
    private(set) var reigns: [String: ClusterReign] = [:]

    // Its clock: it begins anew with each life, runs too fast or too slow, and is wrong about the time of day.
    private(set) var startedAt: UInt64 = 0
    /// Thousandths of the right speed.
    private let pace: UInt64
    private var skew: UInt64
    private static let clockStart: UInt64 = 1_000_000_000

    private var isTickPlanned = false
    private var alarmAt: UInt64?

    init(_ number: UInt32, in world: ClusterWorld) {
        self.number = number
        self.world = world
        pace = world.weather.hasBadClocks ? UInt64(world.random.between(970, 1030)) : 1000
        skew = world.random.nanoseconds(upToMicroseconds: world.weather.hasBadClocks ? 5_000_000 : 1000)
        if pace != 1000 { world.statistics.skewedClocks += 1 }
    }

    var isRunning: Bool { node != nil }
    var isServing: Bool { node?.isServing == true }
    var leadsMetadata: Bool { node?.cluster?.metadata.replica.isLeader == true }
    var name: String { "warren\(number)@localhost" }

    /// Now, on the clock of this life.
    var instant: Instant { Instant(nanoseconds: Self.clockStart + (world.time - startedAt) * pace / 1000) }

    func diskDelay() -> UInt64 {
        if number <= world.weather.laggards { return world.random.nanoseconds(upToMicroseconds: 40_000) }
        return world.random.nanoseconds(
            upToMicroseconds: isDiskSlow ? 300_000 : world.random.chance(3) ? 40_000 : world.weather.syncMicroseconds)
    }

    // MARK: Lives

    func start() {
        guard node == nil else { return }
        life += 1
        incarnation += 1
        if incarnation > 1 {
            world.statistics.restarts += 1
            if world.weather.hasJumpingClocks, world.random.chance(50) {
                skew = world.random.nanoseconds(upToMicroseconds: 20_000_000)
                world.statistics.clockJumps += 1
            }
        }
        startedAt = world.time
        pausedUntil = 0
        upNodes = []
        isInMinority = false
        reigns = [:]
        (isTickPlanned, alarmAt) = (false, nil)
        var cluster = ClusterConfiguration(
            node: number, names: world.nodes.map(\.name), incarnation: incarnation, transport: self)
        cluster.snapshotEntries = world.weather.snapshotEntries
        var configuration = NodeConfiguration(name: name, storage: disk, seed: world.seed &+ UInt64(number))
        configuration.segmentBytes = world.weather.segmentBytes
        configuration.clockOffset = startedAt + skew
        configuration.cluster = cluster
        if world.weather.keepsNothingWarm { (configuration.warmBytes, configuration.snapshotSliceBytes) = (0, 300) }
        let node = Node(configuration, now: instant)
        node.plantedFault = world.fault?.inNode
        node.wake = { [unowned self] in planTick() }
        self.node = node
        do throws(StorageError) {
            let found = try node.recover { visit throws(StorageError) in
                var recovered = try disk.recover(visit)
                noteSpoiled(&recovered)
                return recovered
            }
            world.trace.add(UInt64(found.messages))
            world.trace.say { "\(world.clock) node \(number) starts, \(found.messages) messages found" }
            if found.unreadable > 0 { world.fail("node \(number) finds \(found.unreadable) records without sense") }
        } catch {
            world.fail("node \(number) does not start after its crash: \(error)")
        }
        world.plantFaults(in: self)
        planTick()
        for link in world.links(of: self) { link.connect() }
    }

    func crash(_ ending: SurvivingDisk.Ending) {
        guard let dying = node else { return }
        world.trace.say { "\(world.clock) node \(number) crashes: \(ending)" }
        world.crashed(self, ending)
        life += 1
        dying.wake = nil
        node = nil
        disk = disk.afterCrash(ending, &world.random)
        for link in world.links(of: self) { link.lost(self, ending) }
    }

    /// What the disk has by now is not all that was written down, as far as the next start can tell. All of it is there in
    /// truth, so that what counts is that nobody relies on it who must not: the members of Raft groups.
    func spoil() {
        spoiledThrough = disk.segments.keys.max()
        world.statistics.losses += 1
        world.trace.say { "\(world.clock) the disk of node \(number) is spoiled" }
    }

    private func noteSpoiled(_ recovered: inout RecoveredJournal) {
        guard let spoiled = spoiledThrough else { return }
        guard let first = recovered.segments.first?.segment, first <= spoiled else { return spoiledThrough = nil }
        recovered.damage = [JournalDamage(segment: first, offset: 0, reason: "spoiled")]
    }

    // MARK: Links

    func send(_ bytes: UnsafeRawBufferPointer, to peer: UInt32) {
        world.link(number, peer).carry(bytes, from: self)
    }

    func receive(_ bytes: [UInt8], from peer: UInt32) {
        bytes.withUnsafeBytes { node?.receive(fromPeer: peer, bytes: $0, now: instant) }
        somethingCame()
    }

    func linkOpened(_ peer: UInt32) {
        node?.linkOpened(peer, now: instant)
        somethingCame()
    }

    func linkReset(_ peer: UInt32) {
        node?.linkReset(peer, now: instant)
        somethingCame()
    }

    private func somethingCame() {
        planTick()
        world.lookAt(self)
    }

    // MARK: Ticks

    func planTick() {
        guard !isTickPlanned, isRunning else { return }
        isTickPlanned = true
        world.plan(
            .tick(self, life: life), after: world.random.nanoseconds(upToMicroseconds: world.weather.tickMicroseconds))
    }

    func tickIsDue() {
        isTickPlanned = false
        tick()
    }

    func alarmIsDue(_ planned: UInt64) {
        guard alarmAt == planned else { return }
        alarmAt = nil
        tick()
    }

    private func tick() {
        guard let node else { return }
        let outcome = node.tick(now: instant)
        if outcome.hasMore { planTick() }
        if let deadline = outcome.nextDeadline {
            let local = max(deadline.nanoseconds, Self.clockStart) - Self.clockStart
            let (product, isFar) = local.multipliedReportingOverflow(by: 1000)
            let due = isFar ? world.time + 1_000_000_000 : max(startedAt + product / pace + 1, world.time + 1000)
            if due < alarmAt ?? .max {
                alarmAt = due
                world.plan(.alarm(self, life: life, at: due), after: due - world.time)
            }
        }
        if let failure = node.storageFailure { world.fail("node \(number) has given up: \(failure)") }
        for link in world.links(of: self) { heardLives[link.peer(of: self).number] = link.end(to: self).heardLife }
        for queue in ClusterTopology.mirrored { reigns[queue.name] = reign(of: queue.name) }
        world.lookAt(self)
    }

    /// Who leads a mirrored queue, as it knows.
    func reign(of queue: String) -> ClusterReign? {
        guard let mirroring = node?.virtualHosts["/"]?.queues[queue]?.mirroring else { return nil }
        let leader = mirroring.leader.node
        return ClusterReign(epoch: mirroring.epoch, life: leader == number ? life : heardLives[leader] ?? 0)
    }
}
