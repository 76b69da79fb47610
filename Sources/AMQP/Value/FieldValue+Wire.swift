extension FieldValue {
    init(_ reader: inout WireReader, depth: Int) throws(WireError) {
        switch try reader.readUInt8() {
        case UInt8(ascii: "t"): self = .boolean(try reader.readUInt8() != 0)
        case UInt8(ascii: "b"): self = .int8(Int8(bitPattern: try reader.readUInt8()))
        case UInt8(ascii: "B"): self = .uint8(try reader.readUInt8())
        case UInt8(ascii: "s"): self = .int16(Int16(bitPattern: try reader.readUInt16()))
        case UInt8(ascii: "u"): self = .uint16(try reader.readUInt16())
        case UInt8(ascii: "I"): self = .int32(Int32(bitPattern: try reader.readUInt32()))
        case UInt8(ascii: "i"): self = .uint32(try reader.readUInt32())
        case UInt8(ascii: "l"), UInt8(ascii: "L"): self = .int64(Int64(bitPattern: try reader.readUInt64()))
        case UInt8(ascii: "f"): self = .float(Float(bitPattern: try reader.readUInt32()))
        case UInt8(ascii: "d"): self = .double(Double(bitPattern: try reader.readUInt64()))
        case UInt8(ascii: "D"): self = .decimal(scale: try reader.readUInt8(), try reader.readUInt32())
        case UInt8(ascii: "S"): self = .bytes(try reader.readLongByteArray())
        case UInt8(ascii: "x"): self = .binary(try reader.readLongByteArray())
        case UInt8(ascii: "T"): self = .timestamp(try reader.readUInt64())
        case UInt8(ascii: "V"): self = .void
        case UInt8(ascii: "F"):
            var inner = WireReader(try reader.readLongBytes())
            self = .table(try FieldTable(&inner, depth: depth + 1))
        case UInt8(ascii: "A"):
            guard depth + 1 < FieldTable.nestingLimit else { throw .malformed }
            var inner = WireReader(try reader.readLongBytes())
            var values: [FieldValue] = []
            while inner.remaining > 0 { values.append(try FieldValue(&inner, depth: depth + 1)) }
            self = .array(values)
        default:
            throw .malformed
        }
    }

    func encode(into writer: inout WireWriter) {
        func letter(_ letter: Unicode.Scalar) { writer.write(UInt8(ascii: letter)) }
        switch self {
        case .boolean(let value):
            letter("t")
            writer.write(UInt8(value ? 1 : 0))
        case .int8(let value):
            letter("b")
            writer.write(UInt8(bitPattern: value))
        case .uint8(let value):
            letter("B")
            writer.write(value)
        case .int16(let value):
            letter("s")
            writer.write(UInt16(bitPattern: value))
        case .uint16(let value):
            letter("u")
            writer.write(value)
        case .int32(let value):
            letter("I")
            writer.write(UInt32(bitPattern: value))
        case .uint32(let value):
            letter("i")
            writer.write(value)
        case .int64(let value):
            letter("l")
            writer.write(UInt64(bitPattern: value))
        case .float(let value):
            letter("f")
            writer.write(value.bitPattern)
        case .double(let value):
            letter("d")
            writer.write(value.bitPattern)
        case .decimal(let scale, let value):
            letter("D")
            writer.write(scale)
            writer.write(value)
        case .bytes(let bytes):
            letter("S")
            writer.write(long: bytes)
        case .binary(let bytes):
            letter("x")
            writer.write(long: bytes)
        case .timestamp(let seconds):
            letter("T")
            writer.write(seconds)
        case .void:
            letter("V")
        case .table(let table):
            letter("F")
            writer.write(table)
        case .array(let values):
            letter("A")
            writer.writeSized { writer in
                for value in values { value.encode(into: &writer) }
            }
        }
    }
}
