import Testing

@testable import Broker

@Suite("Transactions in the log of a quorum queue")
struct QuorumTransactionTests {
    @Test("a transaction that comes again counts once, whatever it comes with and whichever start of its node sends it")
    func again() {
        let queue = TestQuorumQueue()
        queue.send { $0.transactions([(5, "a"), (5, "b")]) }
        queue.send { $0.transactions([(5, "a"), (5, "b"), (7, "c")]) }
        #expect(queue.readyCount == 3)
        queue.restart(1)
        queue.send { $0.transactions([(5, "a"), (5, "b"), (7, "c"), (8, "d")]) }
        #expect(queue.readyCount == 4)
        // Another node counts for itself.
        queue.send(2) { $0.transactions([(1, "e")]) }
        #expect(queue.readyCount == 5)
        queue.send { $0.attach(1) }
        #expect(queue.deliveries.map { $0.suffix(1) } == ["a", "b", "c", "d", "e"])
    }

    @Test("a snapshot knows the last transaction of each node")
    func snapshot() throws {
        let queue = TestQuorumQueue()
        queue.send { $0.transactions([(5, "a")]) }
        var machine = try QuorumMachine(snapshot: queue.snapshot)
        var effects = QuorumEffects()
        queue.restart(1)
        let again = queue.batch(of: 1) { $0.transactions([(5, "a"), (6, "b")]) }
        #expect(machine.apply(again, effects: &effects))
        #expect(machine.readyCount == 2)
    }

    @Test("what was committed is not refused where there is no room: the oldest go")
    func noVeto() {
        let queue = TestQuorumQueue(QuorumLimits(maxLength: 2, rejectsPublishes: true))
        queue.send { $0.enqueue("old", "older") }
        queue.send { $0.transactions([(1, "a"), (1, "b")]) }
        #expect(queue.refused == [])
        #expect(queue.readyCount == 2)
        queue.send { $0.attach(1) }
        #expect(queue.deliveries.map { $0.suffix(1) } == ["a", "b"])
    }

    @Test("transactions out of order, or without a message in them, are no batch")
    func implausible() {
        let queue = TestQuorumQueue()
        let first = queue.batch(of: 1) { $0.transactions([(5, "a"), (4, "b")]) }
        #expect(!queue.machine.apply(first, effects: &queue.effects))
        let second = queue.batch(of: 1) { batch in
            batch.transactions {
                $0.add(
                    QuorumLetter(transaction: 6, isPersistent: true, lifetime: nil),
                    UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
        #expect(!queue.machine.apply(second, effects: &queue.effects))
        #expect(queue.readyCount == 0)
    }
}

extension QuorumBatch {
    /// Appends transactions by their numbers, with a message each time.
    mutating func transactions(_ messages: [(transaction: UInt64, body: String)], lifetime: UInt64? = nil) {
        transactions { batch in
            for (transaction, body) in messages {
                TestQuorumQueue.message(body).withUnsafeBytes {
                    batch.add(QuorumLetter(transaction: transaction, isPersistent: true, lifetime: lifetime), $0)
                }
            }
        }
    }
}
