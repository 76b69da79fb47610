import AMQP
import Journal
import Testing

@testable import Broker

@Suite("Transactions and crashes")
struct DurableTransactionTests {
    /// A transaction of `count` publishes to two queues and `count` acks of a third; a crash after any batch, and any tear
    /// of the next, leaves all of it or nothing of it.
    @Test("a crash at any moment of a commit leaves all of it or nothing", arguments: [1, 3, 1_500])
    func allOrNothing(count: Int) throws {
        var sawAll = false
        var sawNothing = false
        var crash = 0
        while true {
            let disk = CrashingDisk()
            let (node, _) = try disk.start()
            let client = try WireClient(node, opening: [1, 2])
            for queue in ["a", "b", "c", "other"] { client.send(QueueDeclare(queue: queue, durable: true), 1) }
            for _ in 0..<count { client.publish("old", to: "", key: "c", persistent: true, 1) }
            client.settle(disk)
            disk.crashAfter = disk.batches + crash
            client.send(ConfirmSelect(), 1)
            client.send(TxSelect(), 2)
            client.send(BasicConsume(queue: "c", consumerTag: "c"), 2)
            client.tick()
            for number in 0..<count {
                client.publish("\(number)", to: "", key: "a", persistent: true, 2)
                client.publish("\(number)", to: "", key: "b", persistent: true, 2)
            }
            client.send(BasicAck(deliveryTag: UInt64(count), multiple: true), 2)
            client.tick()
            client.forgetFrames()
            client.send(TxCommit(), 2)
            // Another client's publishes have the disk write between the slices of the commit.
            for _ in 0..<8 {
                client.publish("x", to: "", key: "other", persistent: true, 1)
                _ = node.tick(now: node.now)
                _ = disk.sync()
            }
            client.settle(disk)
            let isAnswered = client.names.contains("tx.commit-ok")
            for torn in [0, disk.pendingBytes / 3, max(0, disk.pendingBytes - 8), disk.pendingBytes] {
                let copy = CrashingDisk()
                copy.restore(disk, torn: torn)
                let (again, found) = try copy.start()
                let host = try #require(again.virtualHosts["/"])
                let counts = ["a", "b", "c"].map { host.queues[$0]?.readyCount ?? -1 }
                let isAll = counts == [count, count, 0]
                let isNothing = counts == [0, 0, count]
                #expect(isAll || isNothing, "\(counts) after \(crash) batches, \(torn) bytes of the next")
                #expect(!isAnswered || isAll, "commit-ok was sent")
                #expect(found.unreadable == 0)
                sawAll = sawAll || isAll
                sawNothing = sawNothing || isNothing
            }
            if isAnswered { break }
            crash += 1
        }
        #expect(sawAll && sawNothing)
    }

    @Test("commit-ok waits for the disk; a rollback leaves the deliveries unacknowledged and writes nothing")
    func waits() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(TxSelect(), 1)
        client.publish("one", to: "", key: "q", persistent: true, 1)
        client.tick()
        client.forgetFrames()
        client.send(TxCommit(), 1)
        client.tick()
        #expect(client.names == [])
        #expect(disk.sync())
        client.tick()
        #expect(client.names == ["tx.commit-ok"])
        client.send(BasicGet(queue: "q"), 1)
        client.tick()
        // That it was delivered is written down.
        client.settle(disk)
        client.send(BasicAck(deliveryTag: 1, multiple: false), 1)
        let batches = disk.batches
        client.send(TxRollback(), 1)
        client.settle(disk)
        #expect(client.names.last == "tx.rollback-ok" && disk.batches == batches)
        let (again, _) = try disk.afterCrash().start()
        #expect(again.virtualHosts["/"]?.queues["q"]?.readyCount == 1)
    }

    @Test("an empty commit needs no disk")
    func empty() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1])
        client.send(TxSelect(), 1)
        client.tick()
        client.forgetFrames()
        client.send(TxCommit(), 1)
        client.tick()
        #expect(client.names == ["tx.commit-ok"])
    }
}
