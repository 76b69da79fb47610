import AMQP
import Testing

@testable import Broker
@testable import Journal

/// What the simulator found about crashes long after something was written.
@Suite("What survives a crash long afterwards")
struct LaterCrashTests {
    @Test("the time that a queue gives its messages goes on after a crash")
    func queueLifetime() throws {
        let disk = CrashingDisk()
        let client = try WireClient(try disk.start().node, opening: [1])
        client.send(QueueDeclare(queue: "kept", durable: true), 1)
        client.send(QueueDeclare(queue: "fleeting", durable: true, arguments: ["x-message-ttl": .int32(1000)]), 1)
        client.send(ExchangeDeclare(exchange: "e", type: "fanout", durable: true), 1)
        for queue in ["kept", "fleeting"] { client.send(QueueBind(queue: queue, exchange: "e"), 1) }
        client.settle(disk)
        client.publish("one", to: "e", key: "", persistent: true, 1)
        client.settle(disk)
        let (again, found) = try disk.afterCrash().start()
        #expect(found.messages == 2)
        let later = try WireClient(again, opening: [1])
        _ = again.tick(now: again.now.advanced(milliseconds: 1500))
        #expect(later.drain("fleeting", 1) == [])
        #expect(later.drain("kept", 1) == ["one"])
    }

    @Test("who asks for what is on its way to the disk already is answered once it is there, too")
    func askedTwice() throws {
        let disk = CrashingDisk()
        let client = try WireClient(try disk.start().node, opening: [1, 2])
        func answered(_ ask: (UInt16) -> Void) -> (before: [String], after: [String]) {
            client.forgetFrames()
            ask(1)
            client.tick()
            ask(2)
            client.tick()
            let before = client.names
            client.settle(disk)
            return (before, client.names)
        }
        let declared = answered { client.send(QueueDeclare(queue: "q", durable: true), $0) }
        #expect(declared == ([], ["queue.declare-ok", "queue.declare-ok"]))
        let deleted = answered { client.send(QueueDelete(queue: "q"), $0) }
        #expect(deleted == ([], ["queue.delete-ok", "queue.delete-ok"]))
    }

    @Test("a commit that waits for a return to go out is all there after a crash, or nothing of it")
    func heldCommit() throws {
        let disk = CrashingDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(TxSelect(), 1)
        client.publish("one", to: "", key: "q", persistent: true, 1)
        client.publish([UInt8](repeating: 1, count: 1 << 20), to: "nowhere", 1, isMandatory: true)
        client.publish("two", to: "", key: "q", persistent: true, 1)
        client.send(TxCommit(), 1)
        var found = 0
        for _ in 0..<20 {
            _ = node.tick(now: node.now)
            _ = disk.sync()
            let copy = CrashingDisk()
            copy.restore(disk, torn: 0)
            found = try copy.start().found.messages
            #expect(found == 0 || found == 2)
        }
        #expect(found == 2)
    }

    @Test("a change of the topology while the whole of it is written down again survives the segments before it")
    func changeMeanwhile() throws {
        let disk = CrashingDisk()
        disk.segmentBytes = 600
        let client = try WireClient(try disk.start().node, opening: [1])
        client.send(ExchangeDeclare(exchange: "e", type: "direct", durable: true), 1)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        let changes = 40
        for number in 0..<changes {
            // Old segments empty, and what is written next is the topology, with this change before it or behind.
            client.publish(String(repeating: "x", count: 200), to: "", key: "q", persistent: true, 1)
            client.send(BasicGet(queue: "q", noAck: true), 1)
            client.settle(disk)
            client.publish("last", to: "", key: "q", persistent: true, 1)
            client.send(BasicGet(queue: "q", noAck: true), 1)
            client.tick()
            _ = disk.sync()
            client.send(QueueBind(queue: "q", exchange: "e", routingKey: "\(number)"), 1)
            client.tick()
        }
        client.settle(disk)
        #expect(disk.segments[1] == nil, "the first segment is still there")
        let (again, _) = try disk.afterCrash().start()
        #expect(again.virtualHosts["/"]?.exchanges["e"]?.bindingCount == changes)
    }

    @Test("what the disk has not taken yet is not read back when the journal is written anew")
    func slowDisk() throws {
        let disk = CrashingDisk()
        disk.segmentBytes = 600
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        func step() {
            client.tick()
            _ = node.tick(now: node.now.advanced(milliseconds: 11))
        }
        let large = String(repeating: "x", count: 20_000)
        client.publish(large, to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        // On its way to the disk, and most of it not needed any more; the next gathers for the segment behind it.
        for body in [large, "small"] { client.publish(body, to: "", key: "q", persistent: true, 1) }
        step()
        for _ in 1...2 { client.send(BasicGet(queue: "q", noAck: true), 1) }
        client.publish("last", to: "", key: "q", persistent: true, 1)
        step()
        let unread = node.journal.readable.segment + 1
        #expect(disk.segments[unread] == nil && node.journal.segment > unread)
        #expect(node.segmentUse.count(in: unread) == 1)
        node.compact()
        for _ in 0..<20 { step() }
        #expect(node.storageFailure == nil)
        client.settle(disk)
        #expect(client.drain("q", 1) == ["small", "last"])
    }
}
