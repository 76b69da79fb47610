import AMQP
import Raft
import Testing

@testable import Broker

@Suite("Quorum queues")
struct QuorumQueueTests {
    static let quorum: FieldTable = ["x-queue-type": .string("quorum")]

    /// A cluster with a quorum queue "q", declared on a node.
    private func cluster(declaredOn number: Int = 1, _ more: [(String, FieldValue)] = []) throws -> TestCluster {
        let cluster = try TestCluster()
        let client = try cluster.client(number)
        var arguments = Self.quorum
        for (name, value) in more { arguments[name] = value }
        #expect(
            cluster.ask(client, QueueDeclare(queue: "q", durable: true, arguments: arguments)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") != nil })
        return cluster
    }

    /// A client of a node whose channel 1 confirms.
    private func publisher(_ cluster: TestCluster, _ number: Int) throws -> WireClient {
        let client = try cluster.client(number)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        return client
    }

    private func consumer(_ cluster: TestCluster, _ number: Int, prefetch: UInt16 = 0) throws -> WireClient {
        let client = try cluster.client(number)
        #expect(cluster.ask(client, BasicQos(prefetchCount: prefetch)) == "basic.qos-ok")
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        return client
    }

    @Test("a queue that is deleted while its consumers' channel waits for it fails that channel, and no more")
    func deletedWhileAsked() throws {
        var failed = 0
        for delay in 0..<6 {
            let cluster = try cluster()
            let client = try consumer(cluster, 1)
            let other = try cluster.client(2)
            client.forgetFrames()
            other.forgetFrames()
            other.send(QueueDelete(queue: "q"), 1)
            cluster.run(delay)
            client.send(BasicGet(queue: "q"), 1)
            #expect(cluster.run { !other.names.isEmpty && !client.names.isEmpty })
            if client.closing?.code == 404 { failed += 1 }
            cluster.run(500)
            #expect(try cluster.node(1).isServing && cluster.queues(1).isEmpty)
        }
        #expect(failed > 0)
    }

    @Test("a node alone has what was confirmed after its crash, and after the next")
    func alone() throws {
        var disk = CrashingDisk()
        var node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true, arguments: Self.quorum), 1)
        client.send(ConfirmSelect(), 1)
        client.publish("m", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        #expect(client.confirmed.acks == [1])
        for start: UInt64 in 2...3 {
            disk = disk.afterCrash()
            node = try disk.start { $0.incarnation = start }.node
            let client = try WireClient(node, opening: [1])
            client.settle(disk)
            client.send(BasicGet(queue: "q"), 1)
            client.settle(disk)
            #expect(client.bodies == ["m"], "\(client.frames)")
        }
    }

    @Test("a publish through any node is confirmed and reaches a consumer on any other", arguments: 1...3, 1...3)
    func anyNode(_ publishing: Int, _ consuming: Int) throws {
        let cluster = try cluster()
        let publisher = try publisher(cluster, publishing)
        for number in 1...5 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { publisher.confirmedUpTo == 5 })
        let consumer = try consumer(cluster, consuming)
        #expect(cluster.run { consumer.bodies.count == 5 })
        #expect(consumer.bodies == (1...5).map { "m\($0)" })
        consumer.send(BasicAck(deliveryTag: 5, multiple: true), 1)
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 } })
        #expect(cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 0 })
    }

    @Test(
        "the node that leads crashes: nothing confirmed is lost, nothing comes twice, publishers go on",
        arguments: 1...3)
    func leaderCrashes(_ leader: Int) throws {
        let cluster = try cluster(declaredOn: leader)
        #expect(cluster.leader(of: "q") == leader)
        let publisher = try publisher(cluster, leader % 3 + 1)
        let consumer = try consumer(cluster, (leader + 1) % 3 + 1, prefetch: 3)
        for number in 1...20 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        cluster.run(2)
        cluster.crash(leader)
        for number in 21...40 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { publisher.confirmedUpTo == 40 })
        #expect(publisher.names.allSatisfy { $0 == "basic.ack" })
        var acked = 0
        #expect(
            cluster.run {
                while acked < consumer.bodies.count {
                    acked += 1
                    consumer.send(BasicAck(deliveryTag: UInt64(acked), multiple: false), 1)
                }
                return acked >= 40
            })
        #expect(consumer.bodies == (1...40).map { "m\($0)" })
        #expect(consumer.redelivered == [Bool](repeating: false, count: 40))
        try cluster.start(leader)
        #expect(cluster.converge())
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 0 } })
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 } })
    }
}

extension TestCluster {
    /// The number of the node that leads a quorum queue of "/", if one does.
    func leader(of queue: String) -> Int? {
        let leaders = members.filter { $0.member(queue)?.replica.isLeader == true }
        return leaders.max { ($0.member(queue)?.replica.group.term ?? 0) < ($1.member(queue)?.replica.group.term ?? 0) }
            .map { Int($0.number) }
    }
}

extension TestCluster.Member {
    /// The member of a quorum queue of "/" here.
    func member(_ queue: String) -> QuorumMember? {
        guard let node, let id = node.virtualHosts["/"]?.queues[queue]?.id else { return nil }
        return node.quorum.member(id)
    }
}

extension WireClient {
    /// All publishes up to this one were confirmed, as far as acks with `multiple` and single ones in order say.
    var confirmedUpTo: UInt64 {
        var single: Set<UInt64> = []
        var last: UInt64 = 0
        for frame in frames {
            guard case .method(_, .basicAck(let ack)) = frame else { continue }
            if ack.multiple { last = max(last, ack.deliveryTag) } else { single.insert(ack.deliveryTag) }
        }
        while single.contains(last + 1) { last += 1 }
        return last
    }

    /// Of each delivery whether it was marked as redelivered.
    var redelivered: [Bool] {
        frames.compactMap { if case .method(_, .basicDeliver(let deliver)) = $0 { deliver.redelivered } else { nil } }
    }
}
