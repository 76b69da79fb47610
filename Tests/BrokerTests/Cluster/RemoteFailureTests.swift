import AMQP
import Testing

@testable import Broker

@Suite("Queues on a node that goes")
struct RemoteFailureTests {
    private let down =
        "NOT_FOUND - home node 'warren1@localhost' of durable queue 'q' in vhost '/' is down or inaccessible"

    /// A cluster with a durable queue on node 1 that holds so many messages.
    private func cluster(holding count: Int = 0) throws -> TestCluster {
        let cluster = try TestCluster()
        let owner = try cluster.client(1)
        #expect(cluster.ask(owner, QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        for number in 0..<count { owner.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        #expect(cluster.settle())
        cluster.run(20)
        return cluster
    }

    @Test(
        "while its home is down a durable queue is said to be inaccessible; afterwards it is as it was",
        arguments: [false, true])
    func inaccessible(_ isCut: Bool) throws {
        let cluster = try cluster(holding: 2)
        if isCut { cluster.isolate(1) } else { cluster.crash(1) }
        cluster.run(50)
        func refused(_ method: some MethodPayload) throws -> String? {
            let client = try cluster.client(2)
            #expect(cluster.ask(client, method) == "channel.close")
            return client.closing?.text
        }
        #expect(try refused(QueueDeclare(queue: "q", passive: true)) == down)
        #expect(try refused(QueueDeclare(queue: "q", durable: true)) == down)
        #expect(try refused(BasicGet(queue: "q")) == down)
        #expect(try refused(BasicConsume(queue: "q")) == down)
        #expect(try refused(QueuePurge(queue: "q")) == down)
        #expect(try refused(QueueDelete(queue: "q", ifEmpty: true)) == down)
        let publisher = try cluster.client(3)
        publisher.publish("dropped", to: "", key: "q", persistent: true, 1)
        #expect(cluster.ask(publisher, ConfirmSelect()) == "confirm.select-ok")
        publisher.forgetFrames()
        publisher.publish("refused", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run(10) { publisher.names == ["basic.nack"] })
        if isCut { cluster.heal() } else { try cluster.start(1) }
        #expect(cluster.settle())
        publisher.forgetFrames()
        publisher.publish("taken", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { publisher.confirmed.acks == [2] })
        let reader = try cluster.client(2)
        #expect(cluster.drain(reader, "q") == ["m0", "m1", "taken"])
    }

    @Test(
        "consumers end with their queue's node, late acknowledgements are no mistake, and what they held is redelivered",
        arguments: [false, true])
    func consumersEnd(_ isCut: Bool) throws {
        let cluster = try cluster(holding: 3)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies == ["m0", "m1", "m2"] })
        client.send(BasicAck(deliveryTag: 1), 1)
        cluster.run(20)
        client.forgetFrames()
        if isCut { cluster.isolate(1) } else { cluster.crash(1) }
        #expect(cluster.run { client.names == ["basic.cancel"] })
        client.send(BasicAck(deliveryTag: 2), 1)
        cluster.run(20)
        #expect(client.names == ["basic.cancel"])
        if isCut { cluster.heal() } else { try cluster.start(1) }
        #expect(cluster.settle())
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies == ["m1", "m2"] })
        #expect(
            client.deliveries.map(\.redelivered) == [true, true] && client.deliveries.map(\.deliveryTag) == [4, 5])
        // One from before settles nothing that came later.
        client.send(BasicAck(deliveryTag: 3), 1)
        cluster.run(20)
        #expect(try cluster.queue("q", on: 1).unackedCount == 2)
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        #expect(cluster.run { (try? cluster.queue("q", on: 1).unackedCount) == 0 })
        #expect(client.closing == nil)
        client.forgetFrames()
        client.send(BasicAck(deliveryTag: 2), 1)
        cluster.run(20)
        #expect(client.closing?.text == "PRECONDITION_FAILED - unknown delivery tag 2")
    }

    @Test(
        "a publish under way when the home goes is refused or was kept, and never confirmed in vain", arguments: 0..<10)
    func unconfirmed(_ milliseconds: Int) throws {
        let cluster = try cluster()
        let client = try cluster.client(3)
        #expect(cluster.ask(client, ConfirmSelect()) == "confirm.select-ok")
        client.forgetFrames()
        for number in 0..<20 { client.publish("m\(number)", to: "", key: "q", persistent: true, 1) }
        cluster.run(milliseconds / 2)
        if milliseconds % 2 == 0 { cluster.crash(1, torn: milliseconds * 31) } else { cluster.isolate(1) }
        #expect(cluster.run { client.confirmed.acks.count + client.confirmed.nacks.count == 20 })
        let confirmed = client.confirmed
        #expect(confirmed.acks.isDisjoint(with: confirmed.nacks))
        if milliseconds == 0 { #expect(confirmed.nacks.count == 20) }
        if milliseconds % 2 == 0 { try cluster.start(1) } else { cluster.heal() }
        #expect(cluster.settle())
        let bodies = cluster.drain(client, "q")
        let numbers = bodies.compactMap { Int($0.dropFirst()) }
        #expect(numbers == numbers.sorted() && numbers.count == bodies.count)
        #expect(confirmed.acks.allSatisfy { bodies.contains("m\($0 - 1)") })
    }

    @Test("whoever waits for an answer of a node that goes is told so", arguments: 0..<4)
    func waiting(_ milliseconds: Int) throws {
        let cluster = try cluster(holding: 1)
        let client = try cluster.client(2)
        client.send(BasicGet(queue: "q"), 1)
        cluster.run(milliseconds)
        cluster.isolate(1)
        cluster.run(50)
        #expect(client.names.first == "channel.close" || client.names.first == "basic.get-ok")
        if client.names.first == "channel.close" { #expect(client.closing?.text == down) }
        cluster.heal()
        #expect(cluster.settle())
        let other = try cluster.client(2)
        #expect(cluster.drain(other, "q") == ["m0"])
    }

    @Test("a consumer that was given up before its home heard of it holds nothing there")
    func heardOfTooLate() throws {
        let cluster = try cluster(holding: 2)
        let client = try cluster.client(2)
        // The link is whole, and carries everything in order, but late one way. Node 1 hears nothing for a while; what it
        // hears then are heartbeats first, and what the client has asked for.
        cluster.delay(2, to: 1, 1_500)
        cluster.run(150)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        cluster.run(1_000)
        #expect(client.closing?.text == down)
        cluster.delay(2, to: 1, 0)
        cluster.run(2_000)
        #expect(cluster.settle())
        #expect(try cluster.queue("q", on: 1).unackedCount == 0)
        #expect(cluster.drain(try cluster.client(2), "q") == ["m0", "m1"])
    }

    @Test("what does not survive its node is gone once that is down for a while, and the names are free")
    func transient() throws {
        let cluster = try cluster()
        let owner = try cluster.client(1)
        for name in ["t", "own"] {
            let declare = QueueDeclare(queue: name, exclusive: name == "own")
            #expect(cluster.ask(owner, declare) == "queue.declare-ok")
        }
        #expect(cluster.settle())
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "t")) == "basic.consume-ok")
        client.forgetFrames()
        cluster.crash(1)
        #expect(cluster.run { client.names == ["basic.cancel"] })
        #expect(cluster.run { (try? cluster.queues(2).keys.sorted()) == ["q"] && (try? cluster.queues(3).count) == 1 })
        #expect(cluster.ask(client, QueueDeclare(queue: "t")) == "queue.declare-ok")
        client.publish("new", to: "", key: "t", persistent: false, 1)
        try cluster.start(1)
        #expect(cluster.settle())
        #expect(try cluster.queue("t", on: 1).settings.home?.node == 2)
        let reader = try cluster.client(1)
        #expect(cluster.drain(reader, "t") == ["new"])
        #expect(try cluster.dump(1) == cluster.dump(2) && cluster.dump(2) == cluster.dump(3))
    }

    @Test("a link that is cut for a moment costs no transient queue")
    func shortCut() throws {
        let cluster = try cluster()
        #expect(cluster.ask(try cluster.client(1), QueueDeclare(queue: "t")) == "queue.declare-ok")
        #expect(cluster.settle())
        cluster.isolate(1)
        cluster.run(300)
        cluster.heal()
        cluster.run(3_000)
        #expect(try (1...3).allSatisfy { try cluster.queues($0)["t"] != nil })
    }

    @Test("a queue that is deleted anywhere ends its consumers everywhere, and their channels go on")
    func deleted() throws {
        let cluster = try cluster(holding: 2)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        #expect(cluster.run { client.bodies.count == 2 })
        client.forgetFrames()
        #expect(cluster.ask(try cluster.client(3), QueueDelete(queue: "q")) == "queue.delete-ok")
        #expect(cluster.run { client.names == ["basic.cancel"] })
        cluster.run(50)
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        cluster.run(50)
        #expect(client.names == ["basic.cancel"])
        #expect(cluster.ask(try cluster.client(1), QueueDeclare(queue: "q", durable: true)) == "queue.declare-ok")
        #expect(cluster.settle())
        #expect(cluster.ask(client, BasicConsume(queue: "q", consumerTag: "c")) == "basic.consume-ok")
        client.publish("again", to: "", key: "q", persistent: true, 1)
        #expect(cluster.run { client.bodies == ["again"] })
    }

    @Test("nonsense about relays resets the link and no more")
    func nonsense() throws {
        let cluster = try cluster(holding: 1)
        let client = try cluster.client(2)
        #expect(cluster.ask(client, BasicConsume(queue: "q")) == "basic.consume-ok")
        let number = try #require(cluster.node(2).cluster?.relays.own.keys.first)
        var random = SplitMix64(seed: 5)
        for round in 0..<400 {
            for (receiver, sender) in [(1, UInt32(2)), (2, UInt32(1))] {
                var link = ClusterLink(to: UInt32(receiver))
                let kind = try #require(ClusterFrame.Kind(rawValue: 4 + UInt8(round % 4)))
                link.write(kind, group: round % 3 == 0 ? random.next() : number &+ UInt64(round % 2)) { bytes in
                    for _ in 0..<random.next() % 40 { bytes.append(UInt8(truncatingIfNeeded: random.next() & 3)) }
                }
                let node = try cluster.node(receiver)
                link.flush(Keeper { node.receive(fromPeer: sender, bytes: $0, now: node.now) })
            }
            cluster.run(3)
        }
        cluster.run(1_000)
        #expect(cluster.settle())
        let reader = try cluster.client(3)
        #expect(cluster.run { (try? cluster.queue("q", on: 1).unackedCount) == 0 })
        #expect(cluster.drain(reader, "q") == ["m0"])
    }

    private final class Keeper: ClusterTransport {
        private let keep: (UnsafeRawBufferPointer) -> Void
        init(_ keep: @escaping (UnsafeRawBufferPointer) -> Void) { self.keep = keep }
        func send(_ bytes: UnsafeRawBufferPointer, to node: UInt32) { keep(bytes) }
    }
}
