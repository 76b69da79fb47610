import AMQP
import Testing

@Suite("Field tables")
struct FieldTableTests {
    private func encoded(_ table: FieldTable) -> [UInt8] { written { $0.write(table) } }

    /// A table in a table, `levels` deep.
    private func nested(_ levels: Int, letter: Character) -> [UInt8] {
        var inner: [UInt8] = []
        for level in 0..<levels {
            let name: [UInt8] = letter == "F" || level == levels - 1 ? [1, 0x6B] : []
            let size = written { $0.write(UInt32(inner.count)) }
            inner = name + [letter.asciiValue ?? 0] + size + inner
        }
        return written { $0.write(UInt32(inner.count)) } + inner
    }

    @Test("every type has RabbitMQ's letter and width")
    func letters() throws {
        let expected: [(FieldValue, String)] = [
            (.boolean(true), "7401"), (.int8(-2), "62fe"), (.uint8(254), "42fe"), (.int16(-2), "73fffe"),
            (.uint16(65534), "75fffe"), (.int32(-2), "49fffffffe"), (.uint32(4_294_967_294), "69fffffffe"),
            (.int64(-2), "6cfffffffffffffffe"), (.float(1.5), "663fc00000"), (.double(1.5), "643ff8000000000000"),
            (.decimal(scale: 2, 125), "44020000007d"), (.string("hé"), "530000000368c3a9"),
            (.binary([0, 0xFF]), "780000000200ff"), (.timestamp(1_577_836_800), "54000000005e0be100"), (.void, "56"),
            (.table(["a": .void]), "46000000030161" + "56"), (.array([.void, .boolean(false)]), "4100000003567400"),
        ]
        for (value, hex) in expected {
            let pair = [1, 0x6B] + bytes(hex: hex)
            let table = written { $0.write(UInt32(pair.count)) } + pair
            #expect(encoded(["k": value]) == table)
            #expect(try FieldTable(guarded: table)["k"] == value)
            for count in 0..<table.count {
                #expect(throws: WireError.truncated) { try FieldTable(guarded: Array(table.prefix(count))) }
            }
        }
    }

    @Test("L is a signed 64-bit number, as RabbitMQ reads it")
    func capitalL() throws {
        let table: [UInt8] = [0, 0, 0, 11, 1, 0x6B, 0x4C] + Array(repeating: 0xFF, count: 8)
        #expect(try FieldTable(guarded: table)["k"] == .int64(-1))
    }

    @Test("a letter that RabbitMQ does not know is refused")
    func unknownLetter() {
        let known = Set("tbBsuIilLfdDSATFVx".utf8)
        for letter in UInt8.min...UInt8.max where !known.contains(letter) {
            let value = [1, 0x6B, letter] + [UInt8](repeating: 0, count: 8)
            let table = written { $0.write(UInt32(value.count)) } + value
            #expect(throws: WireError.malformed) { try FieldTable(guarded: table) }
        }
    }

    @Test("order is kept, and a name is found, replaced in its place and removed")
    func subscripts() throws {
        var table: FieldTable = ["b": .int32(1), "a": .int32(2), "c": .void]
        #expect(try FieldTable(guarded: encoded(table)).pairs.map(\.name) == ["b", "a", "c"])
        table["a"] = .string("x")
        table["d"] = .boolean(true)
        table["c"] = nil
        #expect(table.pairs.map(\.name) == ["b", "a", "d"])
        #expect(table["a"]?.text == "x")
        #expect(table["b"]?.integer == 1)
        #expect(table["nobody"] == nil)
        #expect(table != ["a": .string("x"), "b": .int32(1), "d": .boolean(true)])
    }

    @Test("bytes that are not UTF-8 are kept, but are no text")
    func notText() throws {
        let table: FieldTable = ["k": .bytes([0xFF, 0xFE])]
        let read = try FieldTable(guarded: encoded(table))
        #expect(read == table)
        #expect(read["k"]?.text == nil)
    }

    @Test("nesting up to the limit is read and beyond it refused, however deep", arguments: ["F", "A"] as [Character])
    func nesting(letter: Character) throws {
        let limit = FieldTable.nestingLimit
        _ = try FieldTable(guarded: nested(limit - 1, letter: letter))
        for levels in [limit, limit + 1, 10_000] {
            let table = nested(levels, letter: letter)
            #expect(throws: WireError.malformed) { try FieldTable(guarded: table) }
            let header = [0, 60] + [UInt8](repeating: 0, count: 10) + [0x20, 0] + table
            #expect(throws: WireError.malformed) { try ContentHeader(guarded: header) }
            let guarded = GuardedBytes(header)
            #expect(throws: WireError.malformed) { try ContentHeaderScan(payload: guarded.bytes) }
            withExtendedLifetime(guarded) {}
        }
    }

    @Test("a length that promises more than there is is refused without reserving it")
    func hostileLengths() {
        for table in [
            "ffffffff", "7fffffff00", "00000007016b53ffffffff", "00000007016b78ffffffff", "00000007016b46ffffffff",
            "00000007016b41ffffffff", "00000007016b4100000001", "00000002ff6b", "00000001ff",
        ] {
            #expect(throws: WireError.truncated) { try FieldTable(guarded: bytes(hex: table)) }
        }
    }

    @Test("any table survives being written and read")
    func roundTrip() throws {
        var generator = RandomBytes(seed: RandomBytes.seed())
        for _ in 0..<500 {
            let table = generator.table()
            #expect(try FieldTable(guarded: encoded(table)) == table, "WARREN_FUZZ_SEED=\(generator.seed)")
        }
    }
}
