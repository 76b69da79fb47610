import AMQP
import Raft
import Testing

@testable import Broker

@Suite("Snapshots of quorum queues that take long")
struct LongSnapshotTests {
    private static let count = 200

    /// A cluster whose queue "q" holds 400 kB, of which a slice of a snapshot has a tenth, and whose queue "other" is empty.
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster(snapshotSliceBytes: 40_000)
        let client = try cluster.client(1)
        for queue in ["q", "other"] {
            #expect(
                cluster.ask(
                    client, QueueDeclare(queue: queue, durable: true, arguments: ["x-queue-type": .string("quorum")]))
                    == "queue.declare-ok")
        }
        #expect(
            cluster.converge() && cluster.run { cluster.leader(of: "q") == 1 && cluster.leader(of: "other") != nil })
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        for number in 1...Self.count { client.publish(body(number), to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { client.confirmedUpTo == UInt64(Self.count) })
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == Self.count } })
        return cluster
    }

    private func body(_ number: Int) -> String { "\(number) " + String(repeating: "x", count: 2000) }

    private func replica(_ cluster: TestCluster, _ number: Int) throws -> RaftReplica {
        try #require(cluster.members[number - 1].member("q")?.replica)
    }

    private func drained(_ cluster: TestCluster, through number: Int) throws -> [String] {
        let consumer = try cluster.client(number)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c", noAck: true)) == "basic.consume-ok")
        cluster.run { consumer.bodies.count >= Self.count }
        return consumer.bodies.map { String($0.prefix { $0 != " " }) }
    }

    @Test("while one is written its queue waits and others go on; afterwards it goes on as if nothing had been")
    func others() throws {
        let cluster = try cluster()
        let leader = try replica(cluster, 1)
        leader.writeSnapshot()
        #expect(leader.writing != nil)
        let (waiting, other) = (try cluster.client(2), try cluster.client(2))
        for client in [waiting, other] {
            #expect(cluster.ask(client, ConfirmSelect(), 1) == "confirm.select-ok")
            client.forgetFrames()
        }
        waiting.publish("late", to: "", key: "q", persistent: true, 1)
        other.publish("soon", to: "", key: "other", persistent: true, 1)
        #expect(cluster.run { other.confirmedUpTo == 1 })
        #expect(leader.writing != nil && waiting.confirmedUpTo == 0)
        #expect(cluster.run(200) { waiting.confirmedUpTo == 1 })
        #expect(leader.writing == nil)
        #expect(cluster.run { leader.snapshots.last.map { $0.bytes.count > 400_000 } ?? false })
        #expect(try drained(cluster, through: 3) == (1...Self.count).map { "\($0)" } + ["late"])
    }

    @Test("a member may crash at any moment while it writes one", arguments: 0..<20)
    func crashes(_ moment: Int) throws {
        let cluster = try cluster()
        try replica(cluster, 1).writeSnapshot()
        cluster.run(moment)
        cluster.crash(1, torn: moment * 4001)
        try cluster.start(1)
        #expect(cluster.settle())
        // What it has is whole: it is needed.
        cluster.crash(2)
        #expect(cluster.run { cluster.members[0].member("q")?.machine.readyCount == Self.count })
        #expect(try drained(cluster, through: 1) == (1...Self.count).map { "\($0)" })
    }

    @Test("who was away gets one that is written in slices")
    func sends() throws {
        let cluster = try cluster()
        cluster.crash(3)
        let client = try cluster.client(1)
        #expect(cluster.ask(client, BasicGet(queue: "q", noAck: true)) == "basic.get-ok")
        // More entries than are kept for those that are a little late.
        for _ in 0...Limits.quorumEntriesKept {
            #expect(cluster.ask(client, QueueDeclare(queue: "q", passive: true)) == "queue.declare-ok")
        }
        for number in 1...2 { try replica(cluster, number).writeSnapshot() }
        #expect(cluster.run { (1...2).allSatisfy { (try? replica(cluster, $0).group.basePosition.index > 0) == true } })
        cluster.loseDisk(3)
        try cluster.start(3, isGone: true)
        #expect(cluster.run(20_000) { cluster.members[2].member("q")?.replica.group.isVoter == true })
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == Self.count - 1 })
        cluster.crash(1)
        #expect(try drained(cluster, through: 3) == (2...Self.count).map { "\($0)" })
    }
}
