import Testing

@testable import Broker
@testable import Journal

@Suite("Entries that came back to a queue")
struct SortedEntriesTests {
    private func entry(_ sequence: UInt64) -> QueueEntry {
        QueueEntry(
            sequence: sequence, record: RecordPosition(segment: 0, offset: 0), bodyBytes: 0, flags: 0,
            expiry: QueueEntry.never)
    }

    @Test("whatever the order in which they come and go, the lowest sequence goes first and none is lost")
    func model() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var entries = SortedEntries()
        var model: Set<UInt64> = []
        for _ in 0..<300 {
            // A run upwards, a run downwards, or anything.
            let kind = random.next() % 3
            let start = random.next() % 50_000
            for step in 0..<(random.next() % 400) {
                let sequence =
                    switch kind {
                    case 0: start + step * 3
                    case 1: start &- min(step, start)
                    default: random.next() % 50_000
                    }
                if model.insert(sequence).inserted { entries.insert(entry(sequence)) }
            }
            for _ in 0..<(random.next() % 400) {
                let expected = model.min()
                if let expected { model.remove(expected) }
                let popped = entries.popFirst()?.sequence
                #expect(popped == expected, "seed \(seed)")
            }
            let count = entries.count
            #expect(count == model.count, "seed \(seed)")
        }
        for expected in model.sorted() {
            let popped = entries.popFirst()?.sequence
            #expect(popped == expected, "seed \(seed)")
        }
        let rest = entries.residentBytes
        #expect(rest == 0, "seed \(seed)")
    }
}
