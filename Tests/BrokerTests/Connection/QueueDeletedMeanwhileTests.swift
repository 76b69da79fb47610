import AMQP
import Broker
import Testing

/// A queue that goes while a connection is too slow to be told; each of these was found by the simulator or beside
/// what it found.
@Suite("A queue deleted while a connection is held up")
struct QueueDeletedMeanwhileTests {
    private let node = Node(NodeConfiguration(seed: 1), now: Instant(nanoseconds: 0))
    private let long = [UInt8](repeating: 7, count: 1_000_000)

    /// A connection with a consumer of the queue "long" on channel 1, and a queue "other".
    private func client() throws -> WireClient {
        let client = try WireClient(node, opening: Array(1...302))
        for queue in ["long", "other"] { client.send(QueueDeclare(queue: queue), 2) }
        client.send(BasicConsume(queue: "long", consumerTag: "long", noAck: true), 1)
        client.tick()
        client.forgetFrames()
        return client
    }

    /// Has a long body begun on channel 1 before the answer to `ask` comes, deletes the queue "other", and lets the
    /// body end. More requests go before it than one tick carries out.
    private func holdUp(_ client: WireClient, _ ask: () -> Void) {
        client.stopTaking()
        for channel: UInt16 in 3...302 { client.send(QueueDeclare(queue: "long", passive: true), channel) }
        ask()
        client.publish(long, to: "long", 2)
        client.tick()
        client.send(QueueDelete(queue: "other"), 2)
        client.tick()
        client.drainTransport()
    }

    @Test("a consumer waiting for a full transport does not outlive its queue")
    func stalledConsumer() throws {
        let slow = try WireClient(node, opening: [1])
        slow.send(QueueDeclare(queue: "q"), 1)
        slow.send(BasicConsume(queue: "q", consumerTag: "c", noAck: true), 1)
        slow.tick()
        slow.fillTransport()
        let other = try WireClient(node, opening: [1])
        other.publish([1], to: "q", 1)
        other.tick()
        other.send(QueueDelete(queue: "q"), 1)
        other.tick()
        slow.drainTransport()
        #expect(slow.names.last == "basic.cancel")
    }

    @Test("a consumer's cancel notice waits for the end of a long body on its channel")
    func cancelNotice() throws {
        let client = try client()
        client.send(BasicConsume(queue: "other", consumerTag: "other"), 1)
        client.tick()
        client.forgetFrames()
        client.stopTaking()
        client.publish(long, to: "long", 2)
        client.tick()
        client.send(QueueDelete(queue: "other"), 2)
        client.tick()
        client.drainTransport()
        let names = client.names.filter { $0 != "queue.delete-ok" }
        #expect(names.first == "basic.deliver")
        #expect(names.last == "basic.cancel")
        #expect(names.count { $0 == "basic.cancel" } == 1)
    }

    @Test("a message got before its queue was deleted can be settled afterwards")
    func heldGet() throws {
        let client = try client()
        client.publish([1], to: "other", 2)
        client.tick()
        holdUp(client) { client.send(BasicGet(queue: "other"), 1) }
        #expect(client.names.last == "header" || client.names.last == "body")
        #expect(client.names.count { $0 == "basic.get-ok" } == 1)
        client.send(BasicAck(deliveryTag: 2), 1)
        client.send(QueueDeclare(queue: "alive"), 1)
        client.tick()
        #expect(client.names.last == "queue.declare-ok")
    }

    @Test("a consumer asked for before its queue was deleted is refused")
    func heldConsume() throws {
        let client = try client()
        holdUp(client) { client.send(BasicConsume(queue: "other", consumerTag: "d"), 1) }
        guard case .method(1, .channelClose(let close))? = client.frames.last else {
            Issue.record("\(client.names)")
            return
        }
        #expect(close.replyText == "NOT_FOUND - no queue 'other' in vhost '/'")
    }
}
