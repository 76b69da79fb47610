import AMQP
import Journal
import Testing

@testable import Broker

@Suite("A backlog that lies on the disk alone")
struct ColdMessagesTests {
    /// A disk whose nodes keep nothing in memory that it has, and which answers when it is told to.
    private func coldDisk(delaysReads: Bool = false) -> CrashingDisk {
        let disk = CrashingDisk()
        disk.segmentBytes = 50_000
        disk.warmBytes = 0
        disk.delaysReads = delaysReads
        return disk
    }

    private func queue(_ name: String, of node: Node) throws -> ClassicQueue {
        try #require(node.virtualHosts["/"]?.queues[name])
    }

    @Test("messages leave memory when the disk has them, and come back in order, each once, with all their parts")
    func backlog() throws {
        let disk = coldDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        for number in 1...5_000 {
            client.publish("message \(number)", to: "", key: "q", persistent: true, 1)
            if number % 500 == 0 { client.settle(disk) }
        }
        for _ in 0..<10 { client.tick() }
        let queue = try queue("q", of: node)
        #expect(queue.coldReady == 5_000)
        #expect(node.segments.occupiedBytes <= VolatileSegments.segmentBytes)
        client.forgetFrames()
        client.send(BasicConsume(queue: "q", consumerTag: "c", noAck: true), 2)
        client.settle(disk)
        #expect(client.bodies == (1...5_000).map { "message \($0)" })
        #expect(disk.readCount == 5_000, "each was read back once")
        #expect(queue.coldReady == 0 && queue.readyCount == 0)
        #expect(try disk.afterCrash().start().found.messages == 0)
    }

    @Test("while the head is on its way others are served, and a get waits for it")
    func fetching() throws {
        let disk = coldDisk(delaysReads: true)
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.send(QueueDeclare(queue: "other"), 2)
        client.publish("cold", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        client.tick()
        #expect(try queue("q", of: node).coldReady == 1)
        client.forgetFrames()
        client.send(BasicGet(queue: "q"), 1)
        client.publish("warm", to: "", key: "other", persistent: false, 2)
        client.send(BasicGet(queue: "other", noAck: true), 2)
        client.tick()
        #expect(client.bodies == ["warm"])
        #expect(disk.answerReads())
        client.tick()
        #expect(client.bodies == ["warm", "cold"])
    }

    @Test("a queue that is purged or deleted while its head is on its way is empty or gone")
    func purgedMeanwhile() throws {
        let disk = coldDisk(delaysReads: true)
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2, 3])
        for name in ["p", "d"] {
            client.send(QueueDeclare(queue: name, durable: true), 1)
            client.publish("cold", to: "", key: name, persistent: true, 1)
        }
        client.settle(disk)
        client.tick()
        client.forgetFrames()
        client.send(BasicGet(queue: "p"), 2)
        client.send(BasicGet(queue: "d"), 3)
        client.tick()
        client.send(QueuePurge(queue: "p"), 1)
        client.send(QueueDelete(queue: "d"), 1)
        client.settle(disk)
        #expect(client.names.sorted() == ["basic.get-empty", "channel.close", "queue.delete-ok", "queue.purge-ok"])
        #expect(try disk.afterCrash().start().found.messages == 0)
    }

    @Test("what a client holds leaves memory too, and is whole when it comes back to its queue")
    func unacknowledged() throws {
        let disk = coldDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        for number in 1...50 { client.publish("\(number)", to: "", key: "q", persistent: true, 2) }
        client.settle(disk)
        #expect(client.bodies == (1...50).map { "\($0)" }, "they went out before the disk had them")
        for _ in 0..<12 { _ = node.tick(now: node.now.advanced(milliseconds: 200)) }
        client.settle(disk)
        var cold = 0
        _ = node.sortedConnections[0].sortedChannels[0].unacked.update(after: 0, limit: .max) { delivery, _ in
            cold += delivery.entry.isCold ? 1 : 0
            return nil
        }
        #expect(cold == 50)
        client.forgetFrames()
        client.send(ChannelClose(), 1)
        client.settle(disk)
        #expect(client.drain("q", 2) == (1...50).map { "\($0)" })
    }

    @Test("a large body lies on the disk in parts, is sent part by part and is whole after a crash")
    func largeBody() throws {
        let disk = coldDisk(delaysReads: true)
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
        for name in ["q", "r"] {
            client.send(QueueDeclare(queue: name, durable: true), 1)
            client.send(QueueBind(queue: name, exchange: "f"), 1)
        }
        client.settle(disk)
        let body = (0..<120_000).map { "\($0) " }.joined()
        #expect(body.utf8.count > 2 * Limits.chunkBytes)
        client.publish(body, to: "f", key: "", persistent: true, 1)
        client.settle(disk)
        client.tick()
        #expect(disk.byteCount < body.utf8.count + 10_000, "the body is written once for both queues")
        #expect(node.segments.occupiedBytes <= VolatileSegments.segmentBytes, "no part of it is in memory")
        client.forgetFrames()
        client.send(BasicGet(queue: "q", noAck: true), 2)
        client.settle(disk)
        #expect(client.bodies.joined() == body)
        let found = disk.afterCrash()
        let (again, summary) = try found.start()
        #expect(summary.messages == 1 && summary.unreadable == 0)
        let other = try WireClient(again, opening: [1])
        other.send(BasicGet(queue: "r", noAck: true), 1)
        other.settle(found)
        #expect(other.bodies.joined() == body)
        #expect(again.chunkedBodies.isEmpty && again.keptBytes == 0 && again.segmentUse.total == 0)
    }

    @Test("a large body of which the last part never came is nothing after a crash, and is given back before that")
    func halfABody() throws {
        let disk = coldDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.publishHalf(of: 700_000, to: "q", 1)
        client.settle(disk)
        #expect(node.segmentUse.total > 0)
        #expect(try disk.afterCrash().start().found == RecoverySummary(queues: 1))
        node.sortedConnections[0].transportClosed()
        _ = node.tick(now: node.now)
        #expect(node.segmentUse.total == 0 && node.keptBytes == 0)
    }

    @Test("a large body that began before others, in segments before theirs, is whole after a crash")
    func largeBodyFirst() throws {
        let disk = coldDisk()
        disk.segmentBytes = 4_000
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        let size = 600_000
        client.publishHalf(of: size, to: "q", 1)
        client.settle(disk)
        client.publish("small", to: "", key: "q", persistent: true, 2)
        client.settle(disk)
        client.publishRest(of: size, 1)
        client.settle(disk)
        // The declaration is needed longer than the half body, and nothing is counted before that.
        let found = disk.afterCrash()
        let (again, summary) = try found.start()
        #expect(summary.messages == 2 && summary.unreadable == 0)
        let other = try WireClient(again, opening: [1])
        other.send(BasicConsume(queue: "q", consumerTag: "c", noAck: true), 1)
        other.settle(found)
        #expect(other.bodyBytes == size + 5 && again.segmentUse.total == 0)
    }

    @Test("a body that only half comes, a delivery of a deleted queue and one in an open transaction keep no segment")
    func heldForLong() throws {
        let disk = coldDisk()
        disk.segmentBytes = 4_000
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2, 3, 4])
        for name in ["half", "gone", "open", "busy"] { client.send(QueueDeclare(queue: name, durable: true), 1) }
        for name in ["gone", "open"] { client.publish(name, to: "", key: name, persistent: true, 1) }
        client.settle(disk)
        client.send(BasicGet(queue: "gone"), 2)
        client.send(TxSelect(), 3)
        client.send(BasicGet(queue: "open"), 3)
        client.settle(disk)
        client.send(QueueDelete(queue: "gone"), 1)
        client.send(BasicAck(deliveryTag: 1, multiple: false), 3)
        client.publishHalf(of: 700_000, to: "half", 4)
        client.settle(disk)
        let before = disk.segments.keys.max() ?? 0
        for number in 0..<9_000 {
            client.publish("\(number) \(String(repeating: "x", count: 200))", to: "", key: "busy", persistent: true, 1)
            client.send(QueuePurge(queue: "busy"), 1)
            if number % 20 == 0 { client.settle(disk) }
        }
        client.settle(disk)
        #expect((disk.segments.keys.min() ?? 0) > before)
        // And what the transaction settles ends where it lies by now, even when its client has gone.
        client.send(TxCommit(), 3)
        client.settle(disk)
        #expect(client.names.last == "tx.commit-ok")
        #expect(try disk.afterCrash().start().found == RecoverySummary(queues: 3))
    }

    @Test("what must be kept moves to the journal's end whether it is in memory, cold, large, shared or held")
    func compaction() throws {
        let disk = coldDisk(delaysReads: true)
        disk.segmentBytes = 4_000
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2, 3])
        client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
        for name in ["a", "b", "busy"] { client.send(QueueDeclare(queue: name, durable: true), 1) }
        for name in ["a", "b"] { client.send(QueueBind(queue: name, exchange: "f"), 1) }
        client.settle(disk)
        let large = String(repeating: "large body ", count: 30_000)
        client.publish("shared", to: "f", key: "", persistent: true, 1)
        client.publish("held", to: "", key: "a", persistent: true, 1)
        client.publish(large, to: "f", key: "", persistent: true, 1)
        client.settle(disk)
        // Held by a client, once given back and once not.
        client.send(BasicGet(queue: "a"), 2)
        client.settle(disk)
        client.send(BasicGet(queue: "b"), 2)
        client.settle(disk)
        client.send(BasicReject(deliveryTag: 2, requeue: true), 2)
        client.settle(disk)
        let before = disk.segments.keys.min() ?? 0
        for number in 0..<8_000 {
            client.publish("\(number) \(String(repeating: "x", count: 100))", to: "", key: "busy", persistent: true, 1)
            client.send(BasicGet(queue: "busy", noAck: true), 3)
            if number % 20 == 0 { client.settle(disk) }
        }
        client.settle(disk)
        #expect((disk.segments.keys.min() ?? 0) > before + 10)
        #expect(disk.byteCount < 4 * (large.utf8.count + 10_000))
        let found = disk.afterCrash()
        let (again, summary) = try found.start()
        #expect(summary.messages == 5 && summary.unreadable == 0 && summary.discarded == 0)
        let other = try WireClient(again, opening: [1])
        func get(_ queue: String) -> (body: String?, isRedelivered: Bool?) {
            other.forgetFrames()
            other.send(BasicGet(queue: queue, noAck: true), 1)
            other.settle(found)
            var isRedelivered: Bool?
            for case .method(1, .basicGetOK(let got)) in other.frames { isRedelivered = got.redelivered }
            return (other.bodies.joined(), isRedelivered)
        }
        let a = [get("a"), get("a"), get("a")]
        #expect(a.map(\.body) == ["shared", "held", large] && a.map(\.isRedelivered) == [true, false, false])
        let b = [get("b"), get("b")]
        #expect(b.map(\.body) == ["shared", large] && b.map(\.isRedelivered) == [true, false])
        #expect(again.segmentUse.total == 0 && again.keptBytes == 0)
    }

    @Test("transient messages leave memory too; they come back in order, and after a start they are nothing")
    func transient() throws {
        let disk = coldDisk(delaysReads: true)
        disk.segmentBytes = 4_000
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        for (name, isDurable) in [("t", false), ("d", true), ("busy", true)] {
            client.send(QueueDeclare(queue: name, durable: isDurable), 1)
        }
        let large = String(repeating: "large body ", count: 30_000)
        for name in ["t", "d"] {
            for number in 1...300 { client.publish("\(number)", to: "", key: name, persistent: name == "t", 1) }
            client.publish(large, to: "", key: name, persistent: false, 1)
        }
        client.settle(disk)
        #expect(try queue("t", of: node).coldReady == 300 && queue("d", of: node).coldReady == 300)
        #expect(node.segments.occupiedBytes <= VolatileSegments.segmentBytes)
        // The journal is written anew around them.
        for number in 0..<6_000 {
            client.publish("\(number) \(String(repeating: "x", count: 200))", to: "", key: "busy", persistent: true, 1)
            client.send(QueuePurge(queue: "busy"), 1)
            if number % 20 == 0 { client.settle(disk) }
        }
        client.settle(disk)
        #expect(disk.byteCount < 4 * 2 * (large.utf8.count + 50_000))
        #expect(try disk.afterCrash().start().found == RecoverySummary(queues: 2))
        for name in ["t", "d"] {
            client.forgetFrames()
            client.send(BasicConsume(queue: name, consumerTag: name), 2)
            client.settle(disk)
            #expect(client.bodies.prefix(300) == (1...300).map { "\($0)" }[...])
            #expect(client.bodies.dropFirst(300).joined() == large)
        }
        client.send(BasicAck(deliveryTag: 0, multiple: true), 2)
        client.settle(disk)
        #expect(node.segmentUse.total == 0 && node.keptBytes == 0 && node.chunkedBodies.isEmpty)
    }

    @Test("what was delivered and not settled is redelivered after a crash, what was not is not")
    func redelivered() throws {
        let disk = CrashingDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        for number in 1...4 { client.publish("\(number)", to: "", key: "q", persistent: true, 1) }
        client.send(BasicQos(prefetchCount: 2), 1)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.settle(disk)
        func redeliveries(_ disk: CrashingDisk) throws -> [Bool] {
            let other = try WireClient(try disk.afterCrash().start().node, opening: [1])
            other.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
            other.tick()
            return other.frames.compactMap {
                if case .method(1, .basicDeliver(let deliver)) = $0 { deliver.redelivered } else { nil }
            }
        }
        #expect(try redeliveries(disk) == [true, true, false, false])
        // Given back before that was written down.
        client.send(BasicQos(prefetchCount: 3), 1)
        client.send(BasicConsume(queue: "q", consumerTag: "d"), 1)
        client.tick()
        client.send(ChannelClose(), 1)
        client.settle(disk)
        #expect(try redeliveries(disk) == [true, true, true, true])
    }

    @Test("a message that every queue has settled is confirmed before the disk has it")
    func settledEarly() throws {
        let disk = CrashingDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1, 2])
        client.send(ExchangeDeclare(exchange: "f", type: "fanout", durable: true), 1)
        for name in ["q", "r"] {
            client.send(QueueDeclare(queue: name, durable: true), 1)
            client.send(QueueBind(queue: name, exchange: "f"), 1)
        }
        client.settle(disk)
        client.send(ConfirmSelect(), 1)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 2)
        client.tick()
        func acks() -> [UInt64] {
            client.frames.compactMap { if case .method(1, .basicAck(let ack)) = $0 { ack.deliveryTag } else { nil } }
        }
        client.publish("one", to: "", key: "q", persistent: true, 1)
        client.publish("both", to: "f", key: "", persistent: true, 1)
        client.tick()
        #expect(acks() == [])
        client.send(BasicAck(deliveryTag: 2, multiple: true), 2)
        client.tick()
        #expect(acks() == [1], "the second is still in the other queue")
        client.send(QueuePurge(queue: "r"), 2)
        client.tick()
        #expect(acks() == [1, 2])
        client.settle(disk)
        #expect(acks() == [1, 2], "and never again")
    }

    @Test("a message that cannot be read back ends the node's service and is given to nobody")
    func damaged() throws {
        let disk = coldDisk()
        let node = try disk.start().node
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", durable: true), 1)
        client.settle(disk)
        client.publish("cold", to: "", key: "q", persistent: true, 1)
        client.settle(disk)
        client.tick()
        let location = try #require(try queue("q", of: node).firstEntry?.location)
        disk.damage(location.segment, at: location.offset + 60)
        client.forgetFrames()
        client.send(BasicGet(queue: "q", noAck: true), 1)
        client.tick()
        #expect(client.names == ["connection.close"] && client.bodies == [])
        #expect(node.storageFailure?.description.contains("checksum of a record is wrong") == true)
    }
}
