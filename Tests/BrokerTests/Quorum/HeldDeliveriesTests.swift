import Testing

@testable import Broker

@Suite("What a consumer of a quorum queue holds")
struct HeldDeliveriesTests {
    private static func entry(_ number: UInt64) -> QuorumEntry {
        QuorumEntry(
            batch: 0, offset: UInt32(truncatingIfNeeded: number), byteCount: 0, bodyBytes: 0,
            expiry: QuorumEntry.never, flags: 0)
    }

    @Test("ranges take out what is held in them, in order, whatever was taken before")
    func ranges() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var held = HeldDeliveries()
        var expected: Set<UInt64> = []
        var next: UInt64 = 1
        for _ in 0..<600 {
            for _ in 0..<(random.next() % 300) {
                held.append(Self.entry(next), next)
                expected.insert(next)
                next += 1
            }
            let first = random.next() % (next + 10)
            let last = first + random.next() % (random.next() % 4 == 0 ? next : 400)
            var (from, taken) = (first, [UInt64]())
            while let entry = held.takeFirst(from: &from, through: last) { taken.append(UInt64(entry.offset)) }
            #expect(taken == expected.filter { $0 >= first && $0 <= last }.sorted(), "seed \(seed)")
            expected.subtract(taken)
            let count = held.count
            #expect(count == expected.count, "seed \(seed)")
            let place = random.next() % next
            let found = held.first(from: place).map { ($0.sequence, UInt64($0.entry.offset)) }
            let lowest = expected.filter { $0 >= place }.min()
            #expect(found?.0 == lowest && found?.1 == lowest, "seed \(seed)")
        }
    }

    @Test("an old delivery does not keep the memory of what came after it")
    func oldDelivery() {
        var held = HeldDeliveries()
        for number in 1...200_000 as ClosedRange<UInt64> {
            held.append(Self.entry(number), number)
            guard number % 1000 == 0 else { continue }
            var from = max(2, number - 999)
            while held.takeFirst(from: &from, through: number) != nil {}
        }
        let (count, bytes) = (held.count, held.residentBytes)
        #expect(count == 1)
        #expect(bytes < 16_384)
        let oldest = held.first(from: 0)?.sequence
        #expect(oldest == 1)
    }
}
