import AMQP
import Testing

@testable import Broker

@Suite("Which nodes mirror a queue")
struct MirrorPlacementTests {
    @Test("a policy says how many nodes hold a queue; where one goes another takes its place")
    func exactly() throws {
        let cluster = try TestCluster.mirroring(["ha-mode": .string("exactly"), "ha-params": .int64(2)])
        #expect(try cluster.inSync("m", on: 1) == [2])
        cluster.crash(2)
        #expect(cluster.run(3_000) { (try? cluster.inSync("m", on: 1)) == [3] })
        try cluster.start(2)
        #expect(cluster.settle())
        cluster.run(500)
        #expect(try cluster.inSync("m", on: 1) == [3] && cluster.unsynchronised("m", on: 1) == [])
    }

    @Test("a policy names the nodes; a leader that is none of them gives way to a mirror in sync that is")
    func nodes() throws {
        let names = ["warren2@localhost", "warren3@localhost"].map { FieldValue.string($0) }
        let cluster = try TestCluster.mirroring(["ha-mode": .string("nodes"), "ha-params": .array(names)])
        let client = try cluster.client(1)
        client.publish(3)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        #expect(cluster.settle())
        cluster.run(500)
        #expect(try cluster.inSync("m", on: 1) == [3])
        #expect(try cluster.queue("m", on: 1).readyCount == 0)
        let bodies = cluster.drain(client, "m")
        #expect(["m0", "m1", "m2"].starts(with: bodies) || bodies.count == 3)
    }

    @Test("a queue that is there when its policy comes gets mirrors, and loses them with it")
    func changed() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        client.publish(2)
        try cluster.mirror(["ha-mode": .string("all")])
        #expect(cluster.run { (try? cluster.unsynchronised("m", on: 1)) == [2, 3] })
        client.publish(1, as: "new")
        cluster.run(50)
        #expect(try cluster.queue("m", on: 2).readyCount == 1, "a new mirror gets what comes from then on")
        #expect(cluster.drain(client, "m") == ["m0", "m1", "new0"])
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2, 3] })
        client.publish(1)
        cluster.run(50)
        try cluster.change(1, .clearPolicy(virtualHost: "/", name: "ha"))
        #expect(cluster.run { (try? cluster.inSync("m", on: 2)) == [] })
        #expect(cluster.settle())
        #expect(try cluster.queue("m", on: 2).readyCount == 0 && cluster.queue("m", on: 1).readyCount == 1)
        #expect(try cluster.queue("m", on: 1).mirrors == nil)
    }

    @Test("what is said late of a mirror that was lost means nothing for the one that has joined again")
    func late() {
        var mirroring = QueueMirroring(leader: QueueHome(node: 1, incarnation: 1), index: 5)
        let home = QueueHome(node: 2, incarnation: 1)
        func apply(_ change: MirrorChange.Kind, _ index: UInt64) -> Bool {
            mirroring.apply(change, at: index, mayLoseMessages: false)
        }
        #expect(apply(.added(home), 6))
        let first = mirroring.unsynchronised[0]
        #expect(apply(.lost(2), 7) && apply(.added(home), 8))
        #expect(!apply(.synchronised(first), 9))
        #expect(!apply(.promoted(home), 10), "it is not in sync")
        #expect(apply(.synchronised(mirroring.unsynchronised[0]), 11) && apply(.promoted(home), 12))
        #expect(mirroring.leader == home && mirroring.epoch == 2 && mirroring.mirrors.isEmpty)
    }

    @Test("exclusive queues and quorum queues have no mirrors")
    func others() throws {
        let cluster = try TestCluster()
        try cluster.mirror(["ha-mode": .string("all")])
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "mine", exclusive: true)) == "queue.declare-ok")
        let quorum = QueueDeclare(queue: "mquorum", durable: true, arguments: ["x-queue-type": .string("quorum")])
        #expect(cluster.ask(client, quorum) == "queue.declare-ok")
        #expect(cluster.settle())
        cluster.run(200)
        #expect(try cluster.queue("mine", on: 1).mirroring == nil)
        #expect(try cluster.queue("mquorum", on: 1).mirroring == nil)
    }
}

@Suite("Mirrors that are sent what was there before them")
struct MirrorSynchronisationTests {
    private let automatic: FieldTable = ["ha-mode": .string("all"), "ha-sync-mode": .string("automatic")]

    @Test("with ha-sync-mode automatic a new mirror gets everything, what clients hold included, and is in sync")
    func automaticCopy() throws {
        let cluster = try TestCluster()
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        client.publish(1_000)
        #expect(cluster.ask(client, BasicQos(prefetchCount: 10)) == "basic.qos-ok")
        #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.deliveries.count == 10 })
        try cluster.mirror(automatic)
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2, 3] })
        cluster.run(50)
        for number in 2...3 { #expect(try cluster.queue("m", on: number).readyCount == 1_000) }
        client.send(BasicAck(deliveryTag: client.deliveries[0].deliveryTag), 1)
        #expect(cluster.run { client.deliveries.count == 11 })
        cluster.run(50)
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        let bodies = try cluster.drain(cluster.client(3), "m")
        #expect(bodies == (1..<1_000).map { "m\($0)" })
    }

    @Test("what the leader has only on its disk is read back for the mirror")
    func cold() throws {
        let cluster = try TestCluster.mirroring()
        let client = try cluster.client(1)
        client.publish(50)
        cluster.run(50)
        for number in 2...3 { cluster.crash(number) }
        cluster.crash(1)
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.settle())
        try cluster.mirror(automatic)
        cluster.crash(3)
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2] })
        try cluster.start(3)
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2, 3] })
        #expect(try cluster.sequences("m", on: 3) == cluster.sequences("m", on: 1))
        #expect(try cluster.sequences("m", on: 3).count == 50)
    }

    @Test("what a client gives back while a mirror is sent it is not missed where the disk alone has it")
    func coldAndBack() throws {
        let cluster = try TestCluster(warmBytes: 0)
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        client.publish(50)
        cluster.run(200)
        #expect(cluster.ask(client, BasicQos(prefetchCount: 10)) == "basic.qos-ok")
        #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.deliveries.count == 10 })
        cluster.run(200)
        // Reading takes a while.
        cluster.members[0].disk.delaysReads = true
        try cluster.mirror(automatic)
        #expect(cluster.run { (try? cluster.queue("m", on: 1).mirrors?.copying) != nil })
        client.send(BasicCancel(consumerTag: "c"), 1)
        client.send(BasicNack(deliveryTag: 10, multiple: true, requeue: true), 1)
        #expect(cluster.run { (try? cluster.inSync("m", on: 1)) == [2, 3] })
        #expect(try cluster.sequences("m", on: 3).count == 50)
    }
}
