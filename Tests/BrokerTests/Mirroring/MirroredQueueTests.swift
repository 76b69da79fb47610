import AMQP
import Management
import Testing

@testable import Broker

@Suite("Mirrored queues")
struct MirroredQueueTests {
    @Test("a queue that a policy mirrors has a mirror in sync on every other node from the beginning")
    func declared() throws {
        let cluster = try TestCluster.mirroring()
        for number in 1...3 {
            #expect(try cluster.inSync("m", on: number) == [2, 3])
            #expect(cluster.mirrorLeader(of: "m") == 1)
        }
    }

    @Test("what is published at the leader is at every mirror, and leaves it when it is acknowledged")
    func copies() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(5)
        cluster.run(20)
        for number in 2...3 { #expect(try cluster.sequences("m", on: number) == cluster.sequences("m", on: 1)) }
        #expect(try cluster.queue("m", on: 2).readyCount == 5)
        #expect(cluster.drain(client, "m") == ["m0", "m1", "m2", "m3", "m4"])
        cluster.run(20)
        for number in 2...3 { #expect(try cluster.queue("m", on: number).readyCount == 0) }
    }

    @Test("a publish is confirmed when every mirror in sync has it on its disk, and not before")
    func confirms() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        cluster.isSyncDue = { false }
        client.publish(1)
        cluster.run(50)
        #expect(client.confirmed.acks.isEmpty)
        cluster.isSyncDue = { true }
        #expect(cluster.run(50) { client.confirmed.acks == [1] })
        cluster.silence(2)
        client.publish(1)
        cluster.run(30)
        #expect(client.confirmed.acks == [1], "a mirror that may have gone is waited for")
    }

    @Test("a mirror that goes is not waited for any more once the metadata says so")
    func shrinks() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        cluster.crash(3)
        client.publish(1)
        #expect(cluster.run(500) { client.confirmed.acks == [1] })
        #expect(try cluster.inSync("m", on: 1) == [2])
        #expect(cluster.run(50) { (try? cluster.inSync("m", on: 2)) == [2] })
    }

    @Test(
        "when the leader crashes a mirror in sync leads, with everything that was confirmed",
        arguments: [true, false])
    func promoted(persistent: Bool) throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        client.publish(10, persistent: persistent)
        #expect(cluster.run(100) { client.confirmed.acks.count == 10 })
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        #expect(cluster.run(2_000) { (try? cluster.inSync("m", on: 3)) == [3] })
        let reader = try cluster.client(3)
        #expect(cluster.drain(reader, "m") == (0..<10).map { "m\($0)" })
    }

    @Test("what a client of the old leader held is delivered again, marked as redelivered; what came after is not")
    func redelivered() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(4)
        client.send(BasicQos(prefetchCount: 2), 1)
        client.send(BasicConsume(queue: "m", consumerTag: "c"), 1)
        #expect(cluster.run(50) { client.bodies == ["m0", "m1"] })
        cluster.run(20)
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        let reader = try cluster.client(2)
        reader.send(BasicConsume(queue: "m", consumerTag: "c", noAck: true), 1)
        #expect(cluster.run { reader.bodies.count == 4 })
        #expect(reader.bodies == ["m0", "m1", "m2", "m3"])
        #expect(reader.deliveries.map(\.redelivered) == [true, true, false, false])
        let event = cluster.recorders[1].reading(from: Instant(nanoseconds: 0), to: cluster.now).events.map(\.event)
            .first { $0.kind == .promoted }
        #expect(event?.queue == "m")
        #expect(event?.text == "2 unacked requeued")
    }

    @Test("a consumer on another node goes on with the new leader, and its late acknowledgements are no mistake")
    func consumersGoOn() throws {
        let cluster = try TestCluster.mirroring()
        let consumers = try [2, 3].map { try cluster.client($0) }
        for client in consumers {
            #expect(cluster.ask(client, BasicQos(prefetchCount: 1)) == "basic.qos-ok")
            #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        }
        let publisher = try cluster.client(1)
        publisher.publish(2)
        #expect(cluster.run { consumers.allSatisfy { $0.deliveries.count == 1 } })
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        cluster.run(100)
        for client in consumers {
            client.send(BasicAck(deliveryTag: client.deliveries[0].deliveryTag), 1)
        }
        #expect(cluster.run { consumers.allSatisfy { $0.deliveries.count == 2 } })
        for client in consumers {
            #expect(!client.names.contains("channel.close") && !client.names.contains("basic.cancel"))
            #expect(client.deliveries[1].redelivered)
            client.send(BasicAck(deliveryTag: client.deliveries[1].deliveryTag), 1)
        }
        cluster.run(100)
        #expect(try cluster.queue("m", on: 2).heldCount == 0)
        #expect(try cluster.queue("m", on: 3).readyCount == 0)
    }

    @Test("a leader that comes back is a mirror without what it had, and is in sync when what was there before is gone")
    func comesBack() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(3)
        cluster.run(50)
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        try cluster.start(1)
        #expect(cluster.settle())
        cluster.run(500)
        let back = try cluster.queue("m", on: 1)
        #expect(back.mirroring?.leader.node == 2)
        #expect(back.mirroring?.unsynchronised.map(\.node) == [1])
        #expect(back.readyCount == 0)
        let reader = try cluster.client(2)
        reader.publish(1, as: "new")
        cluster.run(50)
        #expect(back.readyCount == 1)
        #expect(try cluster.inSync("m", on: 1) == [3])
        #expect(cluster.drain(reader, "m") == ["m0", "m1", "m2", "new0"])
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [1, 3] })
    }
}
