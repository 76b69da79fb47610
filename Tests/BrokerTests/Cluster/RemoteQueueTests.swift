import AMQP
import Testing

@testable import Broker

@Suite("Queues on another node")
struct RemoteQueueTests {
    @Test("messages published on any node are consumed on any other, as they were published")
    func anyToAny() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(owner, QueueBind(queue: "q", exchange: "amq.topic", routingKey: "a.#")) == "queue.bind-ok")
        #expect(cluster.settle())
        let publisher = try cluster.client(2)
        let consumer = try cluster.client(3)
        #expect(cluster.ask(consumer, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        publisher.publish("one", to: "amq.topic", key: "a.b", persistent: true, 1)
        #expect(cluster.run { consumer.bodies == ["one"] })
        let delivery = try #require(consumer.deliveries.first)
        #expect(delivery.exchange == "amq.topic" && delivery.routingKey == "a.b" && delivery.consumerTag == "c")
        #expect(delivery.deliveryTag == 1 && !delivery.redelivered)
        let queue = try cluster.queue("q", on: 1)
        #expect(queue.unackedCount == 1 && queue.consumers.count == 1)
        consumer.send(BasicAck(deliveryTag: 1), 1)
        #expect(cluster.run { queue.unackedCount == 0 })
        #expect(queue.readyCount == 0 && queue.counters.publish == 1 && queue.counters.ack == 1)
    }

    @Test("a publish is confirmed only when its queue's node has it on disk")
    func confirms() throws {
        let cluster = try TestCluster()
        #expect(cluster.ask(try cluster.client(1), QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        let publisher = try cluster.client(2)
        #expect(cluster.ask(publisher, ConfirmSelect()) == "confirm.select-ok")
        publisher.forgetFrames()
        var isSyncing = false
        cluster.isSyncDue = { isSyncing }
        publisher.publish("m", to: "", key: "q", persistent: true, 1)
        cluster.run(100)
        #expect(publisher.names.isEmpty)
        isSyncing = true
        #expect(cluster.run { publisher.names == ["basic.ack"] })
        for number in 2...200 { publisher.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { publisher.confirmed.acks == Set(1...200) })
        #expect(publisher.confirmed.nacks.isEmpty)
        cluster.crash(1)
        try cluster.start(1)
        #expect(cluster.settle())
        let expected = ["m"] + (2...200).map { "m\($0)" }
        let reader = try cluster.client(3)
        #expect(cluster.drain(reader, "q") == expected)
    }

    @Test("get, purge, declaring again and deleting tell the truth from any node")
    func requests() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        for number in 1...5 { owner.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.settle())
        let client = try cluster.client(2)
        #expect(cluster.ask(client, QueueDeclare(queue: "q", passive: true)) == "queue.declare-ok")
        #expect(client.declared?.messageCount == 5 && client.declared?.consumerCount == 0)
        #expect(cluster.ask(client, BasicGet(queue: "q")) == "basic.get-ok")
        #expect(cluster.run { client.bodies == ["m1"] })
        guard case .method(_, .basicGetOK(let got))? = client.frames.first else { throw Unexpected() }
        #expect(got.messageCount == 4 && got.routingKey == "q" && got.deliveryTag == 1)
        client.send(BasicReject(deliveryTag: 1, requeue: true), 1)
        #expect(cluster.ask(client, BasicGet(queue: "q", noAck: true)) == "basic.get-ok")
        #expect(cluster.run { client.bodies == ["m1"] })
        guard case .method(_, .basicGetOK(let again))? = client.frames.first else { throw Unexpected() }
        #expect(again.redelivered)
        #expect(cluster.ask(owner, BasicConsume(queue: "q")) == "basic.consume-ok")
        #expect(cluster.ask(client, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(client.declared?.consumerCount == 1)
        #expect(cluster.ask(client, QueueDelete(queue: "q", ifUnused: true)) == "channel.close")
        #expect(client.closing?.text == "PRECONDITION_FAILED - queue 'q' in vhost '/' in use")
        owner.connection.close()
        cluster.run(50)
        let other = try cluster.client(3)
        #expect(cluster.ask(other, QueueDelete(queue: "q", ifEmpty: true)) == "channel.close")
        #expect(other.closing?.text == "PRECONDITION_FAILED - queue 'q' in vhost '/' not empty")
        let third = try cluster.client(3)
        #expect(cluster.ask(third, QueueDeclare(queue: "q", durable: false)) == "channel.close")
        #expect(third.closing?.code == 406)
        let fourth = try cluster.client(3)
        #expect(cluster.ask(fourth, QueuePurge(queue: "q")) == "queue.purge-ok")
        guard case .method(_, .queuePurgeOK(let purged))? = fourth.frames.first else { throw Unexpected() }
        #expect(purged.messageCount == 4)
        #expect(cluster.ask(fourth, BasicGet(queue: "q")) == "basic.get-empty")
        fourth.publish("last", to: "", key: "q", persistent: true, 1)
        #expect(cluster.ask(fourth, QueueDelete(queue: "q")) == "queue.delete-ok")
        guard case .method(_, .queueDeleteOK(let deleted))? = fourth.frames.first else { throw Unexpected() }
        #expect(deleted.messageCount == 1)
        #expect(try cluster.queues(3)["q"] == nil)
        #expect(cluster.ask(fourth, BasicGet(queue: "q")) == "channel.close")
        #expect(fourth.closing?.text == "NOT_FOUND - no queue 'q' in vhost '/'")
    }

    @Test("prefetch holds on the way through, for each consumer and for the channel", arguments: [false, true])
    func prefetch(_ isGlobal: Bool) throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q")) == "queue.declare-ok")
        for number in 1...20 { owner.publish("m\(number)", to: "", key: "q", persistent: false, 1) }
        #expect(cluster.settle())
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicQos(prefetchCount: 3, global: isGlobal)) == "basic.qos-ok")
        #expect(cluster.ask(client, BasicConsume(queue: "q")) == "basic.consume-ok")
        cluster.run(50)
        #expect(client.bodies == ["m1", "m2", "m3"])
        #expect(try cluster.queue("q", on: 1).unackedCount == 3)
        client.send(BasicAck(deliveryTag: 2, multiple: true), 1)
        cluster.run(50)
        #expect(client.bodies == (1...5).map { "m\($0)" })
        client.send(BasicNack(deliveryTag: 0, multiple: true, requeue: false), 1)
        cluster.run(50)
        #expect(client.bodies == (1...8).map { "m\($0)" })
        client.send(BasicRecover(requeue: true), 1)
        cluster.run(50)
        #expect(client.names.contains("basic.recover-ok"))
        #expect(client.deliveries.suffix(3).map(\.redelivered) == [true, true, true])
        #expect(client.bodies.suffix(3) == ["m6", "m7", "m8"])
    }

    @Test("a consumer that is cancelled gets no more, and what it held stays its own; a channel that ends gives back")
    func ends() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q")) == "queue.declare-ok")
        #expect(cluster.settle())
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        owner.publish("m1", to: "", key: "q", persistent: false, 1)
        #expect(cluster.run { client.bodies == ["m1"] })
        #expect(cluster.ask(client, BasicCancel(consumerTag: "c")) == "basic.cancel-ok")
        owner.publish("m2", to: "", key: "q", persistent: false, 1)
        cluster.run(50)
        #expect(client.bodies.isEmpty)
        let queue = try cluster.queue("q", on: 1)
        #expect(queue.readyCount == 1 && queue.unackedCount == 1 && queue.consumers.count == 0)
        // The tag may be used again.
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies == ["m2"] })
        #expect(cluster.ask(client, ChannelClose(replyCode: 200)) == "channel.close-ok")
        #expect(cluster.run { queue.readyCount == 2 && queue.unackedCount == 0 })
        client.send(ChannelOpen(), 1)
        cluster.run(1)
        #expect(cluster.drain(client, "q", acking: false) == ["m1", "m2"])
        #expect(cluster.run { queue.unackedCount == 2 })
        client.connection.transportClosed()
        #expect(cluster.run { queue.readyCount == 2 && queue.unackedCount == 0 })
        let relays = try cluster.node(1).connections.values.filter(\.isRelay)
        #expect(relays.isEmpty)
    }

    @Test("what a client did before it closed its connection is carried out")
    func closing() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q")) == "queue.declare-ok")
        for number in 0..<3 { owner.publish("m\(number)", to: "", key: "q", persistent: false, 1) }
        #expect(cluster.settle())
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "q")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies.count == 3 })
        client.send(BasicAck(deliveryTag: 2, multiple: true), 1)
        client.publish(String(repeating: "x", count: 3_000_000), to: "", key: "q", persistent: false, 1)
        client.publish("last", to: "", key: "q", persistent: false, 1)
        client.send(ConnectionClose(replyCode: 200), 0)
        let queue = try cluster.queue("q", on: 1)
        #expect(cluster.run { queue.unackedCount == 0 && queue.readyCount == 3 })
        #expect(cluster.drain(owner, "q").reduce(0) { $0 + $1.count } == 2 + 3_000_000 + 4)
        #expect(cluster.run { (try? cluster.node(1).connections.count) == 1 })
        #expect(try cluster.node(2).cluster?.relays.own.isEmpty == true)
    }

    @Test("the control plane of any node purges and deletes")
    func controlPlane() throws {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        for number in 0..<3 { owner.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.settle())
        var answers: [String] = []
        func ask(_ request: Request) throws {
            try cluster.node(3).request(request, in: "/") { answers.append("\($0)") }
            cluster.run(100)
        }
        try ask(.purgeQueue(name: "q"))
        owner.publish("m", to: "", key: "q", persistent: true, 1)
        cluster.run(20)
        try ask(.deleteQueue(name: "q", ifUnused: false, ifEmpty: true))
        try ask(.deleteQueue(name: "q", ifUnused: true, ifEmpty: false))
        #expect(answers.count == 3 && answers.first == "removed(messages: 3)" && answers.last == "removed(messages: 1)")
        #expect(answers[1].contains("not empty"))
    }

    @Test("one message for queues of three nodes is confirmed when all have it, and refused when one refuses it")
    func fanout() throws {
        let cluster = try TestCluster()
        for number in 1...3 {
            let client = try cluster.client(number)
            let arguments: FieldTable =
                number == 3 ? ["x-max-length": .int32(2), "x-overflow": .string("reject-publish")] : [:]
            #expect(
                cluster.ask(client, QueueDeclare(queue: "q\(number)", durable: true, arguments: arguments))
                    == "queue.declare-ok")
            #expect(
                cluster.ask(client, QueueDeclare(queue: "r\(number)", durable: true)) == "queue.declare-ok")
            for name in ["q", "r"] {
                let bind = QueueBind(queue: "\(name)\(number)", exchange: "amq.fanout")
                #expect(cluster.ask(client, bind) == "queue.bind-ok")
            }
        }
        #expect(cluster.settle())
        let publisher = try cluster.client(2)
        #expect(cluster.ask(publisher, ConfirmSelect()) == "confirm.select-ok")
        publisher.forgetFrames()
        for number in 1...4 { publisher.publish("m\(number)", to: "amq.fanout", key: "", persistent: true, 1) }
        #expect(cluster.run { publisher.confirmed.acks.count + publisher.confirmed.nacks.count == 4 })
        #expect(publisher.confirmed.acks == [1, 2] && publisher.confirmed.nacks == [3, 4])
        for number in 1...3 {
            #expect(try cluster.queue("r\(number)", on: number).readyCount == 4)
            #expect(try cluster.queue("q\(number)", on: number).readyCount == (number == 3 ? 2 : 4))
        }
    }

    private struct Unexpected: Error {}
}
