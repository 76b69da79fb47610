import AMQP
import Testing

@testable import Broker

@Suite("What mirrors hold")
struct MirrorContentsTests {
    /// Lets node 1 crash and node 2 lead.
    private func failOver(_ cluster: TestCluster) {
        cluster.run(30)
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        cluster.run(200)
    }

    @Test("a purge empties the mirrors too, and spares what clients hold")
    func purged() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(5)
        #expect(cluster.ask(client, BasicGet(queue: "m")) == "basic.get-ok")
        #expect(cluster.ask(client, QueuePurge(queue: "m")) == "queue.purge-ok")
        cluster.run(20)
        for number in 2...3 { #expect(try cluster.queue("m", on: number).readyCount == 1) }
        failOver(cluster)
        #expect(try cluster.drain(cluster.client(3), "m") == ["m0"])
    }

    @Test("a deleted queue is gone from its mirrors")
    func deleted() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(2)
        client.publish(3)
        #expect(cluster.ask(client, QueueDelete(queue: "m")) == "queue.delete-ok")
        #expect(cluster.settle())
        cluster.run(50)
        for number in 1...3 {
            #expect(try cluster.node(number).virtualHosts["/"]?.queues["m"] == nil)
            #expect(try cluster.node(number).keptBytes == 0)
        }
    }

    @Test("what expires, or is too much, ends at the mirrors when the leader says so, and only that dead-letters it")
    func dropped() throws {
        let cluster = try TestCluster.mirroring(
            ["ha-mode": .string("all")],
            [
                "x-message-ttl": .int64(300), "x-max-length": .int64(3), "x-dead-letter-exchange": .string(""),
                "x-dead-letter-routing-key": .string("mdead"),
            ])
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "mdead", durable: true)) == "queue.declare-ok")
        client.publish(5)
        cluster.run(50)
        #expect(try cluster.sequences("m", on: 2).count == 3)
        #expect(try cluster.sequences("mdead", on: 3).count == 2)
        cluster.run(400)
        for number in 1...3 {
            #expect(try cluster.queue("m", on: number).readyCount == 0)
            #expect(try cluster.queue("mdead", on: number).readyCount == 5)
        }
    }

    @Test("a message goes on to expire where a mirror leads")
    func expiresLater() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish("short", key: "m", BasicProperties(deliveryMode: 2, expiration: "5000"), 1)
        client.publish("long", key: "m", BasicProperties(deliveryMode: 2), 1)
        failOver(cluster)
        #expect(try cluster.queue("m", on: 2).readyCount == 2)
        cluster.run(5_000)
        #expect(try cluster.queue("m", on: 2).readyCount == 1)
        #expect(try cluster.queue("m", on: 3).readyCount == 1)
    }

    @Test("a message of many chunks is copied whole")
    func large() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        client.publishHalf(of: 6_000_000, to: "m", 1)
        client.publishRest(of: 6_000_000, 1)
        #expect(cluster.run { client.confirmed.acks == [1] })
        failOver(cluster)
        let reader = try cluster.client(2)
        reader.send(BasicGet(queue: "m"), 1)
        #expect(cluster.run { reader.bodyBytes == 6_000_000 })
        let body = reader.frames.flatMap { if case .body(_, let bytes) = $0 { bytes } else { [UInt8]() } }
        #expect(body.prefix(3_000_000).allSatisfy { $0 == 1 } && body.suffix(3_000_000).allSatisfy { $0 == 2 })
    }

    @Test("a transaction is committed when the mirrors have what it published")
    func transaction() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        client.publish(3)
        cluster.silence(3)
        client.forgetFrames()
        client.send(TxCommit(), 1)
        cluster.run(40)
        #expect(client.names.isEmpty, "a mirror that may have gone is waited for")
        #expect(cluster.run(3_000) { client.names == ["tx.commit-ok"] })
        #expect(try cluster.inSync("m", on: 1) == [2])
        cluster.heal()
        #expect(cluster.settle())
        failOver(cluster)
        #expect(try cluster.queue("m", on: 2).readyCount == 3)
    }

    @Test("mirrors compare what they hold when another one leads: what one of them lacks it is sent, the rest goes")
    func compared() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(2)
        cluster.run(20)
        // Node 3 hears nothing of what comes now, node 2 does.
        cluster.silence(3)
        client.publish(2, as: "late")
        cluster.run(5)
        #expect(try cluster.sequences("m", on: 2).count == 4)
        #expect(try cluster.sequences("m", on: 3).count == 2)
        cluster.crash(1)
        cluster.heal()
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        cluster.run(100)
        #expect(try cluster.inSync("m", on: 2) == [3])
        #expect(try cluster.sequences("m", on: 3) == cluster.sequences("m", on: 2))
        #expect(try cluster.drain(cluster.client(3), "m") == ["m0", "m1", "late0", "late1"])
    }

    @Test("nothing of a deleted queue stays in memory once its deliveries are settled", arguments: [true, false])
    func forgotten(isMirrored: Bool) throws {
        let cluster = try TestCluster.mirroring(isMirrored ? ["ha-mode": .string("all")] : ["max-length": .int64(9)])
        let client = try cluster.client(2)
        let publisher = try cluster.client(2)
        publisher.publish(3)
        #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies.count == 3 })
        // A channel remembers where its last publish went, and a node where some have gone lately.
        #expect(cluster.ask(publisher, ChannelClose(replyCode: 200)) == "channel.close-ok")
        let queues = try (1...3).map { Glimpse(try cluster.queue("m", on: $0)) }
        let mirrors = Glimpse(try cluster.queue("m", on: 1).mirrors)
        let copy = Glimpse(try cluster.queue("m", on: 3).copy)
        let stand = Glimpse(try cluster.queue("m", on: 2).distant)
        #expect(!stand.isGone && mirrors.isGone != isMirrored && copy.isGone != isMirrored)
        #expect(cluster.ask(try cluster.client(3), QueueDelete(queue: "m")) == "queue.delete-ok")
        #expect(cluster.converge())
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        cluster.run(500)
        for number in 1...3 { try cluster.node(number).router = Router() }
        #expect((queues + [mirrors, copy, stand]).allSatisfy { $0.isGone })
    }
}
