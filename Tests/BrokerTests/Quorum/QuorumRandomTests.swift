import Foundation
import Testing

@testable import Broker

/// `WARREN_QUORUM_SEED=S` runs one seed, `WARREN_QUORUM_SEEDS=N` the first N.
@Suite("Random commands for a quorum queue")
struct QuorumRandomTests {
    private static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["WARREN_QUORUM_SEED"].flatMap(UInt64.init) { return [seed] }
        return Array(1...(environment["WARREN_QUORUM_SEEDS"].flatMap(UInt64.init) ?? 20))
    }

    @Test("two machines and one restored again and again do what the model says", arguments: seeds)
    func agree(seed: UInt64) throws {
        var work = RandomQuorumWork(seed: seed)
        var model = QuorumModel(work.limits)
        let (first, second, restored) = (
            TestQuorumQueue(work.limits), TestQuorumQueue(work.limits), TestQuorumQueue(work.limits)
        )
        var isFilled = false
        for step in 0..<300 {
            let bytes = work.step(&model)
            for queue in [first, second, restored] {
                try #require(queue.apply(bytes), "seed \(seed), step \(step)")
                let found = Observed(queue)
                try #require(found == Observed(model), "seed \(seed), step \(step): \(Observed(model))")
            }
            isFilled = isFilled || first.readyCount > 3 && first.unackedCount > 3
            guard step % 8 == 7 else { continue }
            let snapshot = first.snapshot
            try #require(snapshot == second.snapshot, "seed \(seed), step \(step)")
            try #require(snapshot == second.snapshot(slices: 1 + step), "seed \(seed), step \(step)")
            try #require(snapshot == restored.snapshot, "seed \(seed), step \(step)")
            if work.chance(2) { try restored.restore() }
            try expectRedeliveries(first, model, "seed \(seed), step \(step)")
        }
        #expect(isFilled || work.limits.limitsLength || work.limits.messageTTL != nil, "seed \(seed) did nothing much")
    }

    private func expectRedeliveries(_ queue: TestQuorumQueue, _ model: QuorumModel, _ comment: Comment) throws {
        for consumer in model.consumers {
            queue.effects.removeAll()
            let incarnation = model.origins.first { $0.node == consumer.node }?.incarnation ?? 0
            let isKnown = queue.machine.redeliver(
                node: consumer.node, incarnation: incarnation, consumer: consumer.id, after: 0,
                effects: &queue.effects)
            try #require(isKnown, comment)
            try #require(queue.effects.deliveries.map(\.sequence) == consumer.held.map(\.sequence), comment)
            try #require(
                queue.effects.deliveries.map { queue.effects.withBytes(of: $0.message, TestQuorumQueue.body) }
                    == consumer.held.map(\.message.body), comment)
        }
    }

    @Test("bytes that are cut or changed are refused or applied, and two machines agree on it", arguments: seeds)
    func changedBatches(seed: UInt64) throws {
        var work = RandomQuorumWork(seed: seed)
        var model = QuorumModel(work.limits)
        let (first, second) = (TestQuorumQueue(work.limits), TestQuorumQueue(work.limits))
        var refused = 0
        for _ in 0..<150 {
            let bytes = work.damaged(work.step(&model))
            let before = first.snapshot
            let isApplied = first.apply(bytes)
            try #require(second.apply(bytes) == isApplied, "seed \(seed)")
            let after = first.snapshot
            try #require(after == second.snapshot, "seed \(seed)")
            if !isApplied {
                refused += 1
                try #require(after == before && first.effects.isEmpty, "seed \(seed)")
            }
        }
        #expect(refused > 15, "seed \(seed)")
    }

    @Test("a snapshot that is cut is refused, and one that is changed never ends the process", arguments: seeds)
    func changedSnapshots(seed: UInt64) throws {
        var work = RandomQuorumWork(seed: seed)
        var model = QuorumModel(work.limits)
        let queue = TestQuorumQueue(work.limits)
        for _ in 0..<60 { queue.apply(work.step(&model)) }
        let snapshot = queue.snapshot
        for _ in 0..<40 {
            let length = work.number(UInt64(snapshot.count))
            #expect(throws: QuorumSnapshotError.self) {
                _ = try QuorumMachine(snapshot: Array(snapshot.prefix(Int(length))))
            }
        }
        for _ in 0..<100 {
            guard var machine = try? QuorumMachine(snapshot: work.damaged(snapshot)) else {
                continue
            }
            var effects = QuorumEffects()
            for _ in 0..<10 { _ = machine.apply(work.step(&model), effects: &effects) }
            _ = machine.snapshot()
        }
    }
}

/// What a step came to, as the machine tells it and as the model does.
private struct Observed: Equatable {
    var deliveries: [String]
    var answers: [String]
    var deadLetters: [String]
    var refused: [String]
    var confirmed: [String]
    var gaps: [String]
    var counts: [Int]
    var nextExpiry: UInt64?

    init(_ queue: TestQuorumQueue) {
        (deliveries, answers, deadLetters) = (queue.deliveries, queue.answers, queue.deadLetters)
        (refused, confirmed, gaps) = (queue.refused, queue.confirmed, queue.gaps)
        counts = [queue.readyCount, queue.readyBytes, queue.unackedCount, queue.unackedBytes, queue.consumerCount]
        nextExpiry = queue.nextExpiry
    }

    init(_ model: QuorumModel) {
        (deliveries, answers, deadLetters) = (model.deliveries, model.answers, model.deadLetters)
        (refused, confirmed, gaps) = (model.refused, model.confirmed, model.gaps)
        counts = [
            model.returned.count + model.ready.count, model.readyBytes, model.held.count,
            model.held.map(\.body.utf8.count).reduce(0, +), model.consumers.count(where: \.isListed),
        ]
        nextExpiry = (model.returned.first ?? model.ready.first)?.expiry
    }
}
