import AMQP
import Raft
import Testing

@testable import Broker

@Suite("Quorum queues when something goes wrong")
struct QuorumFailureTests {
    private func cluster(_ more: [(String, FieldValue)] = [], nodes: Int = 3) throws -> TestCluster {
        let cluster = try TestCluster(nodes: nodes)
        let client = try cluster.client(1)
        var arguments: FieldTable = ["x-queue-type": .string("quorum")]
        for (name, value) in more { arguments[name] = value }
        #expect(
            cluster.ask(client, QueueDeclare(queue: "q", durable: true, arguments: arguments)) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        return cluster
    }

    private func publisher(_ cluster: TestCluster, _ number: Int) throws -> WireClient {
        let client = try cluster.client(number)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        return client
    }

    @Test("what a client refuses, gets and settles survives the power loss of all nodes")
    func powerLoss() throws {
        let cluster = try cluster()
        let publisher = try publisher(cluster, 2)
        for number in 1...10 { publisher.publish("m\(number)", to: "", key: "q", persistent: false, 1) }
        #expect(cluster.run { publisher.confirmedUpTo == 10 })
        let consumer = try cluster.client(3)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { consumer.bodies.count == 10 })
        consumer.send(BasicAck(deliveryTag: 4, multiple: true), 1)
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 6 } })
        // Known to be durable: a later publish is confirmed.
        publisher.publish("last", to: "", key: "q", persistent: false, 1)
        #expect(cluster.run { publisher.confirmedUpTo == 11 })
        for number in 1...3 { cluster.crash(number, torn: number * 100) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.converge())
        let other = try cluster.client(1)
        #expect(cluster.ask(other, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        // What the dead incarnation held comes back first, in its order.
        #expect(cluster.run { other.bodies.count == 7 })
        #expect(other.bodies == (5...10).map { "m\($0)" } + ["last"])
        #expect(other.redelivered.prefix(6).allSatisfy { $0 })
    }

    @Test("that a publish was refused is not forgotten before its node knows, whatever is asked of the queue meanwhile")
    func refusalLost() throws {
        let cluster = try cluster([("x-max-length", .int32(1)), ("x-overflow", .string("reject-publish"))])
        let publisher = try publisher(cluster, 2)
        publisher.publish("taken", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { publisher.confirmed.acks == [1] })
        cluster.delay(1, to: 2, 300)
        publisher.publish("refused", to: "", key: "q", persistent: true, 1)
        cluster.run(5)
        publisher.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        cluster.run(100)
        // What the leader has answered goes with the link.
        cluster.cut(1, 2)
        cluster.delay(1, to: 2, 0)
        cluster.heal()
        #expect(cluster.run { publisher.confirmed.nacks == [2] })
        #expect(publisher.confirmed.acks == [1])
    }

    @Test("two publishes that were refused are both refused when their answers were lost, one command after the other")
    func refusalsLost() throws {
        let cluster = try cluster([("x-max-length", .int32(1)), ("x-overflow", .string("reject-publish"))])
        let publisher = try publisher(cluster, 2)
        publisher.publish("taken", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { publisher.confirmed.acks == [1] })
        cluster.delay(1, to: 2, 300)
        for body in ["refused", "refused as well"] {
            publisher.publish(body, to: "", key: "q", persistent: true, 1)
            cluster.run(50)
        }
        cluster.cut(1, 2)
        cluster.delay(1, to: 2, 0)
        cluster.heal()
        #expect(cluster.run { publisher.confirmed.nacks == [2, 3] })
        #expect(publisher.confirmed.acks == [1])
    }

    @Test("a node without a member of the queue finds who leads it at once, again and again")
    func withoutMember() throws {
        let cluster = try cluster([("x-quorum-initial-group-size", .int32(3))], nodes: 7)
        let far = try #require(cluster.numbers.first { cluster.members[$0 - 1].member("q") == nil })
        let publisher = try publisher(cluster, far)
        for number in 1...10 {
            publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1)
            #expect(cluster.run(60) { publisher.confirmedUpTo == UInt64(number) }, "publish \(number)")
            // Longer than it waits for an answer.
            cluster.run(400)
        }
    }

    @Test(
        "a node that is cut off from the leader alone: its publishes wait, and go through once when it is whole again")
    func oneLink() throws {
        let cluster = try cluster()
        let publisher = try publisher(cluster, 2)
        let consumer = try cluster.client(2)
        #expect(cluster.ask(consumer, BasicQos(prefetchCount: 2)) == "basic.qos-ok")
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        for number in 1...5 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { publisher.confirmedUpTo == 5 && consumer.bodies.count == 2 })
        cluster.cut(1, 2)
        for number in 6...9 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        cluster.run(800)
        cluster.heal()
        #expect(cluster.run { publisher.confirmedUpTo == 9 })
        #expect(publisher.closing == nil)
        // What it held went back when it was out of reach; the consumer goes on as a new one.
        var acked = consumer.bodies.count
        #expect(
            cluster.run {
                while acked < consumer.bodies.count {
                    acked += 1
                    consumer.send(BasicAck(deliveryTag: UInt64(acked), multiple: false), 1)
                }
                return Set(consumer.bodies).count == 9
                    && cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 0 }
            })
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 } })
    }

    @Test("a client that goes gives back what it held, whatever node it used", arguments: 1...3)
    func clientGoes(_ node: Int) throws {
        let cluster = try cluster()
        let publisher = try publisher(cluster, 1)
        for number in 1...6 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        let consumer = try cluster.client(node)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { consumer.bodies.count == 6 })
        consumer.connection.transportClosed()
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 6 } })
        let getter = try cluster.client(node % 3 + 1)
        #expect(cluster.ask(getter, BasicGet(queue: "q")) == "basic.get-ok")
        #expect(getter.bodies == ["m1"])
        #expect(cluster.ask(getter, BasicCancel(consumerTag: "none")) == "basic.cancel-ok")
        getter.send(BasicNack(deliveryTag: 1, multiple: false, requeue: false), 1)
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 } })
        #expect(cluster.ask(getter, QueuePurge(queue: "q")) == "queue.purge-ok")
        #expect(cluster.ask(getter, BasicGet(queue: "q")) == "basic.get-empty")
    }

    @Test("a body of several chunks goes through every node", arguments: 1...3)
    func largeBody(_ node: Int) throws {
        let cluster = try cluster()
        let publisher = try publisher(cluster, node)
        let size = 1_000_000
        publisher.publishHalf(of: size, to: "q", 1)
        publisher.publishRest(of: size, 1)
        #expect(cluster.run { publisher.confirmedUpTo == 1 })
        let consumer = try cluster.client(node % 3 + 1)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c", noAck: true)) == "basic.consume-ok")
        #expect(cluster.run { consumer.bodyBytes == size })
        #expect(cluster.run { cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 } })
    }

    @Test(
        "a transaction's publishes and acks are there together, or after its client's end before the commit not at all")
    func transactions() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        for number in 1...3 { client.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        cluster.run(50)
        #expect(cluster.members.allSatisfy { $0.member("q")?.machine.readyCount == 0 })
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(cluster.members[0].member("q")?.machine.readyCount == 3)
        client.publish("never", to: "", key: "q", persistent: true, 1)
        #expect(cluster.ask(client, TxRollback()) == "tx.rollback-ok")
        #expect(cluster.ask(client, BasicGet(queue: "q")) == "basic.get-ok")
        client.send(BasicAck(deliveryTag: 1, multiple: false), 1)
        cluster.run(50)
        #expect(cluster.members[0].member("q")?.machine.unackedCount == 1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(cluster.members[0].member("q")?.machine.unackedCount == 0)
        #expect(cluster.members[0].member("q")?.machine.readyCount == 2)
    }

    @Test("a long log is replaced by a snapshot; a member that was away for it catches up", .timeLimit(.minutes(2)))
    func snapshots() throws {
        let cluster = try cluster()
        cluster.crash(3)
        let publisher = try publisher(cluster, 1)
        let body = String(repeating: "x", count: 50_000)
        for round in 0..<10 {
            for _ in 0..<20 { publisher.publish(body, to: "", key: "q", persistent: true, 1) }
            #expect(cluster.run { publisher.confirmedUpTo == UInt64(round + 1) * 20 })
            #expect(cluster.ask(publisher, QueuePurge(queue: "q")) == "queue.purge-ok")
        }
        publisher.publish("kept", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { publisher.names.contains("basic.ack") })
        #expect(cluster.run { cluster.members[0].member("q")?.replica.group.basePosition.index ?? 0 > 1 })
        try cluster.start(3)
        #expect(cluster.converge())
        #expect(cluster.run { cluster.members[2].member("q")?.machine.readyCount == 1 })
        for number in 1...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.converge())
        let client = try cluster.client(3)
        #expect(cluster.ask(client, BasicGet(queue: "q", noAck: true)) == "basic.get-ok")
        #expect(client.bodies == ["kept"])
    }
}
