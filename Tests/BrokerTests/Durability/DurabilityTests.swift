import AMQP
import Testing

@testable import Broker
@testable import Journal

@Suite("What survives a crash")
struct DurabilityTests {
    private func client(_ node: Node, _ channels: [UInt16] = [1]) throws -> WireClient {
        try WireClient(node, opening: channels)
    }

    private func acks(_ client: WireClient) -> [UInt64] {
        client.frames.compactMap { if case .method(_, .basicAck(let ack)) = $0 { ack.deliveryTag } else { nil } }
    }

    @Test(
        "only what is durable in all its parts comes back",
        arguments: [true, false], [(true, true), (true, false), (false, true), (false, false)])
    func eightCombinations(exchange: Bool, rest: (queue: Bool, message: Bool)) throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(ExchangeDeclare(exchange: "e", type: "topic", durable: exchange), 1)
        client.send(QueueDeclare(queue: "q", durable: rest.queue), 1)
        client.send(QueueBind(queue: "q", exchange: "e", routingKey: "k.#"), 1)
        client.settle(disk)
        client.publish("one", to: "e", key: "k.1", persistent: rest.message, 1)
        client.settle(disk)
        let (again, found) = try disk.afterCrash().start()
        let host = try #require(again.virtualHosts["/"])
        #expect((host.exchanges["e"] != nil) == exchange)
        #expect((host.queues["q"] != nil) == rest.queue)
        #expect((host.exchanges["e"]?.bindingCount == 1) == (exchange && rest.queue))
        #expect(found.messages == (rest.queue && rest.message ? 1 : 0))
        guard rest.queue else { return }
        let other = try self.client(again)
        #expect(other.drain("q", 1) == (rest.message ? ["one"] : []))
        if exchange {
            other.publish("two", to: "e", key: "k.2", persistent: true, 1)
            #expect(other.drain("q", 1) == ["two"])
        }
    }

    @Test("a confirm comes after the sync, not before; a transient message's at once")
    func confirms() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(ConfirmSelect(), 1)
        client.forgetFrames()
        client.publish("kept", to: "", key: "q", persistent: true, 1)
        client.tick()
        #expect(acks(client) == [])
        client.publish("not kept", to: "", key: "q", persistent: false, 1)
        client.tick()
        #expect(acks(client) == [2])
        #expect(disk.sync())
        client.tick()
        #expect(acks(client) == [2, 1])
    }

    @Test("a declaration is answered once it survives")
    func declarations() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.tick()
        #expect(client.names == [])
        #expect(disk.sync())
        client.tick()
        #expect(client.names == ["queue.declare-ok"])
    }

    @Test("after a crash at any batch, and any tear of the next, what was confirmed is there once and in order")
    func everyCrash() throws {
        var crash = 0
        while true {
            let disk = CrashingDisk()
            disk.crashAfter = crash
            let (node, _) = try disk.start()
            let client = try client(node)
            client.send(QueueDeclare(queue: "q", durable: true), 1)
            client.send(QueueDeclare(queue: "r", durable: true), 1)
            client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
            client.send(QueueBind(queue: "q", exchange: "f"), 1)
            client.send(QueueBind(queue: "r", exchange: "f"), 1)
            client.send(ConfirmSelect(), 1)
            client.settle(disk)
            for number in 1...6 {
                client.publish("\(number)", to: "f", key: "", persistent: true, 1)
                client.settle(disk)
                if number % 2 == 0 {
                    client.send(BasicGet(queue: "q", noAck: true), 1)
                    client.settle(disk)
                }
            }
            let confirmed = Int(acks(client).max() ?? 0)
            let got = client.bodies.count
            for torn in Set([0, disk.pendingBytes / 2, max(0, disk.pendingBytes - 8), disk.pendingBytes]) {
                let copy = CrashingDisk()
                copy.restore(disk, torn: torn)
                let (again, found) = try copy.start()
                #expect(found.unreadable == 0 && found.discarded == 0)
                guard confirmed > 0 else { continue }
                let other = try self.client(again)
                let r = other.drain("r", 1).compactMap { Int($0) }
                #expect(Array(r.prefix(confirmed)) == Array(1...confirmed), "crash \(crash), torn \(torn)")
                #expect(r == r.sorted() && Set(r).count == r.count)
                let q = other.drain("q", 1).compactMap { Int($0) }
                // What was taken may come again while its end was not durable; nothing else is missing.
                #expect(q == q.sorted() && Set(q).isSuperset(of: Set((got + 1)..<max(got + 1, confirmed + 1))), "\(q)")
            }
            if disk.batches < crash { break }
            crash += 1
        }
        #expect(crash > 10)
    }

    @Test("what was acknowledged and synced never returns, what was not always does")
    func acknowledgements() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        for number in 1...5 { client.publish("\(number)", to: "", key: "q", persistent: true, 1) }
        client.settle(disk)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicAck(deliveryTag: 2, multiple: false), 1)
        client.send(BasicAck(deliveryTag: 4, multiple: false), 1)
        client.settle(disk)
        client.send(BasicAck(deliveryTag: 5, multiple: false), 1)
        // No sync: nobody knows of it.
        let (again, found) = try disk.afterCrash().start()
        #expect(found.messages == 3)
        #expect(try self.client(again).drain("q", 1) == ["1", "3", "5"])
    }

    @Test("a purge survives, and what a consumer holds survives it")
    func purge() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        for number in 1...9 { client.publish("\(number)", to: "", key: "q", persistent: true, 1) }
        client.send(BasicQos(prefetchCount: 3), 1)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicReject(deliveryTag: 2, requeue: true), 1)
        client.send(BasicCancel(consumerTag: "c"), 1)
        client.tick()
        client.send(QueuePurge(queue: "q"), 1)
        client.settle(disk)
        let (again, found) = try disk.afterCrash().start()
        #expect(found.messages == 2, "2 was back in the queue when it was purged")
        #expect(try self.client(again).drain("q", 1) == ["1", "3"])
    }

    @Test("a queue declared again under its name has none of the old messages, and new identities after a restart")
    func identity() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.publish("old", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        client.send(QueueDelete(queue: "q"), 1)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.publish("new", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        let disk2 = disk.afterCrash()
        let (again, found) = try disk2.start()
        #expect(found.messages == 1 && found.discarded == 1)
        let second = try self.client(again)
        #expect(second.drain("q", 1) == ["new"])
        second.publish("newer", to: "", key: "q", persistent: true, 1)
        second.send(QueueDeclare(queue: "other", durable: true), 1)
        second.settle(disk2)
        let (third, _) = try disk2.afterCrash().start()
        let ids = third.virtualHosts["/"]?.queues.values.map(\.id) ?? []
        #expect(Set(ids).count == 2)
        #expect(try self.client(third).drain("q", 1) == ["newer"])
    }

    @Test("large messages, expiry and several restarts")
    func largeAndExpiring() throws {
        var disk = CrashingDisk()
        let body = String(repeating: "0123456789", count: 70_000)
        for start in 0..<3 {
            let (node, found) = try disk.start()
            #expect(found.messages == start)
            let client = try client(node)
            client.send(QueueDeclare(queue: "q", durable: true), 1)
            client.publish(body, to: "", key: "q", persistent: true, 1)
            client.settle(disk)
            disk = disk.afterCrash()
        }
        let (node, _) = try disk.start()
        let client = try client(node)
        #expect(client.drain("q", 1) == [body, body, body])
    }

    @Test("a disk that fails refuses what is outstanding and ends the node's service")
    func diskFails() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(ConfirmSelect(), 1)
        client.tick()
        client.forgetFrames()
        var told: StorageError?
        node.onStorageFailure = { told = $0 }
        client.publish("one", to: "", key: "q", persistent: true, 1)
        client.tick()
        disk.failure = StorageError("the disk is gone")
        #expect(disk.sync())
        client.tick()
        #expect(client.names == ["basic.nack", "connection.close"])
        #expect(told?.description == "the disk is gone" && node.storageFailure == told)
    }

    @Test("the disk holds what is needed and little more, even where one old message is held and queues share bodies")
    func space() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node, [1, 2])
        client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
        for queue in ["held", "ready", "busy"] {
            client.send(QueueDeclare(queue: queue, durable: true), 1)
            client.send(QueueBind(queue: queue, exchange: "f"), 1)
        }
        client.settle(disk)
        client.publish("old", to: "f", key: "", persistent: true, 1)
        client.send(BasicGet(queue: "held"), 1)
        client.tick()
        client.send(BasicConsume(queue: "busy", consumerTag: "c", noAck: true), 2)
        client.settle(disk)
        var most = 0
        for number in 0..<3_000 {
            client.publish("message \(number)", to: "", key: "busy", persistent: true, 1)
            if number % 5 == 4 { client.settle(disk) }
            most = max(most, disk.byteCount)
        }
        client.settle(disk)
        #expect(most < 40_000, "3,000 messages of about 160 octets went through")
        let (again, found) = try disk.afterCrash().start()
        #expect(found.messages == 2 && found.unreadable == 0)
        let other = try self.client(again)
        #expect(other.drain("held", 1) == ["old"] && other.drain("ready", 1) == ["old"])
        #expect(other.drain("busy", 1) == [])
        #expect(again.virtualHosts["/"]?.exchanges["f"]?.bindingCount == 3)
    }

    @Test("a deletion that is refused deletes nothing after a restart either")
    func refusedDeletion() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(ExchangeDeclare(exchange: "e", type: "fanout", durable: true), 1)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.send(QueueBind(queue: "q", exchange: "e"), 1)
        client.settle(disk)
        client.send(ExchangeDelete(exchange: "e", ifUnused: true), 1)
        client.settle(disk)
        #expect(client.names.last == "channel.close")
        let (again, _) = try disk.afterCrash().start()
        #expect(again.virtualHosts["/"]?.exchanges["e"]?.bindingCount == 1)
    }

    @Test("a durable exchange that goes with its last binding does not come back")
    func cascade() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(ExchangeDeclare(exchange: "e", type: "fanout", durable: true, autoDelete: true), 1)
        // The binding itself is not durable.
        client.send(QueueDeclare(queue: "q"), 1)
        client.send(QueueBind(queue: "q", exchange: "e"), 1)
        client.send(QueueDelete(queue: "q"), 1)
        client.settle(disk)
        #expect(node.virtualHosts["/"]?.exchanges["e"] == nil)
        let (again, _) = try disk.afterCrash().start()
        #expect(again.virtualHosts["/"]?.exchanges["e"] == nil)
    }

    @Test("messages that are read out of order, twice or after their end are there once or not at all")
    func recoveredMessages() {
        func entry(_ sequence: UInt64) -> QueueEntry {
            QueueEntry(
                sequence: sequence, record: RecordPosition(segment: 0, offset: 0), bodyBytes: 1, flags: 0, expiry: 0)
        }
        let messages = RecoveredMessages()
        for sequence: UInt64 in [1, 2, 5, 6, 3, 9, 5] where messages.expects(sequence) { messages.add(entry(sequence)) }
        #expect(messages.end(7)?.sequence == nil && !messages.expects(7), "its end came first")
        #expect(messages.end(2)?.sequence == 2 && messages.end(2)?.sequence == nil && !messages.expects(2))
        #expect(messages.end(3)?.sequence == 3 && !messages.expects(3))
        #expect(messages.end(6...8).map(\.sequence) == [6] && !messages.expects(8))
        var remaining: [UInt64] = []
        messages.takeRemaining { remaining.append($0.sequence) }
        #expect(remaining == [1, 5, 9] && messages.lastSequence == 9)
    }

    @Test("damage is refused; what is whole is saved when that is asked for, and the next start finds no damage")
    func salvage() throws {
        let disk = CrashingDisk()
        disk.segmentBytes = 500
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        for number in 1...20 {
            client.publish("\(number)", to: "", key: "q", persistent: true, 1)
            client.settle(disk)
        }
        let damaged = disk.afterCrash()
        let middle = try #require(damaged.segments.keys.sorted().dropFirst(2).first)
        damaged.damage(middle, at: 60)
        #expect(throws: StorageError.self) { try damaged.start() }
        let (saved, found) = try damaged.start(salvages: true)
        #expect(found.damage.count == 1 && found.messages < 20 && found.messages > 10)
        let second = try self.client(saved)
        for _ in 0..<5 {
            second.publish("more", to: "", key: "q", persistent: true, 1)
            second.settle(damaged)
        }
        let (third, again) = try damaged.afterCrash().start()
        #expect(again.damage.isEmpty && again.messages == found.messages + 5)
        #expect(third.virtualHosts["/"]?.queues["q"]?.readyCount == found.messages + 5)
    }

    @Test("before the disk is full publishers are told and not read; with room they go on and nothing was lost")
    func diskAlarm() throws {
        let disk = CrashingDisk()
        disk.freeBytes = 1 << 40
        let (node, _) = try disk.start()
        let client = try client(node)
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(ConfirmSelect(), 1)
        func pass(seconds: Int) {
            for _ in 0..<seconds * 10 { _ = node.tick(now: node.now.advanced(milliseconds: 100)) }
        }
        disk.freeBytes = 1_000_000
        pass(seconds: 2)
        client.forgetFrames()
        client.publishIgnoringRest(Array("held".utf8), to: "q", 1)
        client.tick()
        guard case .method(0, .connectionBlocked(let blocked))? = client.frames.first else {
            Issue.record("the publisher was not told: \(client.names)")
            return
        }
        #expect(blocked.reason == "low on disk")
        #expect(node.virtualHosts["/"]?.queues["q"]?.readyCount == 0)
        disk.freeBytes = 1 << 40
        pass(seconds: 2)
        client.tick()
        #expect(client.names.last == "connection.unblocked")
        client.publish("taken", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        #expect(client.names.last == "basic.ack")
    }
}
