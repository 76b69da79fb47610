import AMQP
import Broker
import Testing

/// What a client may send in one go and rely on.
@Suite("Frames that wait for an answer")
struct PipelinedCloseTests {
    private let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))

    private func ready(_ queue: String) throws -> UInt32? {
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: queue, passive: true), 1)
        client.tick()
        for case .method(_, .queueDeclareOK(let ok)) in client.frames { return ok.messageCount }
        return nil
    }

    @Test("publishes behind a declaration are carried out before the close that follows them")
    func publishesBeforeClose() throws {
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q", noWait: true), 1)
        for _ in 0..<10 { client.publish([1], to: "q", 1) }
        client.send(ConnectionClose(replyCode: 200, replyText: "bye", classID: 0, methodID: 0), 0)
        client.tick()
        #expect(client.names == ["connection.close-ok"])
        #expect(try ready("q") == 10)
    }

    @Test("acknowledgements sent while a long body goes out count although the connection closes then")
    func acksBeforeClose() throws {
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q"), 1)
        client.tick()
        client.publish([1], to: "q", 1)
        client.publish([UInt8](repeating: 2, count: 2_000_000), to: "q", 1)
        client.tick()
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.stopTaking()
        client.tick()
        client.send(BasicAck(deliveryTag: 1), 1)
        client.send(ConnectionClose(replyCode: 200, replyText: "bye", classID: 0, methodID: 0), 0)
        client.tick()
        client.connection.transportClosed()
        client.tick()
        #expect(try ready("q") == 1)
    }

    @Test("a channel kept busy without a pause does not keep what it has handled")
    func heldBackMemory() throws {
        let client = try WireClient(node, opening: [1])
        client.send(QueueDeclare(queue: "q"), 1)
        client.tick()
        var most = 0
        for _ in 0..<200 {
            for _ in 0..<200 { client.send(QueueDeclare(queue: "q", passive: true), 1) }
            _ = node.tick(now: node.now)
            client.forgetFrames()
            most = max(most, client.connection.memory)
        }
        #expect(most < 2_000_000)
        client.tick()
    }

    @Test("what lies behind thousands of expired messages is delivered")
    func behindExpired() throws {
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q", arguments: ["x-message-ttl": .int32(1)]), 1)
        client.tick()
        for _ in 0..<10_000 { client.publish([1], to: "q", 1) }
        client.tick()
        client.tick(at: 10_000_000)
        client.send(QueueDeclare(queue: "other"), 1)
        client.publish([7], to: "other", 1)
        client.publish([8], to: "q", 1)
        client.forgetFrames()
        client.send(BasicGet(queue: "q"), 2)
        client.tick()
        #expect(client.names == ["queue.declare-ok", "basic.get-ok", "header", "body"])
    }
}
