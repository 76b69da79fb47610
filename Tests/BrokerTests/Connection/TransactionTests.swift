import AMQP
import Broker
import Testing

/// Transactions too large for one tick, and what may happen between their slices.
@Suite("A transaction carried out in slices")
struct TransactionTests {
    private let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
    /// More than one slice.
    private static let many = 5000

    private func client() throws -> WireClient {
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q"), 2)
        client.send(QueueDeclare(queue: "other"), 2)
        client.send(TxSelect(), 1)
        client.tick()
        client.forgetFrames()
        return client
    }

    /// Ready messages of a queue, asked for on a connection of its own.
    private func ready(_ queue: String = "q") throws -> UInt32? {
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: queue, passive: true), 1)
        client.tick()
        for case .method(_, .queueDeclareOK(let ok)) in client.frames { return ok.messageCount }
        return nil
    }

    @Test("a commit whose client has gone in the middle is carried out whole")
    func clientGone() throws {
        let client = try client()
        for _ in 0..<Self.many { client.publish([1], to: "q", 1) }
        #expect(try ready() == 0)
        client.send(TxCommit(), 1)
        // The first slice is done at once, the others wait for ticks.
        client.connection.transportClosed()
        client.tick()
        #expect(try ready() == UInt32(Self.many))
    }

    @Test("acknowledgements of a commit whose client has gone stay settled")
    func acksOfClientGone() throws {
        let client = try client()
        for _ in 0..<Self.many { client.publish([1], to: "q", 2) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicAck(deliveryTag: UInt64(Self.many - 10), multiple: true), 1)
        client.tick()
        client.send(TxCommit(), 1)
        client.connection.transportClosed()
        client.tick()
        #expect(try ready() == 10)
    }

    @Test("commits and rollbacks that wait behind another request are each answered once, in order")
    func pipelined() throws {
        let client = try client()
        client.publish([1], to: "q", 1)
        client.send(QueueDeclare(queue: "later"), 1)
        for _ in 0..<3 {
            client.send(TxCommit(), 1)
            client.send(TxRollback(), 1)
        }
        client.tick()
        let pairs = (0..<3).flatMap { _ in ["tx.commit-ok", "tx.rollback-ok"] }
        #expect(client.names == ["queue.declare-ok"] + pairs)
        #expect(try ready() == 1)
    }

    @Test("a client that goes without a commit leaves everything as it was")
    func neverCommitted() throws {
        let client = try client()
        for _ in 0..<Self.many { client.publish([1], to: "q", 2) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        for _ in 0..<Self.many { client.publish([1], to: "other", 1) }
        client.tick()
        client.connection.transportClosed()
        client.tick()
        #expect(try ready() == UInt32(Self.many))
        #expect(try ready("other") == 0)
    }

    @Test("a rollback of many acknowledgements leaves every one of them to be acknowledged again")
    func rollback() throws {
        let client = try client()
        for _ in 0..<Self.many { client.publish([1], to: "q", 2) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicAck(deliveryTag: 7), 1)
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        client.send(TxRollback(), 1)
        client.tick()
        client.forgetFrames()
        client.send(BasicAck(deliveryTag: 7), 1)
        client.send(BasicAck(deliveryTag: 0, multiple: true), 1)
        client.send(TxCommit(), 1)
        client.tick()
        #expect(client.names == ["tx.commit-ok"])
        client.connection.transportClosed()
        client.tick()
        #expect(try ready() == 0)
    }

    @Test("returns with long bodies go out one after the other, and the commit is answered behind the last")
    func longReturns() throws {
        let client = try client()
        let long = [UInt8](repeating: 7, count: 1_000_000)
        for _ in 0..<3 { client.publish(long, to: "nowhere", 1, isMandatory: true) }
        client.tick()
        client.stopTaking()
        client.send(TxCommit(), 1)
        client.tick()
        client.drainTransport()
        let heads = client.names.filter { $0 != "body" }
        #expect(
            heads == ["basic.return", "header", "basic.return", "header", "basic.return", "header", "tx.commit-ok"])
        #expect(client.bodyBytes == 3 * long.count)
    }

    @Test("a delivery that begins before the commit is over is not interrupted by its answer")
    func deliveryMeanwhile() throws {
        let client = try client()
        let long = [UInt8](repeating: 7, count: 1_000_000)
        client.send(BasicConsume(queue: "q", consumerTag: "c", noAck: true), 1)
        client.tick()
        client.forgetFrames()
        client.stopTaking()
        client.publish(long, to: "q", 1)
        for _ in 0..<Self.many { client.publish([], to: "other", 1) }
        client.send(TxCommit(), 1)
        client.tick()
        client.drainTransport()
        #expect(client.names.first == "basic.deliver")
        #expect(client.names.last == "tx.commit-ok")
        #expect(client.bodyBytes == long.count)
    }

    @Test("basic.recover of many deliveries is answered once, after the last")
    func recover() throws {
        let client = try client()
        for _ in 0..<Self.many { client.publish([1], to: "q", 2) }
        client.tick()
        for _ in 0..<Self.many { client.send(BasicGet(queue: "q"), 2) }
        client.tick()
        client.forgetFrames()
        client.send(BasicRecover(requeue: true), 2)
        client.tick()
        #expect(client.names == ["basic.recover-ok"])
        #expect(try ready() == UInt32(Self.many))
    }

    @Test("acknowledgements of a commit stay settled when the channel fails in the middle of it")
    func acksOfFailedChannel() throws {
        let node = Node(NodeConfiguration(deliveryAckTimeout: 1000, seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q"), 2)
        client.send(TxSelect(), 1)
        for _ in 0..<Self.many { client.publish([1], to: "q", 2) }
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.send(BasicAck(deliveryTag: UInt64(Self.many - 10), multiple: true), 1)
        client.tick()
        client.forgetFrames()
        client.send(TxCommit(), 1)
        // The deliveries that are not acknowledged have waited too long.
        client.tick(at: 5_000_000_000)
        #expect(client.names.contains("channel.close"))
        client.send(ChannelCloseOK(), 1)
        client.tick()
        let other = try WireClient(node, opening: [1])
        other.send(QueueDeclare(queue: "q", passive: true), 1)
        other.tick()
        guard case .method(1, .queueDeclareOK(let ok))? = other.frames.first else {
            Issue.record("\(other.names)")
            return
        }
        #expect(ok.messageCount == 10)
    }
}
