import AMQP
import Raft
import Testing

@testable import Broker

@Suite("Dead-lettering from quorum queues")
struct QuorumDeadLetterTests {
    /// A cluster with the quorum queue "q", led by node 1, and "dead": a quorum queue, or a classic one on some node.
    private func cluster(_ more: FieldTable = [:], classicOn home: Int? = nil) throws -> TestCluster {
        let cluster = try TestCluster()
        #expect(cluster.settle())
        let dead = try cluster.client(home ?? 1)
        let kind: FieldTable = home == nil ? ["x-queue-type": .string("quorum")] : [:]
        #expect(cluster.ask(dead, QueueDeclare(queue: "dead", durable: true, arguments: kind)) == "queue.declare-ok")
        let client = try cluster.client(1)
        var arguments = more
        arguments["x-queue-type"] = .string("quorum")
        arguments["x-dead-letter-exchange"] = .string("")
        arguments["x-dead-letter-routing-key"] = .string("dead")
        #expect(
            cluster.ask(client, QueueDeclare(queue: "q", durable: true, arguments: arguments)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        return cluster
    }

    private func get(_ cluster: TestCluster, _ client: WireClient, _ queue: String) -> DeadLetter? {
        guard cluster.ask(client, BasicGet(queue: queue)) == "basic.get-ok" else { return nil }
        cluster.run { client.bodies.count == 1 }
        return DeadLetter(client.frames)
    }

    /// The next message of a queue, once there is one.
    private func next(_ cluster: TestCluster, _ client: WireClient, _ queue: String) -> DeadLetter? {
        for _ in 0..<100 {
            if let letter = get(cluster, client, queue) { return letter }
            cluster.run(20)
        }
        return nil
    }

    @Test("what is rejected goes on, to a queue of any kind on any node", arguments: [nil, 1, 2, 3])
    func rejected(home: Int?) throws {
        let cluster = try cluster(classicOn: home)
        let client = try cluster.client(2)
        client.publish("m", to: "", key: "q", persistent: true, 1)
        let held = try #require(next(cluster, client, "q"))
        client.send(BasicReject(deliveryTag: held.tag, requeue: false), 1)
        let letter = try #require(next(cluster, try cluster.client(3), "dead"))
        #expect(letter.body == "m" && letter.exchange == "" && letter.key == "dead")
        #expect(letter.deaths == ["1 rejected q"])
        #expect(letter.properties.headers?["x-first-death-queue"]?.text == "q")
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 0 } })
        #expect(get(cluster, client, "dead") == nil, "once")
    }

    @Test("a message that comes back too often goes on, though leaders crash on the way")
    func deliveryLimit() throws {
        let cluster = try cluster(["x-delivery-limit": .int32(2)])
        let client = try cluster.client(2)
        client.publish("m", to: "", key: "q", persistent: true, 1)
        let first = try #require(next(cluster, client, "q"))
        client.send(BasicReject(deliveryTag: first.tag, requeue: true), 1)
        cluster.run(50)
        cluster.crash(1)
        #expect(cluster.run { cluster.leader(of: "q").map { $0 != 1 } ?? false })
        for _ in 0..<2 {
            let held = try #require(next(cluster, client, "q"))
            client.send(BasicReject(deliveryTag: held.tag, requeue: true), 1)
        }
        let letter = try #require(next(cluster, client, "dead"))
        #expect(letter.body == "m" && letter.deaths == ["1 delivery_limit q"])
        #expect(get(cluster, client, "q") == nil)
        try cluster.start(1)
        #expect(cluster.converge())
        let counts = {
            cluster.members.map { $0.member("dead").map { $0.machine.readyCount + $0.machine.unackedCount } }
        }
        #expect(cluster.run { counts() == [1, 1, 1] }, "\(counts())")
    }

    @Test("what expires and what is over the length goes on, many in slices")
    func expiredAndOverLength() throws {
        let cluster = try cluster(["x-message-ttl": .int32(100), "x-max-length": .int32(400)])
        let client = try cluster.client(1)
        for number in 1...500 {
            client.publish("\(number)", to: "", key: "q", persistent: true, 1)
            if number % 100 == 0 { cluster.run(2) }
        }
        let dead = { cluster.members[0].member("dead")?.machine.readyCount ?? 0 }
        #expect(cluster.run(20_000) { dead() == 500 }, "\(dead())")
        var reasons: [String: Int] = [:]
        for number in 1...500 {
            let letter = try #require(get(cluster, client, "dead"))
            #expect(letter.body == "\(number)")
            for death in letter.deaths { reasons[death, default: 0] += 1 }
        }
        #expect(reasons == ["1 maxlen q": 100, "1 expired q": 400])
    }

    @Test("a home that is down takes nothing, and nobody waits for it")
    func homeDown() throws {
        let cluster = try cluster(classicOn: 3)
        let client = try cluster.client(2)
        cluster.crash(3)
        #expect(cluster.run { cluster.members[0].node?.cluster?.isUp(3) == false })
        client.publish("m", to: "", key: "q", persistent: true, 1)
        let held = try #require(next(cluster, client, "q"))
        client.send(BasicReject(deliveryTag: held.tag, requeue: false), 1)
        let dropped = { cluster.members[0].node?.counters.dropUnroutable ?? 0 }
        #expect(cluster.run { dropped() == 1 })
        #expect(cluster.run { cluster.members[0].member("q")?.machine.unackedCount == 0 })
    }
}
