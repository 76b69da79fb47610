extension FieldTable {
    /// Reads pairs until the bytes end, as in SASL AMQPLAIN, whose response is a table without its length.
    public init(decodingPairs reader: inout WireReader) throws(WireError) { try self.init(&reader, depth: 0) }

    init(_ reader: inout WireReader, depth: Int) throws(WireError) {
        guard depth < Self.nestingLimit else { throw .malformed }
        self.init()
        while reader.remaining > 0 {
            let name = String(decoding: try reader.readShortBytes(), as: UTF8.self)
            append(name, try FieldValue(&reader, depth: depth))
        }
    }

    func encodePairs(into writer: inout WireWriter) {
        for pair in pairs {
            writer.writeShortString(pair.name)
            pair.value.encode(into: &writer)
        }
    }
}

extension WireReader {
    /// A field table: four length octets, then its pairs.
    public mutating func readTable() throws(WireError) -> FieldTable {
        var inner = WireReader(try readLongBytes())
        return try FieldTable(&inner, depth: 0)
    }

    /// A long string's bytes, copied.
    public mutating func readLongByteArray() throws(WireError) -> [UInt8] { Array(try readLongBytes()) }
}

extension WireWriter {
    /// A field table: four length octets, then its pairs.
    public mutating func write(_ table: FieldTable) { writeSized { table.encodePairs(into: &$0) } }

    /// A long string.
    public mutating func write(long bytes: [UInt8]) { bytes.withUnsafeBytes { writeLongBytes($0) } }

    /// Four length octets, then what `content` writes.
    mutating func writeSized(_ content: (inout WireWriter) -> Void) {
        let offset = count
        write(UInt32(0))
        content(&self)
        overwrite(UInt32(truncatingIfNeeded: count - offset - 4), at: offset)
    }
}
