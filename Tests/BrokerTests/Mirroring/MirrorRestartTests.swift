import AMQP
import Testing

@testable import Broker

@Suite("Mirrored queues whose leader's node is back before anybody has missed it")
struct MirrorRestartTests {
    /// The node is gone and there again.
    private func restart(_ number: Int, in cluster: TestCluster) throws {
        cluster.crash(number)
        try cluster.start(number)
    }

    // One of the three leads the metadata as well.
    @Test(
        "a mirror in sync leads, with the transient messages that were confirmed, and the node joins it anew",
        arguments: 1...3)
    func transient(leader: Int) throws {
        let cluster = try TestCluster.mirroring(ledBy: leader)
        let others = (1...3).filter { $0 != leader }
        let client = try cluster.client(leader)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.publish(4, as: "transient", persistent: false)
        client.publish(4, as: "persistent")
        #expect(cluster.run(100) { client.confirmed.acks.count == 8 })
        try restart(leader, in: cluster)
        #expect(cluster.settle())
        cluster.run(500)
        let next = others[0]
        #expect(cluster.mirrorLeader(of: "m") == next)
        #expect(try cluster.inSync("m", on: leader) == [others[1]])
        #expect(try cluster.unsynchronised("m", on: next) == [leader])
        #expect(try cluster.sequences("m", on: leader).isEmpty)
        let texts = ["transient", "persistent"].flatMap { prefix in (0..<4).map { "\(prefix)\($0)" } }
        #expect(try cluster.drain(cluster.client(leader), "m") == texts)
        // What was there before it has gone: nothing is missing any more.
        #expect(cluster.run { (try? cluster.inSync("m", on: next)) == [others[1], leader].sorted() })
    }

    @Test("what a consumer held comes again, marked as redelivered, and what had not been delivered is not")
    func redelivered() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(4, persistent: false)
        client.send(BasicQos(prefetchCount: 2), 1)
        client.send(BasicConsume(queue: "m", consumerTag: "c"), 1)
        #expect(cluster.run(50) { client.bodies == ["m0", "m1"] })
        cluster.run(20)
        try restart(1, in: cluster)
        #expect(cluster.settle())
        let reader = try cluster.client(1)
        reader.send(BasicConsume(queue: "m", consumerTag: "c", noAck: true), 1)
        #expect(cluster.run { reader.bodies.count == 4 })
        #expect(reader.bodies == ["m0", "m1", "m2", "m3"])
        #expect(reader.deliveries.map(\.redelivered) == [true, true, false, false])
        #expect(cluster.promotions(on: 2) == ["2 unacked requeued"])
    }

    @Test("where the mirror in sync is gone as well the node goes on with what its disk has")
    func alone() throws {
        let cluster = try TestCluster.mirroring(["ha-mode": .string("exactly"), "ha-params": .int64(2)])
        let client = try cluster.client(1)
        #expect(try cluster.inSync("m", on: 1) == [2])
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.publish(2, as: "transient", persistent: false)
        client.publish(2, as: "persistent")
        #expect(cluster.run(100) { client.confirmed.acks.count == 4 })
        cluster.crash(1)
        cluster.crash(2)
        try cluster.start(1)
        #expect(cluster.run { (try? cluster.node(1).isServing) == true })
        #expect(cluster.run(500) { cluster.mirrorLeader(of: "m") == 1 })
        #expect(try cluster.drain(cluster.client(3), "m") == ["persistent0", "persistent1"])
    }

    @Test("what the leader's disk had from before its start is on the disk of a mirror that was sent it")
    func restoredIsPersistent() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        client.publish(3)
        cluster.run(50)
        try restart(1, in: cluster)
        #expect(cluster.settle())
        try cluster.mirror(["ha-mode": .string("all"), "ha-sync-mode": .string("automatic")])
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2, 3] })
        cluster.run(100)
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        cluster.run(100)
        for number in 2...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.settle())
        #expect(cluster.mirrorLeader(of: "m") == 2)
        #expect(try cluster.drain(cluster.client(3), "m") == ["m0", "m1", "m2"])
    }

    @Test("consumers of all nodes go on with the mirror that leads, with everything that was confirmed")
    func consumersGoOn() throws {
        let cluster = try TestCluster.mirroring()
        let consumers = try [2, 3].map { try cluster.client($0) }
        for client in consumers {
            #expect(cluster.ask(client, BasicQos(prefetchCount: 1)) == "basic.qos-ok")
            #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        }
        let publisher = try cluster.client(1)
        #expect(cluster.ask(publisher, ConfirmSelect()) == "confirm.select-ok")
        publisher.publish(6, persistent: false)
        #expect(cluster.run { publisher.confirmed.acks.count == 6 })
        try restart(1, in: cluster)
        #expect(cluster.settle())
        var bodies: Set<String> = []
        for _ in 0..<20 {
            for client in consumers {
                bodies.formUnion(client.bodies)
                #expect(!client.names.contains("channel.close") && !client.names.contains("basic.cancel"))
                for delivery in client.deliveries { client.send(BasicAck(deliveryTag: delivery.deliveryTag), 1) }
                client.forgetFrames()
            }
            cluster.run(50)
        }
        #expect(bodies == Set((0..<6).map { "m\($0)" }))
    }
}
