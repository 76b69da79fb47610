import Testing

@testable import Broker

@Suite("Who sent commands to a quorum queue, and how often")
struct QuorumOriginTests {
    @Test("a batch that comes twice counts once and is answered twice")
    func twice() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 1, rejectsPublishes: true))
        let batch = queue.batch(of: 1) {
            $0.enqueue("a", "b")
            $0.get(1, isAutomaticAck: false)
            $0.attach(2)
        }
        queue.apply(batch)
        let first = (queue.answers, queue.refused, queue.confirmed)
        let state = queue.snapshot
        #expect(first == (["1/3 got 1 0", "1/4 attached"], ["1/2"], ["1/4"]))
        queue.apply(batch)
        #expect((queue.answers, queue.refused, queue.confirmed) == first)
        #expect(queue.snapshot == state)
    }

    @Test("the part of a batch that is new is applied")
    func overlapping() {
        let queue = TestQuorumQueue()
        queue.send { $0.enqueue("a", "b") }
        var longer = QuorumBatch(node: 1, incarnation: 1, first: 2, floor: 1)
        longer.enqueue("b", "c")
        queue.apply(longer.finish())
        #expect(queue.readyCount == 3)
        #expect(queue.confirmed == ["1/3"])
    }

    @Test("a batch behind a gap is refused whole, with the number that is missing")
    func gap() {
        let queue = TestQuorumQueue()
        queue.send { $0.enqueue("a") }
        let missing = queue.batch(of: 1) { $0.enqueue("b") }
        let early = queue.batch(of: 1) { $0.enqueue("c") }
        queue.apply(early)
        #expect(queue.gaps == ["1/2"])
        #expect(queue.confirmed.isEmpty)
        #expect(queue.readyCount == 1)
        queue.apply(missing)
        queue.apply(early)
        #expect(queue.gaps.isEmpty)
        #expect(queue.readyCount == 3)
    }

    @Test("answers are kept until their node has them")
    func floor() {
        let queue = TestQuorumQueue()
        let batch = queue.send { $0.purge() }
        queue.send { $0.purge() }
        queue.apply(batch)
        #expect(queue.answers == ["1/1 purged 0"])
        let before = queue.snapshot.count
        queue.send(floor: 3) { $0.enqueue("a") }
        queue.apply(batch)
        #expect(queue.answers.isEmpty)
        #expect(queue.confirmed == ["1/3"])
        queue.send(floor: 4) { $0.purge() }
        queue.send(floor: 5) { $0.settle(1, .ack, 1...1) }
        #expect(queue.snapshot.count == before - 2 * QuorumSnapshot.answerBytes)
    }

    @Test("a node that started again begins anew: its consumers are gone, what they held is back")
    func laterIncarnation() {
        let queue = TestQuorumQueue()
        let old = queue.send {
            $0.attach(1)
            $0.enqueue("a")
        }
        queue.restart(1)
        queue.send {
            $0.attach(1)
            $0.enqueue("b")
        }
        #expect(queue.deliveries == ["1.1#1 a (1)", "1.1#2 b"])
        #expect(queue.confirmed == ["1/2"])
        queue.apply(old)
        #expect(queue.effects.isEmpty)
        #expect(queue.consumerCount == 1)
    }

    @Test("what consumers of a node that is down held goes to others, and their settlements come to nothing")
    func nodeDown() {
        let queue = TestQuorumQueue()
        queue.send(1) {
            $0.attach(1)
            $0.enqueue("a", "b")
        }
        queue.send(2) { $0.attach(1) }
        queue.lead { $0.nodeDown(1, incarnation: 1) }
        #expect(queue.deliveries == ["2.1#1 a (1)", "2.1#2 b (1)"])
        #expect(!queue.redeliver(1, 1, after: 0))
        queue.send(1) { $0.settle(1, .ack, 1...2) }
        #expect(queue.unackedCount == 2)
        #expect(queue.totals.acked == 0)
    }

    @Test("a node that is down and comes back goes on with its numbers, and its publishes count once")
    func dedupAfterNodeDown() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 1, rejectsPublishes: true))
        let batch = queue.send(1) {
            $0.enqueue("a", "refused")
            $0.attach(5, prefetch: 1)
        }
        queue.lead { $0.nodeDown(1, incarnation: 1) }
        queue.apply(batch)
        #expect(queue.readyCount == 1)
        #expect(queue.refused == ["1/2"])
        #expect(queue.answers == ["1/3 forgotten"])
        #expect(queue.confirmed == ["1/3"])
        queue.send(1) { $0.get(6, isAutomaticAck: false) }
        #expect(queue.deliveries == ["1.6#1 a (1)"])
    }

    @Test("news that an earlier incarnation is down hurts no later one")
    func lateNodeDown() {
        let queue = TestQuorumQueue()
        queue.restart(1)
        queue.send(1) { $0.attach(1) }
        queue.lead { $0.nodeDown(1, incarnation: 1) }
        #expect(queue.consumerCount == 1)
        queue.lead { $0.nodeDown(1, incarnation: 2) }
        #expect(queue.consumerCount == 0)
    }

    @Test("only the leader says that a node is down, and it says nothing else")
    func leadersCommands() {
        let queue = TestQuorumQueue()
        queue.send(1) { $0.attach(1) }
        let before = queue.snapshot
        #expect(!queue.apply(queue.batch(of: 2) { $0.nodeDown(1, incarnation: 1) }))
        #expect(!queue.apply(queue.batch(of: 2) { $0.tick() }))
        var own = QuorumBatch.ofLeader()
        own.enqueue("a")
        #expect(!queue.apply(own.finish()))
        #expect(queue.snapshot == before)
    }

    @Test("how commands are put into batches makes no difference")
    func batching() {
        func write(_ batch: inout QuorumBatch, _ step: Int) {
            switch step {
            case 0: batch.attach(1, prefetch: 1)
            case 1: batch.enqueue("a")
            case 2: batch.enqueue("b")
            case 3: batch.enqueue("c", lifetime: 3)
            case 4: batch.settle(1, .requeue, 1...1)
            case 5: batch.detach(1)
            case 6: batch.end(1)
            default: batch.get(2, isAutomaticAck: false)
            }
        }
        let limits = QuorumLimits(maxLength: 2, deliveryLimit: 3, deadLetters: true)
        let (together, apart) = (TestQuorumQueue(limits), TestQuorumQueue(limits))
        together.send { for step in 0..<8 { write(&$0, step) } }
        for step in 0..<8 { apart.send { write(&$0, step) } }
        #expect(together.snapshot == apart.snapshot)
    }
}
