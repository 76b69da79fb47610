@testable import Broker

/// The link between two nodes: a connection that breaks and is made again, each time under a new number.
///
/// What `ClusterTransport` promises, it keeps, as TCP would: what is sent in one call arrives whole and in order, or is
/// lost with the connection, which both sides are told, each in its own time; so what each says meanwhile is lost as
/// well. Beyond that it is as bad as a network can be, by kind of frame:
///
/// | kind                                | may be lost | doubled or overtaken | why
/// |-------------------------------------|-------------|----------------------|-----------------------------------------
/// | Raft                                | yes         | yes                  | Raft asks for no more of its network
/// | proposals, quorum commands          | yes         | yes                  | asked for again until applied; counted once
/// | losses of members                   | yes         | yes                  | said again to whoever speaks to one
/// | quorum resumes                      | no          | yes                  | asking twice must not deliver twice
/// | heartbeats, quorum replies, relays  | no          | no                   | a stream: loss is what a reset says
///
/// Late frames belong to their connection and never come out in a later one.
final class ClusterLink {
    unowned let world: ClusterWorld
    let low: ClusterNode
    let high: ClusterNode
    private(set) var ends: [LinkEnd] = []
    /// The connection's number.
    private(set) var epoch = 0
    private(set) var isConnected = false
    /// Partitions that keep it apart.
    var cuts: Set<Int> = []
    /// Nanoseconds that bytes take, most of the time.
    let latency: UInt64

    init(_ low: ClusterNode, _ high: ClusterNode, in world: ClusterWorld) {
        self.low = low
        self.high = high
        self.world = world
        latency = world.random.nanoseconds(upToMicroseconds: world.random.pick(world.weather.latencies))
        ends = [LinkEnd(to: low, of: self), LinkEnd(to: high, of: self)]
    }

    var name: String { "link \(low.number)-\(high.number)" }

    /// Whether there is a connection that both sides have been told of, and nothing of one before is to come.
    var isWhole: Bool { isConnected && ends.allSatisfy { $0.openEpoch == epoch && $0.stall == nil } }

    func end(to node: ClusterNode) -> LinkEnd { ends[node === low ? 0 : 1] }
    func peer(of node: ClusterNode) -> ClusterNode { node === low ? high : low }

    /// Makes a connection where there can be one.
    func connect() {
        guard !isConnected, cuts.isEmpty, low.isRunning, high.isRunning else { return }
        epoch += 1
        isConnected = true
        world.trace.say { "\(world.clock) \(name) is up, number \(epoch)" }
        for end in ends { end.open(epoch, with: peer(of: end.node).life) }
    }

    /// A partition keeps it apart.
    func cut(by partition: Int) {
        cuts.insert(partition)
        sever()
    }

    /// The connection breaks. Some of what was on its way still comes, and then each side is told.
    func sever(losingAll: Bool = false) {
        guard isConnected else { return }
        isConnected = false
        world.trace.say { "\(world.clock) \(name) breaks" }
        for end in ends { end.sever(losingAll: losingAll) }
    }

    /// One of the nodes has crashed.
    func lost(_ node: ClusterNode, _ ending: SurvivingDisk.Ending) {
        end(to: node).forget()
        guard isConnected else { return }
        isConnected = false
        end(to: peer(of: node)).sever(losingAll: ending == .power && world.random.chance(50))
    }

    /// Takes what a node sends.
    func carry(_ bytes: UnsafeRawBufferPointer, from node: ClusterNode) {
        guard isConnected, end(to: node).openEpoch == epoch else { return }
        end(to: peer(of: node)).add(bytes, epoch)
    }
}

/// What is on its way to one side of a link.
final class LinkEnd {
    private enum Item {
        case bytes([UInt8], epoch: Int)
        case opened(Int, life: Int)
        case reset
    }

    unowned let node: ClusterNode
    unowned let link: ClusterLink
    private var items: [(item: Item, arrival: UInt64)] = []
    /// The connection that this side has been told of and believes in.
    private(set) var openEpoch: Int?
    /// Which life of the other node it is whose connection this side was told of last.
    private(set) var heardLife = 0
    /// Nothing comes through for now, and nobody is told: a black hole.
    private(set) var stall: Int?
    private var isPlanned = false

    init(to node: ClusterNode, of link: ClusterLink) {
        self.node = node
        self.link = link
    }

    private var world: ClusterWorld { link.world }
    private var name: String { "\(link.peer(of: node).number) -> \(node.number)" }

    // MARK: The connection

    fileprivate func open(_ epoch: Int, with life: Int) {
        // What ended before is known by now.
        let latest = world.time + link.latency
        for place in items.indices { items[place].arrival = min(items[place].arrival, latest) }
        append(.opened(epoch, life: life), after: world.delay(link))
    }

    fileprivate func sever(losingAll: Bool) {
        let first = (items.lastIndex { if case .bytes = $0.item { false } else { true } } ?? -1) + 1
        let kept = losingAll || stall != nil ? 0 : world.random.below(items.count - first + 1)
        items.removeSubrange((first + kept)...)
        stall = nil
        let delay = world.random.chance(80) ? world.delay(link) : world.random.nanoseconds(upToMicroseconds: 400_000)
        append(.reset, after: delay)
    }

    fileprivate func forget() {
        items = []
        openEpoch = nil
        stall = nil
    }

    func stall(_ number: Int) { if stall == nil { stall = number } }

    func unstall(_ number: Int) {
        guard stall == number else { return }
        stall = nil
        planNext()
    }

    // MARK: Bytes

    fileprivate func add(_ bytes: UnsafeRawBufferPointer, _ epoch: Int) {
        guard world.weather.isLossy, !world.isEnding else {
            return append(.bytes(Array(bytes), epoch: epoch), after: world.delay(link))
        }
        var inOrder: [UInt8] = []
        var rest = bytes
        while !rest.isEmpty {
            let start = bytes.count - rest.count
            guard let frame = try? ClusterFrame.next(&rest) else {
                return world.fail("node \(link.peer(of: node).number) sends what is no frame to \(node.number)")
            }
            let whole = Array(bytes[start..<bytes.count - rest.count])
            switch fate(of: frame.kind) {
            case .inOrder: inOrder += whole
            case .lost:
                world.statistics.lost += 1
                world.trace.say { "\(world.clock) \(name) loses \(frame.kind)" }
            case .late:
                world.statistics.late += 1
                isLate(whole, epoch)
            case .twice:
                world.statistics.doubled += 1
                inOrder += whole
                isLate(whole, epoch)
            }
        }
        if !inOrder.isEmpty { append(.bytes(inOrder, epoch: epoch), after: world.delay(link)) }
    }

    private enum Fate { case inOrder, lost, late, twice }

    private func fate(of kind: ClusterFrame.Kind) -> Fate {
        let roll = world.random.below(1000)
        guard roll < world.weather.lossiness else { return .inOrder }
        switch kind {
        case .raft, .proposal, .quorumCommands, .memberLost: return [.lost, .late, .twice][roll % 3]
        case .quorumResume: return .twice
        default: return .inOrder
        }
    }

    private func isLate(_ bytes: [UInt8], _ epoch: Int) {
        let delay = world.random.nanoseconds(upToMicroseconds: world.random.pick([2000, 50_000, 400_000]))
        world.plan(.lateFrame(self, epoch: epoch, bytes), after: delay)
    }

    private func append(_ item: Item, after delay: UInt64) {
        items.append((item, max(items.last?.arrival ?? 0, world.time + delay)))
        planNext()
    }

    private func planNext() {
        guard !isPlanned, stall == nil, let first = items.first else { return }
        isPlanned = true
        world.plan(.arrival(self), after: first.arrival > world.time ? first.arrival - world.time : 0)
    }

    // MARK: Events

    func arrived() {
        isPlanned = false
        guard node.isRunning else { return items = [] }
        guard stall == nil else { return }
        if let first = items.first, first.arrival <= world.time {
            items.removeFirst()
            take(first.item)
        }
        planNext()
    }

    func arrivedLate(_ bytes: [UInt8], _ epoch: Int) {
        guard node.isRunning, stall == nil, openEpoch == epoch, link.epoch == epoch else { return }
        take(.bytes(bytes, epoch: epoch))
    }

    private func take(_ item: Item) {
        let peer = link.peer(of: node).number
        switch item {
        case .bytes(let bytes, let epoch):
            guard openEpoch == epoch else { return }
            world.trace.add(UInt64(node.number) << 32 | UInt64(peer) << 40 | UInt64(bytes.count))
            world.trace.say { "\(world.clock) \(name): \(FrameText.of(bytes))" }
            node.receive(bytes, from: peer)
        case .opened(let epoch, let life):
            openEpoch = epoch
            heardLife = life
            world.trace.say { "\(world.clock) node \(node.number) has a link to \(peer)" }
            node.linkOpened(peer)
        case .reset:
            openEpoch = nil
            world.trace.say { "\(world.clock) node \(node.number) lost its link to \(peer)" }
            node.linkReset(peer)
        }
    }
}
