import AMQP
import Testing

@Suite("Writing bytes")
struct WireWriterTests {
    @Test("text of up to 255 octets is written whole", arguments: [0, 1, 254, 255])
    func short(count: Int) {
        #expect(written { $0.writeShortString(String(repeating: "a", count: count)) }.count == count + 1)
    }

    @Test(
        "text over 255 octets is cut between scalars, so it stays UTF-8",
        arguments: [
            (String(repeating: "a", count: 256), 255), (String(repeating: "é", count: 200), 254),
            (String(repeating: "😀", count: 100), 252),
            ("e" + String(repeating: "\u{301}", count: 1_000_000), 255),
        ])
    func long(text: String, expected: Int) throws {
        let bytes = written { $0.writeShortString(text) }
        #expect(Int(bytes[0]) == expected)
        #expect(bytes.count == expected + 1)
        let read = try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            return try reader.readShortString()
        }
        #expect(text.unicodeScalars.starts(with: read.unicodeScalars))
    }

    @Test("what was written survives growing and shrinking")
    func grows() {
        var writer = WireWriter(capacity: 1)
        for number in 0..<1000 { writer.write(UInt32(number)) }
        writer.truncate(to: 400)
        writer.shrink(to: 400)
        #expect(Array(writer.bytes) == (0..<100).flatMap { [0, 0, 0, UInt8($0)] })
        writer.reset()
        #expect(writer.count == 0)
        writer.write(UInt8(1))
        #expect(Array(writer.bytes) == [1])
    }

    @Test("integers are in network byte order")
    func integers() {
        let bytes = written {
            $0.write(UInt8(1))
            $0.write(UInt16(0x0203))
            $0.write(UInt32(0x0405_0607))
            $0.write(UInt64(0x0809_0A0B_0C0D_0E0F))
            $0.overwrite(UInt16(0xAABB), at: 1)
        }
        #expect(bytes == [1, 0xAA, 0xBB] + (4...15))
    }

    @Test("a reader gives what was written and then says that the bytes ended")
    func reads() throws {
        let guarded = GuardedBytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        defer { withExtendedLifetime(guarded) {} }
        var reader = WireReader(guarded.bytes)
        #expect(try reader.readUInt8() == 1)
        #expect(try reader.readUInt16() == 0x0203)
        #expect(try reader.readUInt32() == 0x0405_0607)
        #expect(try reader.readUInt64() == 0x0809_0A0B_0C0D_0E0F)
        #expect(throws: WireError.truncated) { try reader.readUInt8() }
        #expect(reader.readRest().isEmpty)
        var empty = WireReader(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(throws: WireError.truncated) { try empty.readUInt16() }
        #expect(throws: WireError.truncated) { try empty.readBytes(-1) }
    }

    @Test("a short string that is not UTF-8 is told from one that is cut off")
    func notText() {
        let expected: [([UInt8], WireError)] = [
            ([2, 0xFF, 0xFE], .notText), ([2, 0x61], .truncated), ([], .truncated),
        ]
        for (bytes, error) in expected {
            let guarded = GuardedBytes(bytes)
            var reader = WireReader(guarded.bytes)
            #expect(throws: error) { try reader.readShortString() }
            withExtendedLifetime(guarded) {}
        }
    }
}
