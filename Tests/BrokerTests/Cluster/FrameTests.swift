import AMQP
import Raft
import Testing

@testable import Broker

@Suite("What nodes say to each other")
struct FrameTests {
    @Test("bytes that are no frames are refused, wherever they are cut or changed, and nothing is read past their end")
    func strict() throws {
        var bytes: [UInt8] = []
        let transport = Keeper { bytes += $0 }
        var link = ClusterLink(to: 2)
        link.write(Heartbeat(from: 1, to: 2, incarnation: 7, heard: 3))
        link.write(.proposal, group: 1) { $0 += [1, 2, 3] }
        link.flush(transport)
        #expect(try frames(bytes).map(\.kind) == [.heartbeat, .proposal])
        let whole = [0, ClusterFrame.headerBytes + 24, bytes.count]
        for end in bytes.indices where !whole.contains(end) {
            #expect(throws: ClusterFrame.Failure.truncated) { try frames(Array(bytes[..<end])) }
        }
        var random = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            var other = bytes
            other[Int(random.next() % UInt64(other.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = try? frames(other)
        }
    }

    @Test("a node resets the link to a peer that sends nonsense, and goes on")
    func nonsense() throws {
        let cluster = try TestCluster()
        var random = SplitMix64(seed: 2)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let node = try cluster.node(1)
            bytes.withUnsafeBytes { node.receive(fromPeer: 2, bytes: $0, now: node.now) }
        }
        cluster.run(1_000)
        #expect(cluster.ask(try cluster.client(1), QueueDeclare(queue: "q")) == "queue.declare-ok")
    }

    @Test("a command is read as it was written, and refused when bytes are missing or left over")
    func commands() throws {
        let settings = QueueDefinition(
            isDurable: false, isAutoDelete: true, exclusiveOwner: ConnectionID(9), arguments: ["x-expires": .int32(5)])
        var homed = settings
        homed.home = QueueHome(node: 2, incarnation: 4)
        let changes: [TopologyChange] = [
            .declareVirtualHost(name: "v"), .declareQueue(virtualHost: "/", name: "q", settings: homed),
            .deleteExchange(virtualHost: "/", name: "e", ifUnused: true),
            .deleteQueue(virtualHost: "/", name: "q", id: 12),
        ]
        for change in changes {
            let bytes = MetadataCommand.change(change).encoded(index: 77)
            let (index, command) = try bytes.withUnsafeBytes { try MetadataCommand.decode($0) }
            #expect(index == 77)
            guard case .change(let read) = command else {
                Issue.record("\(change) became something else")
                continue
            }
            #expect("\(read)" == "\(change)")
            for end in bytes.indices {
                #expect(throws: WireError.self) { try bytes[..<end].withUnsafeBytes { try MetadataCommand.decode($0) } }
            }
            #expect(throws: WireError.self) { try (bytes + [0]).withUnsafeBytes { try MetadataCommand.decode($0) } }
        }
    }

    @Test("that a node is down is read as it was written")
    func nodeDown() throws {
        let bytes = MetadataCommand.nodeDown(QueueHome(node: 3, incarnation: 1 << 40)).encoded()
        guard case .nodeDown(let home) = try bytes.withUnsafeBytes({ try MetadataCommand.decode($0).command }) else {
            Issue.record("it became something else")
            return
        }
        #expect(home == QueueHome(node: 3, incarnation: 1 << 40))
        for end in bytes.indices {
            #expect(throws: WireError.self) { try bytes[..<end].withUnsafeBytes { try MetadataCommand.decode($0) } }
        }
    }

    @Test("that a node has started is read as it was written, and as it was before it said who was up")
    func nodeStarted() throws {
        let homes = [QueueHome(node: 2, incarnation: 7), QueueHome(node: 3, incarnation: 1 << 40)]
        for hasLostData in [false, true] {
            let bytes = MetadataCommand.nodeStarted(up: homes, hasLostData: hasLostData).encoded()
            #expect(try started(bytes) == Start(up: homes, hasLostData: hasLostData))
            #expect(try started(Array(bytes.prefix(1))) == Start(up: [], hasLostData: hasLostData))
            #expect(MetadataCommand.hasLostData(bytes) == hasLostData)
            for end in bytes.indices where end != 1 {
                #expect(throws: WireError.self) { try bytes[..<end].withUnsafeBytes { try MetadataCommand.decode($0) } }
            }
        }
    }

    private struct Start: Equatable {
        let up: [QueueHome]
        let hasLostData: Bool
    }

    private func started(_ bytes: [UInt8]) throws -> Start? {
        let command = try bytes.withUnsafeBytes { try MetadataCommand.decode($0).command }
        guard case .nodeStarted(let up, let hasLostData) = command else { return nil }
        return Start(up: up, hasLostData: hasLostData)
    }

    @Test("a proposal counts once, wherever its copies are in the log, and not after it was given up")
    func appliedOnce() {
        var applied = AppliedProposals()
        func take(_ incarnation: UInt64, _ number: UInt64, _ floor: UInt64) -> Bool {
            applied.take(MetadataProposal(node: 1, incarnation: incarnation, number: number, floor: floor))
        }
        #expect(take(1, 1, 1) && take(1, 3, 2) && !take(1, 3, 2) && take(1, 2, 2) && !take(1, 1, 1))
        #expect(take(1, 6, 6) && !take(1, 5, 4))
        #expect(take(2, 1, 1) && !take(1, 7, 7))
        #expect(applied.origins.map(\.numbers) == [[1]])
    }

    private func frames(_ bytes: [UInt8]) throws -> [ClusterFrame] {
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            var found: [ClusterFrame] = []
            while let frame = try ClusterFrame.next(&rest) { found.append(frame) }
            return found
        }
    }

    private final class Keeper: ClusterTransport {
        private let keep: (UnsafeRawBufferPointer) -> Void
        init(_ keep: @escaping (UnsafeRawBufferPointer) -> Void) { self.keep = keep }
        func send(_ bytes: UnsafeRawBufferPointer, to node: UInt32) { keep(bytes) }
    }
}
