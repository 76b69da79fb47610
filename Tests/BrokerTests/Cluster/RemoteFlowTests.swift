import AMQP
import Journal
import Testing

@testable import Broker

@Suite("Large and many messages over a relay")
struct RemoteFlowTests {
    private func cluster() throws -> TestCluster {
        let cluster = try TestCluster()
        for member in cluster.members { member.disk.segmentBytes = 4_000_000 }
        for number in 1...3 { cluster.crash(number) }
        for number in 1...3 { try cluster.start(number) }
        #expect(cluster.settle())
        #expect(cluster.ask(try cluster.client(1), QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        return cluster
    }

    @Test("large bodies go there and come back whole", arguments: [1 << 20, 5 << 20])
    func largeBodies(_ size: Int) throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        var random = SplitMix64(seed: UInt64(size))
        let body = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        client.publish(body, to: "q", 1)
        #expect(cluster.run { client.confirmed.acks == [1] })
        let queue = try cluster.queue("q", on: 1)
        #expect(queue.readyCount == 1 && queue.readyBytes == size)
        #expect(cluster.ask(client, BasicConsume(queue: "q")) == "basic.consume-ok")
        #expect(cluster.run { client.bodyBytes == size })
        var received: [UInt8] = []
        for case .body(_, let part) in client.frames { received += part }
        #expect(received == body)
        client.send(BasicAck(deliveryTag: 1), 1)
        #expect(cluster.run { queue.unackedCount == 0 })
        #expect(cluster.run { (1...3).allSatisfy { (try? cluster.node($0).segments.occupiedBytes) ?? 0 < 2 << 20 } })
    }

    @Test("a client that takes nothing holds up nobody, and bounds what is on its way")
    func slowClient() throws {
        let cluster = try cluster()
        let owner = try cluster.client(1)
        let slow = try cluster.client(2)
        let quick = try cluster.client(2)
        #expect(cluster.ask(slow, BasicConsume(queue: "q", noAck: false)) == "basic.consume-ok")
        slow.fillTransport()
        let count = 400
        for number in 0..<count {
            owner.publish([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 20_000), to: "q", 1)
            if number % 20 == 0 { cluster.run(2) }
        }
        cluster.run(100)
        let queue = try cluster.queue("q", on: 1)
        let underWay = Limits.relayWindowBytes + 3 * Limits.outboundBytesPerTick
        #expect(queue.unackedCount < underWay / 20_000 && queue.unackedCount > 10)
        #expect(try cluster.node(2).segments.occupiedBytes < 2 * underWay)
        #expect(cluster.ask(quick, BasicConsume(queue: "q")) == "basic.consume-ok")
        #expect(cluster.run { quick.deliveries.count == count - queue.unackedCount + quick.deliveries.count })
        #expect(cluster.run { queue.readyCount == 0 })
        slow.drainTransport()
        #expect(cluster.run { slow.deliveries.count + quick.deliveries.count == count })
        for client in [slow, quick] { client.send(BasicAck(deliveryTag: 0, multiple: true), 1) }
        #expect(cluster.run { queue.unackedCount == 0 })
    }

    @Test("a publisher is not read while too much of it waits for a home that does not take it")
    func slowHome() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        // Nothing arrives any more, but nobody has noticed yet.
        cluster.latency = { 200 }
        var sent = 0
        while client.connection.wantsReading, sent < 1_000 {
            client.publishIgnoringRest([UInt8](repeating: 7, count: 100_000), to: "q", 1)
            sent += 1
            if sent % 10 == 0 { cluster.run(1) }
        }
        #expect(sent < 80, "\(sent) are on their way")
        cluster.latency = { 1 }
        // The last was not taken.
        #expect(cluster.run(2_000) { client.connection.wantsReading && client.confirmed.acks.count == sent - 1 })
    }

    @Test("one publisher's messages keep their order, with cuts in between nothing confirmed is lost", arguments: 1...4)
    func order(_ seed: UInt64) throws {
        let cluster = try cluster()
        var random = SplitMix64(seed: seed)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        var sent = 0
        for _ in 0..<60 {
            for _ in 0..<random.next() % 20 {
                client.publish("\(sent)", to: "", key: "q", persistent: true, 1)
                sent += 1
            }
            cluster.run(Int(random.next() % 6))
            if random.next() % 12 == 0 {
                cluster.cut(1, 2)
                cluster.run(Int(random.next() % 40))
                cluster.heal()
                cluster.run(Int(random.next() % 300))
            }
        }
        #expect(cluster.run { client.confirmed.acks.count + client.confirmed.nacks.count == sent })
        let reader = try cluster.client(3)
        #expect(cluster.ask(reader, BasicConsume(queue: "q", noAck: true)) == "basic.consume-ok")
        cluster.run(500)
        let numbers = reader.bodies.compactMap { Int($0) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(client.confirmed.acks.isSubset(of: numbers.map { UInt64($0 + 1) }))
        #expect(client.confirmed.acks.count > sent / 3)
    }

    @Test("what happens counts once: for the queue at its home, for the channel and the node where the client is")
    func counters() throws {
        let cluster = try cluster()
        let client = try cluster.client(2)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        for number in 0..<5 { client.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.run { client.confirmed.acks.count == 5 })
        #expect(cluster.ask(client, BasicConsume(queue: "q")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies.count == 5 })
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        cluster.run(50)
        let (home, other) = try (cluster.node(1), cluster.node(2))
        let queue = try cluster.queue("q", on: 1)
        #expect(queue.counters.publish == 5 && queue.counters.deliver == 5 && queue.counters.ack == 5)
        #expect(other.clientCounters.publish == 5 && other.clientCounters.deliver == 5)
        #expect(other.clientCounters.ack == 5 && other.clientCounters.confirm == 5)
        #expect(home.clientCounters.publish == 0 && home.clientCounters.deliver == 0)
        #expect(home.clientCounters.ack == 0 && home.clientCounters.confirm == 0)
        let before = home.clientConnections.count
        client.connection.transportClosed()
        cluster.run(50)
        #expect(home.clientCounters.publish == 0 && home.clientCounters.ack == 0)
        #expect(home.clientConnections.count == before && home.connections.count == before)
    }
}
