import Journal
import Testing

@Suite("Records in memory")
struct VolatileSegmentsTests {
    @Test("a record keeps its bytes until its last reference is released")
    func references() {
        let segments = VolatileSegments()
        let record = segments.allocate(100)
        segments.bytes(of: record).initializeMemory(as: UInt8.self, repeating: 7, count: 100)
        segments.retain(record, by: 2)
        segments.release(record)
        segments.release(record)
        let other = segments.allocate(100)
        segments.bytes(of: other).initializeMemory(as: UInt8.self, repeating: 9, count: 100)
        #expect((0..<100).allSatisfy { segments.bytes(of: record).load(fromByteOffset: $0, as: UInt8.self) == 7 })
        segments.release(record)
        segments.release(other)
    }

    @Test("records never overlap, whatever their sizes and the order of their release")
    func noOverlap() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(state: seed)
        let segments = VolatileSegments()
        var held: [(record: RecordPosition, size: Int, mark: UInt8)] = []
        for step in 0..<3_000 {
            if held.count > 500 || (!held.isEmpty && random.next() % 3 == 0) {
                let gone = held.remove(at: Int(random.next() % UInt64(held.count)))
                let bytes = segments.bytes(of: gone.record)
                let intact = (0..<gone.size).allSatisfy {
                    bytes.load(fromByteOffset: $0, as: UInt8.self) == gone.mark
                }
                #expect(intact, "seed \(seed) step \(step)")
                segments.release(gone.record)
            } else {
                let size = random.next() % 300 == 0 ? 1_500_000 : Int(random.next() % 3000)
                let mark = UInt8(truncatingIfNeeded: random.next())
                let record = segments.allocate(size)
                segments.bytes(of: record).initializeMemory(as: UInt8.self, repeating: mark, count: size)
                held.append((record, size, mark))
            }
        }
    }

    @Test("memory goes back to the system when a backlog is gone")
    func givesBack() {
        let segments = VolatileSegments()
        let records = (0..<100_000).map { _ in segments.allocate(1000) }
        #expect(segments.residentBytes > 100_000_000)
        for record in records { segments.release(record) }
        #expect(segments.residentBytes <= 10 * VolatileSegments.segmentBytes)
    }

    @Test("a consumer that keeps up needs one segment")
    func rewinds() {
        let segments = VolatileSegments()
        for _ in 0..<100_000 { segments.release(segments.allocate(1000)) }
        #expect(segments.residentBytes == VolatileSegments.segmentBytes)
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
