import AMQP
import Journal
import Testing

@testable import Broker

@Suite("Dead-lettering and the disk")
struct DeadLetterCrashTests {
    private func declare(_ client: WireClient, _ more: FieldTable = [:]) {
        client.send(QueueDeclare(queue: "dead", durable: true), 1)
        var arguments = more
        arguments["x-dead-letter-exchange"] = .string("")
        arguments["x-dead-letter-routing-key"] = .string("dead")
        client.send(QueueDeclare(queue: "q", durable: true, arguments: arguments), 1)
    }

    /// How messages leave "q".
    enum Death: CaseIterable {
        case rejected, expired, overLength

        var arguments: FieldTable {
            switch self {
            case .rejected: [:]
            case .expired: ["x-message-ttl": .int32(1_000)]
            case .overLength: ["x-max-length": .int32(0)]
            }
        }
    }

    /// What is ready in a queue after a start.
    private func bodies(_ disk: CrashingDisk, _ queue: String, at now: Instant) throws -> [String] {
        let client = try WireClient(try disk.start(now: now).node, opening: [1])
        return client.drain(queue, 1)
    }

    @Test(
        "a crash at any moment leaves a dead letter where it was or where it goes, never nowhere and never in both",
        arguments: Death.allCases)
    func anywhere(_ death: Death) throws {
        let count = 20
        var crash = 0
        var sawBefore = false
        var sawAfter = false
        while true {
            let disk = CrashingDisk()
            let (node, _) = try disk.start()
            let client = try WireClient(node, opening: [1, 2])
            declare(client, death.arguments)
            client.settle(disk)
            disk.crashAfter = disk.batches + crash
            client.send(ConfirmSelect(), 2)
            client.tick()
            client.forgetFrames()
            for number in 1...count {
                client.publish("\(number)", to: "", key: "q", persistent: true, 2)
                if number % 7 == 0 {
                    client.tick()
                    _ = disk.sync()
                }
            }
            if death == .rejected { client.send(BasicConsume(queue: "q", consumerTag: "c"), 1) }
            client.settle(disk)
            if death == .expired { client.tick(at: node.now.nanoseconds + 1_200_000_000) }
            if death == .rejected {
                for tag in 1...count { client.send(BasicReject(deliveryTag: UInt64(tag), requeue: false), 1) }
            }
            client.settle(disk)
            let confirmed = client.confirmed.acks
            let isOver = disk.batches < disk.crashAfter
            for torn in [0, disk.pendingBytes / 2, disk.pendingBytes] {
                let copy = CrashingDisk()
                copy.restore(disk, torn: torn)
                // Before anything expires that has not.
                let now = Instant(nanoseconds: 1_000_000_000)
                let (again, found) = try copy.start(now: now)
                #expect(found.unreadable == 0)
                let host = try #require(again.virtualHosts["/"])
                let counts = ["q", "dead"].map { host.queues[$0]?.readyCount ?? -1 }
                let other = try WireClient(again, opening: [1])
                let left = death == .overLength ? [] : other.drain("q", 1)
                let dead = other.drain("dead", 1)
                let all = Set(left + dead)
                let lost = confirmed.filter { !all.contains("\($0)") }
                #expect(lost.isEmpty, "lost \(lost.sorted()), crash \(crash), torn \(torn)")
                #expect(counts[0] + counts[1] == Set(left + dead).count || death == .overLength)
                #expect(Set(dead).count == dead.count && Set(left).isDisjoint(with: dead))
                sawBefore = sawBefore || counts[0] > 0
                sawAfter = sawAfter || dead.count == count
            }
            if isOver { break }
            crash += 1
            try #require(crash < 200, "it ends at last")
        }
        #expect(sawAfter && (sawBefore || death == .overLength))
    }

    @Test("a confirm does not come before the disk has the message, though it has left its queue")
    func confirm() throws {
        let disk = CrashingDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1, 2])
        declare(client, ["x-max-length": .int32(0)])
        client.settle(disk)
        client.send(ConfirmSelect(), 2)
        client.tick()
        client.forgetFrames()
        client.publish("m", to: "", key: "q", persistent: true, 2)
        client.tick()
        #expect(try #require(node.virtualHosts["/"]?.queues["dead"]).readyCount == 1)
        #expect(client.confirmed.acks == [])
        client.settle(disk)
        #expect(client.confirmed.acks == [1])
        #expect(try bodies(disk.afterCrash(), "dead", at: node.now) == ["m"])
    }

    private func coldDisk() -> CrashingDisk {
        let disk = CrashingDisk()
        disk.segmentBytes = 50_000
        disk.warmBytes = 0
        disk.delaysReads = true
        return disk
    }

    @Test("a backlog that lies on the disk alone is read back as it expires, whole and in order")
    func coldBacklog() throws {
        let disk = coldDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1, 2])
        declare(client, ["x-message-ttl": .int32(60_000)])
        client.settle(disk)
        for number in 1...600 {
            client.publish("message \(number)", to: "", key: "q", persistent: true, 1)
            if number % 200 == 0 { client.settle(disk) }
        }
        for _ in 0..<10 { client.tick() }
        let queue = try #require(node.virtualHosts["/"]?.queues["q"])
        #expect(queue.coldReady == 600)
        client.tick(at: node.now.nanoseconds + 61_000_000_000)
        for _ in 0..<200 where queue.readyCount > 0 { client.settle(disk) }
        client.settle(disk)
        #expect(queue.readyCount == 0)
        disk.delaysReads = false
        #expect(client.drain("dead", 2) == (1...600).map { "message \($0)" })
        client.settle(disk)
        #expect(try disk.afterCrash().start(now: node.now).found.messages == 0)
    }

    @Test("a length that is exceeded by a backlog on the disk reads it back too")
    func coldLength() throws {
        let disk = coldDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1, 2])
        declare(client, ["x-max-length": .int32(100)])
        client.settle(disk)
        for number in 1...300 {
            client.publish("\(number)", to: "", key: "q", persistent: true, 1)
            if number % 50 == 0 { client.settle(disk) }
        }
        client.settle(disk)
        disk.delaysReads = false
        #expect(client.drain("dead", 2) == (1...200).map { "\($0)" })
        #expect(try #require(node.virtualHosts["/"]?.queues["q"]).readyCount == 100)
    }

    @Test(
        "what a client rejects that lies on the disk alone is read back first; after a crash before that it is there again"
    )
    func coldRejected() throws {
        let disk = coldDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1, 2])
        declare(client)
        client.settle(disk)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        for number in 1...50 { client.publish("\(number)", to: "", key: "q", persistent: true, 2) }
        client.settle(disk)
        for _ in 0..<12 { _ = node.tick(now: node.now.advanced(milliseconds: 200)) }
        client.settle(disk)
        client.send(BasicNack(deliveryTag: 50, multiple: true, requeue: false), 1)
        client.tick()
        let queue = try #require(node.virtualHosts["/"]?.queues["q"])
        _ = node.tick(now: Instant(nanoseconds: node.now.nanoseconds + 10))
        let waiting = queue.dying.count
        #expect(waiting == 50 && queue.readyCount == 0)
        let before = CrashingDisk()
        before.restore(disk, torn: 0)
        #expect(try bodies(before, "q", at: node.now) == (1...50).map { "\($0)" })
        // The journal is written anew while they are on their way.
        node.compact(always: true)
        for _ in 0..<5 { client.settle(disk) }
        let left = queue.dying.count
        #expect(left == 0)
        disk.delaysReads = false
        #expect(client.drain("dead", 2) == (1...50).map { "\($0)" })
        client.settle(disk)
        #expect(try disk.afterCrash().start(now: node.now).found.messages == 0)
    }

    @Test("a large body goes on without being written again, and is whole after a crash and after the journal is anew")
    func largeBody() throws {
        for isCold in [false, true] {
            let disk = isCold ? coldDisk() : CrashingDisk()
            let (node, _) = try disk.start()
            let client = try WireClient(node, opening: [1, 2])
            declare(client)
            client.settle(disk)
            let body = (0..<120_000).map { "\($0) " }.joined()
            client.publish(body, to: "", key: "q", persistent: true, 2)
            client.settle(disk)
            client.send(BasicGet(queue: "q"), 1)
            client.settle(disk)
            client.send(BasicReject(deliveryTag: 1, requeue: false), 1)
            client.settle(disk)
            client.tick(at: node.now.nanoseconds + 10)
            client.settle(disk)
            #expect(disk.byteCount < body.utf8.count + 10_000, "the body is written once")
            let crashed = CrashingDisk()
            crashed.restore(disk, torn: 0)
            #expect(try bodies(crashed, "dead", at: node.now).first == body)
            node.compact(always: true)
            for _ in 0..<5 { client.settle(disk) }
            let rewritten = CrashingDisk()
            rewritten.restore(disk, torn: 0)
            #expect(try bodies(rewritten, "q", at: node.now) == [])
            #expect(try bodies(rewritten, "dead", at: node.now).first == body)
            client.forgetFrames()
            client.send(BasicGet(queue: "dead", noAck: true), 2)
            client.settle(disk)
            #expect(client.bodies.joined() == body)
            client.settle(disk)
            #expect(node.chunkedBodies.isEmpty && node.segments.liveRecords == 0)
            #expect(try disk.afterCrash().start(now: node.now).found.messages == 0)
        }
    }

    @Test("a large body that another queue has too is whole in both", arguments: [false, true])
    func sharedBody(isCold: Bool) throws {
        let disk = isCold ? coldDisk() : CrashingDisk()
        let (node, _) = try disk.start()
        let client = try WireClient(node, opening: [1, 2])
        declare(client)
        client.send(QueueDeclare(queue: "other", durable: true), 1)
        for queue in ["q", "other"] {
            client.send(QueueBind(queue: queue, exchange: "amq.fanout"), 1)
        }
        client.settle(disk)
        let body = (0..<120_000).map { "\($0) " }.joined()
        client.publish(body, to: "amq.fanout", key: "", persistent: true, 2)
        client.settle(disk)
        client.send(BasicGet(queue: "q"), 1)
        client.settle(disk)
        client.send(BasicReject(deliveryTag: 1, requeue: false), 1)
        for _ in 0..<10 { client.settle(disk) }
        for queue in ["dead", "other"] {
            let crashed = CrashingDisk()
            crashed.restore(disk, torn: 0)
            #expect(try bodies(crashed, queue, at: node.now).first == body)
            client.forgetFrames()
            client.send(BasicGet(queue: queue, noAck: true), 2)
            client.settle(disk)
            #expect(client.bodies.joined() == body)
        }
        client.settle(disk)
        #expect(node.chunkedBodies.isEmpty && node.segments.liveRecords == 0)
    }

    @Test(
        "rejects of a transaction are dead-lettered with its commit, as a whole and not before",
        arguments: [3, 300, 3_000])
    func transaction(count: Int) throws {
        var crash = 0
        while true {
            let disk = CrashingDisk()
            let (node, _) = try disk.start()
            let client = try WireClient(node, opening: [1, 2])
            declare(client)
            client.settle(disk)
            for number in 1...count { client.publish("\(number)", to: "", key: "q", persistent: true, 2) }
            client.settle(disk)
            client.send(TxSelect(), 1)
            client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
            client.settle(disk)
            client.send(BasicNack(deliveryTag: UInt64(count), multiple: true, requeue: false), 1)
            client.tick()
            #expect(try #require(node.virtualHosts["/"]?.queues["dead"]).readyCount == 0)
            disk.crashAfter = disk.batches + crash
            client.forgetFrames()
            client.send(TxCommit(), 1)
            for _ in 0..<10 {
                _ = node.tick(now: node.now)
                _ = disk.sync()
            }
            client.settle(disk)
            let isAnswered = client.names.contains("tx.commit-ok")
            let (again, found) = try disk.afterCrash().start(now: node.now)
            #expect(found.unreadable == 0)
            let host = try #require(again.virtualHosts["/"])
            let counts = ["q", "dead"].map { host.queues[$0]?.readyCount ?? -1 }
            #expect(counts == [0, count] || counts == [count, 0] && !isAnswered, "\(counts) after \(crash) batches")
            if isAnswered { break }
            crash += 1
            try #require(crash < 100, "it is answered at last")
        }
    }
}
