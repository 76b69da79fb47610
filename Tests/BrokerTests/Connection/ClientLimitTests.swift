import AMQP
import Broker
import Testing

@Suite("Limits of a node's clients")
struct ClientLimitTests {
    @Test("a channel that holds a delivery too long is closed with RabbitMQ's words, and the delivery goes back")
    func deliveryAckTimeout() throws {
        let node = Node(NodeConfiguration(deliveryAckTimeout: 10_000, seed: 1), now: Instant(nanoseconds: 0))
        let client = try WireClient(node, opening: [1, 2])
        client.send(QueueDeclare(queue: "q"), 1)
        client.publish([1], to: "q", 1)
        client.send(BasicConsume(queue: "q", consumerTag: "c"), 1)
        client.tick()
        client.forgetFrames()
        for second: UInt64 in 1...10 { _ = node.tick(now: Instant(nanoseconds: second * 1_000_000_000)) }
        #expect(client.names.isEmpty, "it has ten seconds")
        for second: UInt64 in 11...20 { _ = node.tick(now: Instant(nanoseconds: second * 1_000_000_000)) }
        guard case .method(1, .channelClose(let close))? = client.frames.first else {
            Issue.record("\(client.names)")
            return
        }
        #expect(close.replyCode == 406)
        #expect(
            close.replyText == "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value "
                + "used: 10000 ms. This timeout value can be configured, see consumers doc guide to learn more")
        client.forgetFrames()
        client.send(BasicGet(queue: "q"), 2)
        client.tick()
        guard case .method(2, .basicGetOK(let got))? = client.frames.first else {
            Issue.record("\(client.names)")
            return
        }
        #expect(got.redelivered)
    }

    @Test("a connection over the node's limit is refused when it opens")
    func connectionLimit() throws {
        let node = Node(NodeConfiguration(connectionLimit: 1, seed: 1), now: Instant(nanoseconds: 0))
        let first = try WireClient(node, opening: [1])
        let second = WireClient(node)
        guard case .method(0, .connectionClose(let close))? = second.frames.last else {
            Issue.record("\(second.names)")
            return
        }
        #expect(close.replyCode == 530)
        #expect(close.replyText == "NOT_ALLOWED - connection refused: node connection limit (1) is reached")
        first.connection.transportClosed()
        #expect(WireClient(node).names.last == "connection.open-ok")
    }

    @Test("a publisher is told that it is blocked and that it is not any more, with what it sent meanwhile")
    func blocked() throws {
        let node = Node(NodeConfiguration(memoryLimit: 3_000_000, seed: 1), now: Instant(nanoseconds: 0))
        let publisher = try WireClient(node, opening: [1])
        let consumer = try WireClient(node, opening: [1])
        consumer.send(QueueDeclare(queue: "q"), 1)
        consumer.tick()
        for _ in 0..<4 { publisher.publish([UInt8](repeating: 1, count: 1_000_000), to: "q", 1) }
        publisher.tick(at: 200_000_000)
        publisher.forgetFrames()
        publisher.publishIgnoringRest([1], to: "q", 1)
        publisher.tick()
        #expect(publisher.names == ["connection.blocked"])
        #expect(!publisher.connection.wantsReading)
        publisher.forgetFrames()
        consumer.send(QueuePurge(queue: "q"), 1)
        consumer.tick()
        consumer.tick(at: 400_000_000)
        #expect(publisher.names == ["connection.unblocked"])
        #expect(publisher.connection.wantsReading)
    }
}
