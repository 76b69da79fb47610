import AMQP
import Testing

@testable import Broker

@Suite("What ends while something asked of a quorum queue is on its way")
struct QuorumEndingsTests {
    /// Three nodes and the quorum queue "q", led by the first.
    private func cluster(groupSize: Int32 = 3) throws -> TestCluster {
        let cluster = try TestCluster()
        let arguments: FieldTable = [
            "x-queue-type": .string("quorum"), "x-quorum-initial-group-size": .int32(groupSize),
        ]
        let declare = QueueDeclare(queue: "q", durable: true, arguments: arguments)
        #expect(cluster.ask(try cluster.client(1), declare) == "queue.declare-ok")
        #expect(cluster.converge())
        #expect(cluster.run { cluster.leader(of: "q") == 1 })
        return cluster
    }

    private func publish(_ cluster: TestCluster, through node: Int) throws {
        let client = try cluster.client(node)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.publish("m", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { client.confirmedUpTo == 1 })
    }

    @Test("a transaction that acknowledges deliveries of a queue that is deleted meanwhile is answered")
    func deleted() throws {
        let cluster = try cluster(groupSize: 1)
        try publish(cluster, through: 2)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        #expect(cluster.ask(client, BasicGet(queue: "q")) == "basic.get-ok")
        cluster.run(10)
        client.send(BasicAck(deliveryTag: 1), 1)
        cluster.crash(1)
        // It waits for a leader that never comes.
        try cluster.client(2).publish("n", to: "", key: "q", persistent: true, 1)
        cluster.run(10)
        #expect(cluster.ask(try cluster.client(3), QueueDelete(queue: "q")) == "queue.delete-ok")
        cluster.run(100)
        #expect(cluster.ask(client, TxCommit()) == "channel.close")
        #expect(client.closing?.text == "PRECONDITION_FAILED - partial tx completion")
    }

    @Test("nothing of a deleted queue stays in memory once its deliveries are settled", arguments: [1, 2])
    func forgotten(_ node: Int) throws {
        let cluster = try cluster()
        for _ in 1...3 { try publish(cluster, through: 3) }
        let client = try cluster.client(node)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies.count == 3 })
        let queue = Glimpse(try cluster.queue("q", on: node))
        let stand = Glimpse(try cluster.queue("q", on: node).distant)
        let member = Glimpse(cluster.members[node - 1].member("q"))
        let replica = Glimpse(cluster.members[node - 1].member("q")?.replica)
        #expect([queue, stand, member, replica].allSatisfy { !$0.isGone })
        #expect(cluster.ask(try cluster.client(3), QueueDelete(queue: "q")) == "queue.delete-ok")
        #expect(cluster.converge())
        cluster.run(500)
        #expect(member.isGone && replica.isGone)
        #expect(!queue.isGone, "what is unacknowledged still names it")
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        cluster.run(500)
        #expect(queue.isGone && stand.isGone)
        #expect(cluster.ask(client, QueueDeclare(queue: "q2")) == "queue.declare-ok")
    }

    @Test("what a client asks for whose node stops serving before that is carried out holds no message")
    func dismissed() throws {
        let cluster = try cluster()
        try publish(cluster, through: 1)
        let (getter, consumer) = (try cluster.client(2), try cluster.client(2))
        getter.send(BasicGet(queue: "q"), 1)
        consumer.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        cluster.isolate(2)
        cluster.run(50)
        cluster.heal()
        #expect(cluster.converge())
        cluster.run(500)
        #expect(cluster.members.allSatisfy { $0.member("q")?.machine.unackedCount == 0 })
        #expect(cluster.ask(try cluster.client(3), BasicGet(queue: "q")) == "basic.get-ok")
    }

    @Test("what was got without acknowledgement is gone for good", arguments: [1, 2])
    func automaticAck(_ node: Int) throws {
        let cluster = try cluster()
        for _ in 1...3 { try publish(cluster, through: 3) }
        let client = try cluster.client(node)
        for _ in 1...2 { #expect(cluster.ask(client, BasicGet(queue: "q", noAck: true)) == "basic.get-ok") }
        let isGone = {
            cluster.members.allSatisfy {
                $0.member("q")?.machine.unackedCount == 0 && $0.member("q")?.machine.readyCount == 1
            }
        }
        #expect(cluster.run { isGone() })
        #expect(cluster.ask(client, ChannelClose(replyCode: 200)) == "channel.close-ok")
        cluster.run(200)
        #expect(isGone())
    }

    @Test(
        "a consumer for gets that the queue has forgotten gets nothing: it would be given names that it knows already")
    func takenForDead() {
        let queue = TestQuorumQueue()
        TestQuorumQueue.message("a").withUnsafeBytes { message in
            _ = queue.send { $0.enqueue(message, isPersistent: true) }
        }
        queue.send { $0.get(7, isAutomaticAck: false) }
        #expect(queue.answers == ["1/2 got 1 0"] && queue.deliveries == ["1.7#1 a"])
        queue.lead { $0.nodeDown(1, incarnation: 1) }
        queue.send { $0.get(7, isAutomaticAck: false, isKnown: true) }
        #expect(queue.answers == ["1/3 forgotten"] && queue.deliveries.isEmpty && queue.readyCount == 1)
        queue.send { $0.get(8, isAutomaticAck: false) }
        #expect(queue.answers == ["1/4 got 1 0"] && queue.unackedCount == 1)
    }

    @Test("a get that follows one that found nothing is answered through a change of leaders", arguments: 0..<40)
    func failover(_ milliseconds: Int) throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicGet(queue: "q")) == "basic.get-empty")
        try publish(cluster, through: 3)
        cluster.crash(1)
        cluster.run(milliseconds)
        var answer = cluster.ask(client, BasicGet(queue: "q"))
        if answer == "basic.get-empty" { answer = cluster.ask(client, BasicGet(queue: "q")) }
        #expect(answer == "basic.get-ok")
    }

    @Test("an exclusive consumer whose queue another has taken meanwhile may end its channel at any moment")
    func overtaken() throws {
        for wait in 0..<40 {
            let cluster = try cluster()
            let (early, late) = (try cluster.client(2), try cluster.client(3))
            let consume = BasicConsume(queue: "q", consumerTag: "c", exclusive: true)
            #expect(cluster.ask(early, consume) == "basic.consume-ok")
            cluster.cut(1, 2)
            #expect(cluster.run { cluster.members[0].member("q")?.machine.consumerCount == 0 })
            #expect(cluster.ask(late, consume) == "basic.consume-ok")
            cluster.heal()
            cluster.run(wait)
            early.send(ChannelClose(replyCode: 200), 1)
            cluster.run(300)
            #expect(cluster.members[0].member("q")?.machine.consumerCount == 1)
            #expect(!early.names.contains("connection.close"))
        }
    }
}
