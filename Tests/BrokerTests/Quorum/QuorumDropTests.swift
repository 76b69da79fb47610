import Testing

@testable import Broker

@Suite("What a quorum queue drops, and why")
struct QuorumDropTests {
    @Test("what is rejected is dropped, or dead-lettered where the queue has an exchange for it")
    func rejected() {
        for deadLetters in [false, true] {
            let queue = TestQuorumQueue(QuorumLimits(deadLetters: deadLetters))
            queue.send {
                $0.attach(1)
                $0.enqueue("a", "b")
            }
            queue.send { $0.settle(1, .discard, 1...2) }
            #expect(queue.deadLetters == (deadLetters ? ["a rejected", "b rejected"] : []))
            #expect(queue.totals.dropped == 2)
            #expect(queue.unackedCount == 0)
            #expect(queue.heldBytes == 0)
        }
    }

    @Test("a message that came back more often than the delivery limit is dropped")
    func deliveryLimit() {
        let queue = TestQuorumQueue(QuorumLimits(deliveryLimit: 1, deadLetters: true))
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.enqueue("a", "b")
            $0.settle(1, .requeue, 1...1)
        }
        #expect(queue.deliveries == ["1.1#1 a", "1.1#2 a (1)"])
        queue.send { $0.settle(1, .requeue, 2...2) }
        #expect(queue.deadLetters == ["a deliveryLimit"])
        #expect(queue.deliveries == ["1.1#3 b"])
        queue.send { $0.end(1) }
        queue.send { $0.attach(2) }
        queue.send { $0.end(2) }
        #expect(queue.deadLetters == ["b deliveryLimit"])
        #expect(queue.readyCount == 0)
    }

    @Test("a message expires at the head of the queue when the log's time says so")
    func expiry() {
        let queue = TestQuorumQueue(QuorumLimits(messageTTL: 100, deadLetters: true))
        queue.send { $0.enqueue("a") }
        queue.send { $0.enqueue("b", lifetime: 50) }
        #expect(queue.nextExpiry == 1100)
        queue.time = 1099
        queue.tick()
        #expect(queue.deadLetters.isEmpty)
        queue.time = 1100
        queue.tick()
        #expect(queue.deadLetters == ["a expired", "b expired"])
        #expect(queue.nextExpiry == nil)
        #expect(queue.readyCount == 0)
    }

    @Test("a message behind one that lives longer waits for its turn to expire")
    func expiryAtHead() {
        let queue = TestQuorumQueue()
        queue.send { $0.enqueue("long", lifetime: 1000) }
        queue.send { $0.enqueue("short", lifetime: 10) }
        queue.time = 1500
        queue.tick()
        #expect(queue.readyCount == 2)
        queue.send { $0.get(1, isAutomaticAck: false) }
        #expect(queue.deliveries == ["1.1#1 long"])
        #expect(queue.answers == ["1/3 got 1 1"])
        #expect(queue.readyCount == 0)
        #expect(queue.totals.dropped == 1)
    }

    @Test("a message that lives for no time still reaches a consumer that waits")
    func noLifetime() {
        let queue = TestQuorumQueue()
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.enqueue("a", "b", lifetime: 0)
        }
        #expect(queue.deliveries == ["1.1#1 a"])
        queue.time += 1
        queue.send { $0.settle(1, .ack, 1...1) }
        #expect(queue.deliveries.isEmpty)
        #expect(queue.readyCount == 0)
    }

    @Test("what is held does not expire, but may when it comes back")
    func expiryOfReturned() {
        let queue = TestQuorumQueue(QuorumLimits(messageTTL: 10, deadLetters: true))
        queue.send {
            $0.attach(1)
            $0.enqueue("a")
        }
        queue.time = 2000
        queue.tick()
        #expect(queue.unackedCount == 1)
        queue.send {
            $0.detach(1)
            $0.settle(1, .requeue, 1...1)
            $0.get(2, isAutomaticAck: false)
        }
        #expect(queue.deadLetters == ["a expired"])
        #expect(queue.answers == ["1/5 empty"])
    }

    @Test("the log's time never goes back")
    func timeGoesForward() {
        let queue = TestQuorumQueue()
        queue.time = 5000
        queue.tick()
        queue.time = 1000
        queue.send { $0.enqueue("a", lifetime: 100) }
        #expect(queue.nextExpiry == 5100)
    }

    @Test("a lifetime beyond all time is none")
    func endless() {
        let queue = TestQuorumQueue()
        queue.send { $0.enqueue("a", lifetime: .max) }
        #expect(queue.nextExpiry == nil)
        #expect(queue.readyCount == 1)
    }

    @Test("over its length the queue drops its oldest messages, those that came back first")
    func dropHead() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 2, deliveryLimit: 5, deadLetters: true))
        queue.send {
            $0.enqueue("a", "b", "c")
        }
        #expect(queue.deadLetters == ["a maxLength"])
        #expect(queue.confirmed == ["1/3"])
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.detach(1)
            $0.enqueue("d")
            $0.settle(1, .requeue, 1...1)
        }
        #expect(queue.deadLetters == ["b maxLength"])
        #expect(queue.readyCount == 2)
    }

    @Test("bytes of bodies may limit the length too")
    func dropHeadByBytes() {
        let queue = TestQuorumQueue(QuorumLimits(maxBytes: 10, deadLetters: true))
        queue.send { $0.enqueue("12345", "1234", "1234567") }
        #expect(queue.deadLetters == ["12345 maxLength", "1234 maxLength"])
        #expect(queue.readyBytes == 7)
    }

    @Test("a full queue that rejects publishes refuses them, and confirms the others")
    func rejectPublish() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 2, rejectsPublishes: true))
        queue.send { $0.enqueue("a", "b", "c") }
        #expect(queue.refused == ["1/3"])
        #expect(queue.confirmed == ["1/3"])
        #expect(queue.readyCount == 2)
        queue.send {
            $0.attach(1, prefetch: 1)
            $0.enqueue("d", "e")
        }
        // The first refusal may have been lost: until its node says that it has it, every confirm says it again.
        #expect(queue.refused == ["1/3", "1/6"])
        #expect(queue.totals.refused == 2)
        queue.send(floor: 7) {
            $0.settle(1, .ack, 1...1)
            $0.enqueue("f")
        }
        #expect(queue.refused.isEmpty)
    }

    @Test("with a consumer that waits a full queue refuses nothing")
    func rejectPublishWithConsumer() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 0, rejectsPublishes: true))
        queue.send {
            $0.attach(1)
            $0.enqueue("a")
            $0.detach(1)
            $0.enqueue("b")
        }
        #expect(queue.deliveries == ["1.1#1 a"])
        #expect(queue.refused == ["1/4"])
    }
}
