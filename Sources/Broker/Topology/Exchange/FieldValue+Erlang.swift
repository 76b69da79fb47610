internal import AMQP

/// Field values as RabbitMQ's error texts show them and as its headers exchange compares them.
extension FieldValue {
    /// RabbitMQ's name for the type (`rabbit_binary_parser`).
    var erlangType: String {
        switch self {
        case .boolean: "bool"
        case .int8: "byte"
        case .uint8: "unsignedbyte"
        case .int16: "short"
        case .uint16: "unsignedshort"
        case .int32: "signedint"
        case .uint32: "unsignedint"
        case .int64: "long"
        case .float: "float"
        case .double: "double"
        case .decimal: "decimal"
        case .bytes: "longstr"
        case .array: "array"
        case .timestamp: "timestamp"
        case .table: "table"
        case .binary: "binary"
        case .void: "void"
        }
    }

    /// The value as an Erlang term (`~p`), for texts.
    var erlangText: String {
        switch self {
        case .bytes(let bytes), .binary(let bytes):
            bytes.isEmpty ? "<<>>" : "<<\"\(String(decoding: bytes, as: UTF8.self))\">>"
        default: plainText
        }
    }

    /// The value without quotes around text.
    var plainText: String {
        switch self {
        case .boolean(let flag): flag ? "true" : "false"
        case .bytes(let bytes), .binary(let bytes): String(decoding: bytes, as: UTF8.self)
        case .float(let value): "\(value)"
        case .double(let value): "\(value)"
        case .decimal(let scale, let value): "{\(scale),\(value)}"
        case .timestamp(let seconds): "\(seconds)"
        case .array(let values): "[" + values.map { "{\($0.erlangType),\($0.erlangText)}" }.joined(separator: ",") + "]"
        case .table(let table):
            "["
                + table.pairs.map { "{<<\"\($0.name)\">>,\($0.value.erlangType),\($0.value.erlangText)}" }
                .joined(separator: ",") + "]"
        case .void: "undefined"
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64: integer.map(String.init) ?? ""
        }
    }

    /// Whether two headers match: the same value, whatever the width of a number (RabbitMQ compares with `==`).
    func isSameHeader(as other: FieldValue) -> Bool {
        switch (self, other) {
        case (.bytes(let left), .binary(let right)), (.binary(let left), .bytes(let right)): left == right
        default:
            if let left = comparable, let right = other.comparable { left == right } else { self == other }
        }
    }

    /// Numbers of all types, exact where they are whole.
    private var comparable: ComparableNumber? {
        switch self {
        case .float(let value): ComparableNumber(Double(value))
        case .double(let value): ComparableNumber(value)
        case .timestamp(let seconds): Int64(exactly: seconds).map(ComparableNumber.whole)
        default: integer.map(ComparableNumber.whole)
        }
    }

    private enum ComparableNumber: Equatable {
        case whole(Int64)
        case fraction(Double)

        init(_ value: Double) {
            self = Int64(exactly: value).map(ComparableNumber.whole) ?? .fraction(value)
        }
    }
}
