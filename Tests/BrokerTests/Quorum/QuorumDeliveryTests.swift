import Testing

@testable import Broker

@Suite("What a quorum queue delivers")
struct QuorumDeliveryTests {
    @Test("messages go out first in, first out, each with the consumer's next sequence")
    func order() {
        let queue = TestQuorumQueue()
        queue.send { $0.attach(7) }
        #expect(queue.answers == ["1/1 attached"])
        queue.send { $0.enqueue("a", "b") }
        #expect(queue.deliveries == ["1.7#1 a", "1.7#2 b"])
        queue.send(2) { $0.enqueue("c") }
        #expect(queue.deliveries == ["1.7#3 c"])
        #expect(queue.unackedCount == 3)
        #expect(queue.readyCount == 0)
    }

    @Test("consumers of all nodes take turns")
    func turns() {
        let queue = TestQuorumQueue()
        queue.send(1) { $0.attach(1) }
        queue.send(2) { $0.attach(1) }
        queue.send(3) { $0.enqueue("a", "b", "c") }
        queue.send(3) { $0.enqueue("d") }
        #expect(queue.deliveries == ["2.1#2 d"])
        #expect(queue.redeliver(1, 1, after: 0))
        #expect(queue.deliveries == ["1.1#1 a", "1.1#2 c"])
    }

    @Test("a consumer holds no more than its prefetch, and takes more as it settles")
    func prefetch() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1, prefetch: 2)
            $0.enqueue("a", "b", "c", "d")
        }
        #expect(queue.deliveries == ["1.1#1 a", "1.1#2 b"])
        #expect(queue.readyCount == 2)
        queue.send { $0.settle(1, .ack, 2...2) }
        #expect(queue.deliveries == ["1.1#3 c"])
        queue.send { $0.settle(1, .ack, 1...3) }
        #expect(queue.deliveries == ["1.1#4 d"])
        #expect(queue.totals.acked == 3)
        #expect(queue.unackedCount == 1)
    }

    @Test("what is settled twice, or was never delivered, changes nothing")
    func settledTwice() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1)
            $0.enqueue("a", "b")
            $0.settle(1, .ack, 1...1)
        }
        let before = queue.snapshot.count
        queue.send {
            $0.settle(1, .requeue, 1...1)
            $0.settle(1, .ack, 3...99)
            $0.settle(2, .ack, 1...2)
        }
        #expect(queue.deliveries.isEmpty)
        #expect(queue.snapshot.count == before)
        #expect(queue.unackedCount == 1)
    }

    @Test("with a delivery limit what is requeued goes in front, in the order in which it came back")
    func requeuedInFront() {
        let queue = TestQuorumQueue(QuorumLimits(deliveryLimit: 10))
        queue.send {
            $0.attach(1, prefetch: 3)
            $0.enqueue("a", "b", "c", "d")
            $0.detach(1)
            $0.settle(1, .requeue, [2...2, 1...1])
            $0.attach(2)
        }
        #expect(queue.deliveries.suffix(3) == ["1.2#1 b (1)", "1.2#2 a (1)", "1.2#3 d"])
        #expect(queue.totals.redelivered == 2)
    }

    @Test("without a delivery limit what is requeued goes to the end")
    func requeuedToEnd() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.enqueue("a", "b")
            $0.settle(1, .requeue, 1...1)
        }
        #expect(queue.deliveries == ["1.1#1 a", "1.1#2 b"])
        queue.send { $0.settle(1, .ack, 2...2) }
        #expect(queue.deliveries == ["1.1#3 a (1)"])
    }

    @Test("what a consumer that is gone held comes back in front, in order, and counts as returned")
    func ended() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1, prefetch: 3)
            $0.enqueue("a", "b", "c", "d")
            $0.settle(1, .ack, 2...2)
            $0.end(1)
            $0.attach(2)
        }
        #expect(queue.deliveries.suffix(4) == ["1.1#4 d", "1.2#1 a (1)", "1.2#2 c (1)", "1.2#3 d (1)"])
    }

    @Test("a cancelled consumer gets no more but keeps what it holds, and may settle it")
    func cancelled() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1)
            $0.enqueue("a", "b")
            $0.detach(1)
            $0.enqueue("c")
        }
        #expect(queue.deliveries == ["1.1#1 a", "1.1#2 b"])
        #expect(queue.consumerCount == 0)
        queue.send { $0.settle(1, .ack, 1...1) }
        #expect(queue.unackedCount == 1)
        #expect(queue.readyCount == 1)
        #expect(queue.redeliver(1, 1, after: 0))
        #expect(queue.deliveries == ["1.1#2 b"])
    }

    @Test("an exclusive consumer wants the queue for itself, and has it")
    func exclusive() {
        let queue = TestQuorumQueue()
        queue.send { $0.attach(1) }
        queue.send(2) { $0.attach(1, isExclusive: true) }
        #expect(queue.answers == ["2/1 inExclusiveUse"])
        queue.send { $0.detach(1) }
        queue.send(2) { $0.attach(2, isExclusive: true) }
        #expect(queue.answers == ["2/2 attached"])
        queue.send { $0.attach(3) }
        #expect(queue.answers == ["1/3 inExclusiveUse"])
        #expect(queue.hasExclusiveConsumer)
        queue.send(2) { $0.end(2) }
        queue.send { $0.attach(4) }
        #expect(queue.answers == ["1/4 attached"])
    }

    @Test("the same consumer twice is refused")
    func consumerTwice() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1)
            $0.attach(1)
        }
        #expect(queue.answers == ["1/1 attached", "1/2 consumerExists"])
    }

    @Test("a get takes one message and says how many are left")
    func get() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.get(9, isAutomaticAck: false)
            $0.enqueue("a", "b", "c")
            $0.get(9, isAutomaticAck: false)
            $0.get(9, isAutomaticAck: true)
        }
        #expect(queue.answers == ["1/1 empty", "1/5 got 1 2", "1/6 got 2 1"])
        #expect(queue.deliveries == ["1.9#1 a", "1.9#2 b"])
        #expect(queue.consumerCount == 0)
        #expect(queue.unackedCount == 2)
        queue.send { $0.enqueue("d") }
        #expect(queue.deliveries.isEmpty)
        queue.send { $0.end(9) }
        queue.send { $0.get(10, isAutomaticAck: false) }
        #expect(queue.deliveries == ["1.10#1 a (1)"])
        #expect(queue.totals.gotEmpty == 1)
        #expect(queue.totals.gotNoAck == 1)
    }

    @Test("a purge takes what is ready and leaves what is held")
    func purge() {
        let queue = TestQuorumQueue(QuorumLimits(deliveryLimit: 3))
        queue.send {
            $0.attach(1, prefetch: 2)
            $0.enqueue("a", "b", "c", "d")
            $0.detach(1)
            $0.settle(1, .requeue, 1...1)
            $0.purge()
        }
        #expect(queue.answers == ["1/1 attached", "1/8 purged 3"])
        #expect(queue.readyCount == 0)
        #expect(queue.readyBytes == 0)
        #expect(queue.unackedCount == 1)
    }

    @Test("a conditional deletion is answered by what there is")
    func deletion() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.enqueue("a", "b")
            $0.deleteIf(unused: true, empty: true)
            $0.deleteIf(unused: false, empty: true)
            $0.deleteIf(unused: false, empty: false)
            $0.detach(1)
            $0.purge()
            $0.deleteIf(unused: true, empty: true)
        }
        #expect(
            queue.answers == [
                "1/1 attached", "1/4 inUse 1", "1/5 notEmpty 1", "1/6 mayDelete 1", "1/8 purged 1", "1/9 mayDelete 0",
            ])
    }

    @Test("a new leader sends again what is held, and says when the consumer is unknown")
    func redelivers() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1)
            $0.enqueue("a", "b", "c", "d")
            $0.settle(1, .ack, 2...2)
        }
        #expect(queue.redeliver(1, 1, after: 0, limit: 2))
        #expect(queue.deliveries == ["1.1#1 a", "1.1#3 c"])
        #expect(queue.redeliver(1, 1, after: 3))
        #expect(queue.deliveries == ["1.1#4 d"])
        #expect(queue.redeliver(1, 1, after: .max))
        #expect(queue.deliveries.isEmpty)
        #expect(!queue.redeliver(1, 2, after: 0))
        #expect(!queue.redeliver(3, 1, after: 0))
    }

    @Test("statistics count bodies, consumers and what became of messages")
    func statistics() {
        let queue = TestQuorumQueue()
        queue.send(2) { $0.attach(5, tag: "later".utf8, prefetch: 1, isAutomaticAck: true) }
        queue.send(1) { $0.attach(8, prefetch: 1) }
        queue.send(1) { $0.enqueue("12345", "123", "1") }
        #expect(queue.readyBytes == 1)
        #expect(queue.unackedBytes == 8)
        #expect(queue.consumers().map(\.tag) == ["tag8", "later"])
        #expect(queue.consumers().map(\.unacked) == [1, 1])
        #expect(queue.consumers(limit: 1).map(\.node) == [1])
        #expect(queue.totals.delivered == 1)
        #expect(queue.totals.deliveredNoAck == 1)
        #expect(queue.nextNumber(of: 1, incarnation: 1) == 5)
        #expect(queue.nextNumber(of: 1, incarnation: 2) == nil)
    }

    @Test("a batch's bytes go with the last of its messages")
    func memory() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1)
            $0.enqueue("a", "b")
        }
        let held = queue.heldBytes
        #expect(held > 0)
        queue.send { $0.settle(1, .ack, 1...1) }
        #expect(queue.heldBytes == held)
        queue.send { $0.settle(1, .ack, 2...2) }
        #expect(queue.heldBytes == 0)
        #expect(queue.liveBytes < 200)
    }
}
