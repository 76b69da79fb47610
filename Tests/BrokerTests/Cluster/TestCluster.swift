import AMQP
import Raft
import Testing

@testable import Broker

/// Three nodes, each on a disk of its own, and links between them that can be cut; time passes when the test says so,
/// a millisecond at a time.
final class TestCluster {
    /// One node, when it runs, and what is left of it when it does not.
    final class Member: ClusterTransport {
        let number: UInt32
        var disk = CrashingDisk()
        var node: Node?
        var incarnation: UInt64 = 0
        /// What it found when it started last.
        fileprivate(set) var found: RecoverySummary?
        fileprivate unowned let cluster: TestCluster

        fileprivate init(_ number: UInt32, in cluster: TestCluster) {
            self.number = number
            self.cluster = cluster
            disk.segmentBytes = 20_000
        }

        func send(_ bytes: UnsafeRawBufferPointer, to peer: UInt32) {
            cluster.carry(Array(bytes), from: number, to: peer)
        }
    }

    private struct Parcel {
        let from: UInt32
        let to: UInt32
        let bytes: [UInt8]
        let arrival: UInt64
    }

    private(set) var members: [Member] = []
    private var parcels: [Parcel] = []
    /// What was sent that asks a leader for something.
    private var requests: [Parcel] = []
    /// Both directions of each.
    private var cuts: Set<[UInt32]> = []
    private var silenced: Set<UInt32> = []
    /// Milliseconds.
    private(set) var time: UInt64 = 1_000
    private let snapshotEntries: Int
    private let snapshotSliceBytes: Int
    private let warmBytes: Int?
    /// A mistake that all nodes make which start from now on.
    var fault: Broker.PlantedFault?
    /// Milliseconds that bytes are on their way; they do not overtake each other on a link.
    var latency: () -> UInt64 = { 1 }
    /// Milliseconds by which what one node says to another comes later, by the two.
    private var delays: [[UInt32]: UInt64] = [:]
    /// A disk syncs when this says so.
    var isSyncDue: () -> Bool = { true }

    /// So many nodes, by number.
    let numbers: ClosedRange<Int>
    /// What each node records.
    let recorders: [TimelineRecorder]

    /// All of them run and serve.
    init(
        nodes: Int = 3, snapshotEntries: Int = 4096, snapshotSliceBytes: Int = 1 << 19, warmBytes: Int? = nil
    ) throws {
        (self.snapshotEntries, self.snapshotSliceBytes) = (snapshotEntries, snapshotSliceBytes)
        self.warmBytes = warmBytes
        numbers = 1...nodes
        recorders = numbers.map { _ in TimelineRecorder() }
        members = numbers.map { Member(UInt32($0), in: self) }
        for number in numbers { try start(number) }
        try #require(run { self.members.allSatisfy { $0.node?.isServing == true } })
    }

    var now: Instant { Instant(nanoseconds: time * 1_000_000) }

    /// The node of that number, which runs.
    func node(_ number: Int) throws -> Node { try #require(members[number - 1].node) }

    /// The numbers of those that run.
    var running: [Int] { members.filter { $0.node != nil }.map { Int($0.number) } }

    /// The number of the node that leads, if one does among those that run.
    var leader: Int? {
        let leaders = members.filter { $0.node?.cluster?.metadata.group.role == .leader }
        return leaders.max { term($0) < term($1) }.map { Int($0.number) }
    }

    private func term(_ member: Member) -> UInt64 { member.node?.cluster?.metadata.group.term ?? 0 }

    // MARK: Faults

    func start(_ number: Int, salvages: Bool = false, isGone: Bool = false) throws {
        let member = members[number - 1]
        member.incarnation += 1
        var cluster = ClusterConfiguration(
            node: member.number, names: numbers.map { "warren\($0)@localhost" }, incarnation: member.incarnation,
            transport: member)
        cluster.recorder = recorders[number - 1]
        cluster.snapshotEntries = snapshotEntries
        let (sliceBytes, warmBytes) = (snapshotSliceBytes, warmBytes)
        let (node, found) = try member.disk.start(salvages: salvages, isGone: isGone, now: now) {
            $0.cluster = cluster
            $0.snapshotSliceBytes = sliceBytes
            $0.warmBytes = warmBytes
            $0.name = cluster.names[number - 1]
            $0.seed = UInt64(number)
        }
        (member.node, member.found) = (node, found)
        member.node?.plantedFault = fault
        for other in members where other.number != member.number && other.node != nil && isLinked(member, other) {
            open(member, other)
        }
    }

    /// The process is gone, and of the batch on its way to the disk all but some bytes.
    func crash(_ number: Int, torn: Int = 0) {
        let member = members[number - 1]
        guard member.node != nil else { return }
        member.node = nil
        let segmentBytes = member.disk.segmentBytes
        member.disk = member.disk.afterCrash(torn: torn)
        member.disk.segmentBytes = segmentBytes
        parcels.removeAll { $0.from == member.number || $0.to == member.number }
        for other in members { other.node?.linkReset(member.number, now: now) }
    }

    /// The process is gone, and its disk with it; an empty one is in its place.
    func loseDisk(_ number: Int) {
        crash(number)
        members[number - 1].disk = CrashingDisk()
        members[number - 1].disk.segmentBytes = 20_000
    }

    /// The node is stopped in order: what it has written is on its disk, and the others are told.
    func stop(_ number: Int) {
        let member = members[number - 1]
        guard let node = member.node else { return }
        node.shutDown(now: now)
        while member.disk.sync() {}
        for other in members where other.number != member.number { other.node?.peerStopped(member.number, now: now) }
        crash(number)
    }

    func cut(_ one: Int, _ other: Int) {
        guard cuts.insert([one, other].map { UInt32($0) }.sorted()).inserted else { return }
        let (left, right) = (members[one - 1], members[other - 1])
        let ends = [left.number, right.number]
        parcels.removeAll { ends.contains($0.from) && ends.contains($0.to) }
        left.node?.linkReset(right.number, now: now)
        right.node?.linkReset(left.number, now: now)
    }

    func isolate(_ number: Int) { for other in numbers where other != number { cut(number, other) } }

    /// What one node says to another takes so many milliseconds more from now on.
    func delay(_ from: Int, to: Int, _ milliseconds: UInt64) { delays[[UInt32(from), UInt32(to)]] = milliseconds }

    /// Nothing gets through to a node or from it any more, and nobody is told.
    func silence(_ number: Int) { silenced.insert(UInt32(number)) }

    func heal() {
        silenced = []
        let healed = cuts.sorted { $0.lexicographicallyPrecedes($1) }
        cuts = []
        for link in healed { open(members[Int(link[0]) - 1], members[Int(link[1]) - 1]) }
    }

    private func isLinked(_ one: Member, _ other: Member) -> Bool {
        !cuts.contains([one.number, other.number].sorted())
    }

    private func open(_ one: Member, _ other: Member) {
        guard one.node != nil, other.node != nil else { return }
        one.node?.linkOpened(other.number, now: now)
        other.node?.linkOpened(one.number, now: now)
    }

    private func carry(_ bytes: [UInt8], from: UInt32, to: UInt32) {
        guard silenced.isDisjoint(with: [from, to]) else { return }
        guard isLinked(members[Int(from) - 1], members[Int(to) - 1]), members[Int(to) - 1].node != nil else { return }
        if hasProposal(bytes) { requests.append(Parcel(from: from, to: to, bytes: bytes, arrival: 0)) }
        let before = parcels.last { $0.from == from && $0.to == to }?.arrival ?? 0
        let arrival = time + latency() + (delays[[from, to]] ?? 0)
        parcels.append(Parcel(from: from, to: to, bytes: bytes, arrival: max(before, arrival)))
    }

    private func hasProposal(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let frame = try? ClusterFrame.next(&rest) {
                if frame.kind == .proposal { return true }
            }
            return false
        }
    }

    /// Sends again whatever asked a leader for something.
    func repeatRequests() {
        for request in requests { carry(request.bytes, from: request.from, to: request.to) }
    }

    // MARK: Time

    /// Lets time pass until something is so, for at most so many milliseconds; returns whether it is.
    @discardableResult
    func run(_ milliseconds: Int = 5_000, until isDone: () -> Bool = { false }) -> Bool {
        for _ in 0..<milliseconds {
            if isDone() { return true }
            step()
        }
        return isDone()
    }

    private func step() {
        time += 1
        let due = parcels.filter { $0.arrival <= time }
        parcels.removeAll { $0.arrival <= time }
        for parcel in due {
            parcel.bytes.withUnsafeBytes {
                members[Int(parcel.to) - 1].node?.receive(fromPeer: parcel.from, bytes: $0, now: now)
            }
        }
        for member in members {
            guard let node = member.node else { continue }
            var ticks = 0
            while node.tick(now: now).hasMore, ticks < 100 { ticks += 1 }
            member.disk.answerReads()
            if isSyncDue(), member.disk.sync() { _ = node.tick(now: now) }
        }
    }

    // MARK: What there is

    /// A client of one node with channel 1 open.
    func client(_ number: Int) throws -> WireClient { try WireClient(node(number), opening: [1]) }

    /// Sends something and lets time pass until it is answered; the answer's name.
    func ask(_ client: WireClient, _ method: some MethodPayload, _ milliseconds: Int = 5_000) -> String? {
        client.forgetFrames()
        client.send(method, 1)
        run(milliseconds) { !client.names.isEmpty }
        return client.names.first
    }

    /// The ids of the queues in "/" of a node by their names.
    func queues(_ number: Int) throws -> [String: UInt64] {
        try #require(node(number).virtualHosts["/"]).queues.mapValues(\.id)
    }

    /// Everything that a node knows of the metadata, in one order.
    func dump(_ number: Int) throws -> String {
        var lines: [String] = []
        for host in try node(number).sortedVirtualHosts {
            lines.append("vhost \(host.name)")
            for policy in host.policies.sorted { lines.append("policy \(policy)") }
            for exchange in host.sortedExchanges {
                lines.append("exchange \(exchange.name) \(exchange.settings)")
                lines += exchange.bindings.map {
                    "binding \(exchange.name) \($0.destination) \(String(decoding: $0.routingKey, as: UTF8.self))"
                }.sorted()
            }
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) {
                lines.append("queue \(queue.id) \(queue.name) \(queue.settings)")
                lines.append("policy of \(queue.name) \(try node(number).effectivePolicy(of: queue)?.name ?? "none")")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Lets time pass until all nodes know the same, and have applied all that there is.
    func converge(_ milliseconds: Int = 10_000) -> Bool {
        run(milliseconds) {
            let groups = members.compactMap { $0.node?.cluster?.metadata.group }
            guard let last = groups.first?.lastPosition else { return false }
            return groups.count == numbers.count
                && groups.allSatisfy { $0.lastPosition == last && $0.appliedIndex == last.index }
                && members.allSatisfy {
                    $0.node?.isServing == true && $0.node?.cluster?.metadata.outstanding.isEmpty == true
                }
        }
    }
}

extension WireClient {
    /// The code and the text of the close that came first.
    var closing: (code: UInt16, text: String)? {
        for frame in frames {
            if case .method(_, .connectionClose(let close)) = frame { return (close.replyCode, close.replyText) }
            if case .method(_, .channelClose(let close)) = frame { return (close.replyCode, close.replyText) }
        }
        return nil
    }
}
