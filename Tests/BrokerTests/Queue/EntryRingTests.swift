import Testing

@testable import Broker

@Suite("The ring of a queue's messages")
struct EntryRingTests {
    @Test("it keeps first in, first out through growing, wrapping and shrinking")
    func order() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var ring = EntryRing<UInt64>()
        var next: UInt64 = 0
        var expected: UInt64 = 0
        for _ in 0..<200 {
            for _ in 0..<(random.next() % 3000) {
                ring.append(next)
                next += 1
            }
            for _ in 0..<min(random.next() % 3000, UInt64(ring.count)) {
                #expect(ring.first == expected, "seed \(seed)")
                ring.removeFirst()
                expected += 1
            }
            #expect(UInt64(ring.count) == next - expected, "seed \(seed)")
        }
    }

    @Test("an emptied ring gives its memory back, and one never used holds none")
    func shrinks() {
        var ring = EntryRing<UInt64>()
        let unused = ring.residentBytes
        #expect(unused == 0)
        for number in 0..<1_000_000 { ring.append(UInt64(number)) }
        let full = ring.residentBytes
        #expect(full >= 8_000_000)
        while !ring.isEmpty { ring.removeFirst() }
        let emptied = ring.residentBytes
        #expect(emptied <= 2048)
    }
}
