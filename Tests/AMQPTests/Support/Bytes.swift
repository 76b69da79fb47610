import AMQP

/// The bytes that `fill` writes.
func written(_ fill: (inout WireWriter) -> Void) -> [UInt8] {
    var writer = WireWriter(capacity: 1)
    fill(&writer)
    return Array(writer.bytes)
}

/// The payload of a method's frame.
func payload(of method: Method) -> [UInt8] { written { method.encode(into: &$0) } }

/// The payload of a content header's frame.
func payload(of header: ContentHeader) -> [UInt8] { written { header.encode(into: &$0) } }

/// Bytes from pairs of hexadecimal digits; anything else is left out, so that a wrong constant fails its test.
func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

extension Method {
    /// Reads a payload that ends where no more may be read.
    init(guarded payload: [UInt8]) throws(MethodError) {
        let guarded = GuardedBytes(payload)
        defer { withExtendedLifetime(guarded) {} }
        self = try Method.decode(guarded.bytes)
    }
}

extension ContentHeader {
    /// Reads a payload that ends where no more may be read.
    init(guarded payload: [UInt8]) throws(WireError) {
        let guarded = GuardedBytes(payload)
        defer { withExtendedLifetime(guarded) {} }
        try self.init(decoding: guarded.bytes)
    }
}

extension FieldTable {
    /// Reads a table with its length, from bytes that end where no more may be read.
    init(guarded table: [UInt8]) throws(WireError) {
        let guarded = GuardedBytes(table)
        defer { withExtendedLifetime(guarded) {} }
        var reader = WireReader(guarded.bytes)
        self = try reader.readTable()
        guard reader.remaining == 0 else { throw .malformed }
    }
}
