import AMQP
import Foundation
import Testing

/// Damages good bytes in many ways and reads them. Nothing may trap, read beyond the end, or be written differently
/// the second time.
///
/// `WARREN_FUZZ_ITERATIONS` sets how often (2,000 unless set), `WARREN_FUZZ_SEED` replays a failure.
@Suite("Damaged bytes")
struct MutationFuzzTests {
    private static let iterations =
        ProcessInfo.processInfo.environment["WARREN_FUZZ_ITERATIONS"].flatMap { Int($0) } ?? 2000

    private static let headers = RabbitMQSession.frames.filter { $0.bytes[0] == FrameType.header.rawValue }
        .map { Array($0.bytes.dropFirst(FrameHeader.byteCount).dropLast()) }

    @Test("damaged methods are read or refused, and what was read is written the same way twice")
    func methods() throws {
        try run(PikaMethods.all.map(\.payload)) { bytes, hint in
            guard let method = try? Method(guarded: bytes) else { return false }
            let once = payload(of: method)
            let again = try Method(guarded: once)
            #expect(payload(of: again) == once, hint)
            return true
        }
    }

    @Test("damaged content headers are read or refused alike by the scan and in full")
    func headers() throws {
        try run(Self.headers) { bytes, hint in
            let guarded = GuardedBytes(bytes)
            defer { withExtendedLifetime(guarded) {} }
            let scan = try? ContentHeaderScan(payload: guarded.bytes)
            let header = try? ContentHeader(guarded: bytes)
            let isBasic = header.map { $0.classID == 60 && $0.weight == 0 } ?? false
            #expect((scan != nil) == isBasic, hint)
            guard let header else { return false }
            let once = payload(of: header)
            let again = try ContentHeader(guarded: once)
            #expect(payload(of: again) == once, hint)
            if let scan, scan.expiration.isText, scan.userID.isText { try expectSame(scan, header, hint) }
            return true
        }
    }

    @Test("a damaged stream of frames is taken apart without stepping outside it")
    func frames() throws {
        let stream = RabbitMQSession.frames.flatMap(\.bytes)
        try run([stream] + RabbitMQSession.frames.map(\.bytes)) { bytes, hint in
            let guarded = GuardedBytes(bytes)
            defer { withExtendedLifetime(guarded) {} }
            var rest = guarded.bytes
            var found = 0
            while let frame = try? FrameParser.next(rest, maxFrameSize: 131_072) {
                #expect(frame.byteCount <= rest.count, hint)
                if frame.type == .method { _ = try? Method.decode(frame.payload) }
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
                found += 1
            }
            return found > 0
        }
    }

    /// Damages one of `seeds` per iteration. `read` says whether the bytes still made sense: some must and some must
    /// not, or nothing was tested.
    private func run(_ seeds: [[UInt8]], read: ([UInt8], Comment) throws -> Bool) throws {
        var generator = RandomBytes(seed: RandomBytes.seed())
        let hint: Comment = "WARREN_FUZZ_SEED=\(generator.seed)"
        var good = 0
        for _ in 0..<Self.iterations {
            var bytes = try #require(seeds.randomElement(using: &generator))
            for _ in 0..<Int.random(in: 1...4, using: &generator) { bytes.damage(&generator, with: seeds) }
            if try read(bytes, hint) { good += 1 }
        }
        #expect(good > 0 && good < Self.iterations, hint)
    }
}

extension UnsafeRawBufferPointer? {
    fileprivate var isText: Bool { self.map { String(validating: $0, as: UTF8.self) != nil } ?? true }
}

extension [UInt8] {
    /// One damage: a bit, an octet, a length, a piece gone, twice, or from elsewhere, or the end cut off.
    mutating func damage(_ generator: inout RandomBytes, with others: [[UInt8]]) {
        let at = Int.random(in: 0...count, using: &generator)
        let piece = at..<Swift.min(count, at + Int.random(in: 1...8, using: &generator))
        switch generator.next() % 8 {
        case 0 where at < count: self[at] ^= 1 << UInt8(generator.next() % 8)
        case 1 where at < count: self[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
        case 2: insert(generator.integer(), at: at)
        case 3: removeSubrange(piece)
        case 4: insert(contentsOf: self[piece], at: at)
        case 5: removeLast(count - at)
        case 6:
            let lengths: [UInt32] = [0, 1, 255, 256, 0x7FFF_FFFF, .max]
            let length = lengths.randomElement(using: &generator) ?? 0
            replaceSubrange(at..<Swift.min(count, at + 4), with: written { $0.write(length) })
        default:
            guard let other = others.randomElement(using: &generator), !other.isEmpty else { return }
            let from = Int.random(in: 0..<other.count, using: &generator)
            insert(contentsOf: other[from..<Swift.min(other.count, from + 16)], at: at)
        }
    }
}
