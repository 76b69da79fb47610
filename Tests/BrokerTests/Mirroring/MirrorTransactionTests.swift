import AMQP
import Testing

@testable import Broker

@Suite("Transactions and mirrored queues")
struct MirrorTransactionTests {
    @Test("a transaction handed to who leads no more goes on to who does; its client hears that nobody waited for that")
    func deposedMeanwhile() throws {
        let cluster = try TestCluster()
        let next = try #require(cluster.leader)
        let others = cluster.numbers.filter { $0 != next }
        let (old, far) = (others[0], others[1])
        try cluster.mirror(["ha-mode": .string("all")])
        #expect(cluster.ask(try cluster.client(old), QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        let client = try cluster.client(far)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        cluster.delay(next, to: far, 300)
        try cluster.mirror(on: [next])
        #expect(cluster.run { (try? cluster.queue("m", on: old).home?.node) == UInt32(next) })
        #expect(try cluster.queue("m", on: far).home?.node == UInt32(old))
        client.publish(1)
        #expect(cluster.ask(client, TxCommit()) == "channel.close")
        #expect(client.closing?.text == "PRECONDITION_FAILED - partial tx completion")
        #expect(cluster.run { (try? cluster.queue("m", on: next).readyCount) == 1 })
    }

    @Test("a transaction that reaches who leads now before that is known there waits until it is")
    func aheadOfTheLeader() throws {
        let cluster = try TestCluster()
        let old = try #require(cluster.leader)
        let others = cluster.numbers.filter { $0 != old }
        let (next, far) = (others[0], others[1])
        try cluster.mirror(["ha-mode": .string("all")])
        #expect(cluster.ask(try cluster.client(old), QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        let client = try cluster.client(far)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        try cluster.mirror(on: [next])
        cluster.delay(old, to: next, 300)
        #expect(cluster.run { (try? cluster.queue("m", on: far).home?.node) == UInt32(next) })
        #expect(try cluster.queue("m", on: next).home?.node == UInt32(old))
        client.publish(1)
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        #expect(try cluster.queue("m", on: next).readyCount == 1)
    }

    @Test("what a transaction does to a mirrored queue is with the mirrors only when it is on its leader's disk")
    func mirroredBeforeDurable() throws {
        let cluster = try TestCluster()
        try cluster.mirror(["ha-mode": .string("all")])
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        #expect(cluster.ask(client, QueueDeclare(queue: "plain", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        client.publish(1)
        client.publish("there", to: "", key: "plain", persistent: true, 1)
        cluster.isSyncDue = { false }
        client.send(TxCommit(), 1)
        cluster.run(100)
        cluster.crash(1)
        cluster.isSyncDue = { true }
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        // Nothing of it is anywhere.
        #expect(try cluster.queue("m", on: 2).readyCount == 0)
        try cluster.start(1)
        #expect(cluster.settle())
        #expect(try cluster.queue("plain", on: 1).readyCount == 0)
    }

    @Test("a commit larger than what mirrors may be behind by ends, and publishing goes on after it")
    func largeCommit() throws {
        let cluster = try TestCluster()
        try cluster.mirror(["ha-mode": .string("all")])
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        let body = String(repeating: "x", count: 10_000)
        let count = Limits.mirrorBacklogBytes / 10_000 * 3 / 2
        for _ in 0..<count { client.publish(body, to: "", key: "m", persistent: true, 1) }
        #expect(cluster.ask(client, TxCommit(), 20_000) == "tx.commit-ok")
        for number in 1...3 { #expect(try cluster.queue("m", on: number).readyCount == count, "node \(number)") }
        let other = try cluster.client(1)
        #expect(cluster.ask(other, ConfirmSelect()) == "confirm.select-ok")
        other.publish(1)
        #expect(cluster.run { other.confirmed.acks == [1] })
    }

    @Test("an acknowledgement that was committed is with the mirrors: the next leader does not deliver again")
    func committedAcknowledgement() throws {
        let cluster = try TestCluster()
        try cluster.mirror(["ha-mode": .string("all")])
        let client = try cluster.client(1)
        #expect(cluster.ask(client, QueueDeclare(queue: "m", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        client.publish(3)
        cluster.run(50)
        #expect(cluster.ask(client, TxSelect()) == "tx.select-ok")
        #expect(cluster.ask(client, BasicConsume(queue: "m", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.deliveries.count == 3 })
        client.send(BasicAck(deliveryTag: 2, multiple: true), 1)
        for mirror in 2...3 { cluster.delay(1, to: mirror, 30) }
        #expect(cluster.ask(client, TxCommit()) == "tx.commit-ok")
        cluster.crash(1)
        #expect(cluster.run(3_000) { cluster.mirrorLeader(of: "m") == 2 })
        #expect(try cluster.drain(cluster.client(3), "m") == ["m2"])
    }
}
