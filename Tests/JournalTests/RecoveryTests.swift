import Journal
import Testing

/// A journal that is written, cut short and read again.
private struct Written {
    /// Every record that was appended: its number, its bytes.
    var records: [(kind: UInt8, bytes: [UInt8])] = []
    /// How many of them were durable at the end.
    var durable = 0
    var segments: [(number: UInt64, bytes: [UInt8])] = []

    /// Writes random batches by a seed. The last one is under way when everything stops, and `torn` of its bytes have
    /// reached the disk.
    init(seed: UInt64, batches: Int, segmentLimit: Int = 600, torn: (Int) -> Int) {
        var random = Generator(seed)
        let storage = SlowStorage()
        var journal = Journal(storage: storage, segmentLimit: segmentLimit)
        for number in 0..<batches {
            for _ in 0...Int(random.next() % 4) {
                let size = Int(random.next() % 90)
                let number = records.count
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: number &+ $0) }
                records.append((UInt8(number % 250), bytes))
                append(number, of: size, to: &journal)
            }
            guard let (disk, batch) = journal.beginFlush() else { break }
            disk.write(batch) { _ in }
            if number < batches - 1 {
                storage.answer()
                journal.completed(batch, nil)
                durable = records.count
            } else {
                storage.land(torn(batch.byteCount))
            }
        }
        segments = storage.segments.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What is read again.
    func read(salvages: Bool = false) throws(JournalDamage) -> (
        records: [(kind: UInt8, bytes: [UInt8])], end: RecoveredJournal
    ) {
        var reader = JournalReader(salvages: salvages)
        var found: [(kind: UInt8, bytes: [UInt8])] = []
        for (number, bytes) in segments {
            _ = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                try reader.read(segment: number, UnsafeRawBufferPointer(bytes)) {
                    found.append(($0.kind, Array($0.payload)))
                }
            }
        }
        return (found, try reader.finish())
    }
}

struct Generator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

private func isPrefix(_ part: [(kind: UInt8, bytes: [UInt8])], of whole: [(kind: UInt8, bytes: [UInt8])]) -> Bool {
    part.count <= whole.count && zip(part, whole).allSatisfy { $0.kind == $1.kind && $0.bytes == $1.bytes }
}

@Suite("Recovery")
struct RecoveryTests {
    @Test("whatever part of the last batch reached the disk, all that was durable is there and nothing is invented")
    func everyTear() throws {
        let whole = Written(seed: 7, batches: 12) { $0 }
        let last = whole.segments.last?.bytes.count ?? 0
        for torn in 0...last {
            let written = Written(seed: 7, batches: 12) { min(torn, $0) }
            let (found, end) = try written.read()
            #expect(isPrefix(found, of: written.records), "torn at \(torn)")
            #expect(found.count >= written.durable, "torn at \(torn)")
            #expect(end.damage.isEmpty)
        }
    }

    @Test("a crash after any number of batches loses nothing that was durable", arguments: 1...60)
    func everyBatch(batches: Int) throws {
        let seed = UInt64(batches) &* 0x9E37
        let written = Written(seed: seed, batches: batches) { Int(seed % UInt64($0)) }
        let (found, end) = try written.read()
        #expect(isPrefix(found, of: written.records) && found.count >= written.durable, "seed \(seed)")
        #expect(end.lastSegment == written.segments.last?.number ?? 0)
    }

    @Test("any byte that changes in what was durable is found and its place is named")
    func damage() throws {
        let written = Written(seed: 3, batches: 20) { _ in 0 }
        let lastDurable = written.segments.count - 1
        for (index, segment) in written.segments.enumerated() {
            for place in stride(from: 0, to: segment.bytes.count, by: 7) {
                var changed = written
                changed.segments[index].bytes[place] ^= 0x40
                do throws(JournalDamage) {
                    let (found, _) = try changed.read()
                    // The last whole batch may look torn: nothing after it says that it was durable.
                    #expect(
                        index == lastDurable && isPrefix(found, of: written.records), "segment \(index), byte \(place)")
                } catch {
                    #expect(error.segment == segment.number && error.offset <= place, "\(error)")
                }
                let saved = try changed.read(salvages: true)
                #expect(saved.records.count < written.records.count || saved.end.damage.isEmpty)
            }
        }
    }

    @Test("a segment that is missing between others is found")
    func missingSegment() throws {
        var written = Written(seed: 5, batches: 30) { $0 }
        try #require(written.segments.count > 3)
        written.segments.remove(at: 1)
        #expect(throws: JournalDamage.self) { try written.read() }
        #expect(try written.read(salvages: true).records.count > 0)
    }

    @Test("bytes of a file that was used before never pass for records")
    func recycled() throws {
        let old = Written(seed: 11, batches: 6, segmentLimit: 100_000) { $0 }
        var new = Written(seed: 12, batches: 3, segmentLimit: 100_000) { $0 }
        // The same file under another number, still full of the old bytes behind the new ones.
        let end = new.segments[0].bytes.count
        try #require(old.segments[0].bytes.count > end)
        new.segments[0].number = 9
        var reader = JournalReader()
        var count = 0
        let whole = try old.segments[0].bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
            try reader.read(segment: 9, UnsafeRawBufferPointer(bytes)) { _ in count += 1 }
        }
        #expect(whole == 0 && count == 0)
    }

    @Test("no bytes whatever make it trap, or read what was never written")
    func fuzz() {
        let iterations = Environment.number("WARREN_FUZZ_ITERATIONS") ?? 2_000
        for seed in 0..<UInt64(iterations) {
            var random = Generator(seed)
            var written = Written(seed: seed % 50, batches: 8) { Int(seed % UInt64($0)) }
            for _ in 0...Int(random.next() % 3) {
                let index = Int(random.next() % UInt64(written.segments.count))
                guard !written.segments[index].bytes.isEmpty else { continue }
                let place = Int(random.next() % UInt64(written.segments[index].bytes.count))
                switch random.next() % 4 {
                case 0: written.segments[index].bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: written.segments[index].bytes.removeLast(place)
                case 2: written.segments[index].bytes.insert(0, at: place)
                default: written.segments[index].bytes.replaceSubrange(place..., with: written.segments[0].bytes)
                }
            }
            let known = Set(written.records.map { [$0.kind] + $0.bytes })
            for salvages in [false, true] {
                guard let (found, _) = try? written.read(salvages: salvages) else { continue }
                #expect(found.allSatisfy { known.contains([$0.kind] + $0.bytes) }, "seed \(seed)")
            }
        }
    }
}
