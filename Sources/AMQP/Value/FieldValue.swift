/// A value in a field table, with RabbitMQ's reading of the type letters (RabbitMQ, "AMQP 0-9-1 Errata" §3).
public enum FieldValue: Hashable, Sendable {
    /// `t`.
    case boolean(Bool)
    /// `b`.
    case int8(Int8)
    /// `B`.
    case uint8(UInt8)
    /// `s`, in RabbitMQ a 16-bit integer.
    case int16(Int16)
    /// `u`.
    case uint16(UInt16)
    /// `I`.
    case int32(Int32)
    /// `i`.
    case uint32(UInt32)
    /// `l`, and `L` as RabbitMQ reads it.
    case int64(Int64)
    /// `f`.
    case float(Float)
    /// `d`.
    case double(Double)
    /// `D`: a scale and an unscaled value.
    case decimal(scale: UInt8, UInt32)
    /// `S`: bytes, most often text.
    case bytes([UInt8])
    /// `A`.
    case array([FieldValue])
    /// `T`: seconds since 1970.
    case timestamp(UInt64)
    /// `F`.
    case table(FieldTable)
    /// `x`: bytes that are not text.
    case binary([UInt8])
    /// `V`: nothing.
    case void

    /// Whether two values are the same one, of the same type. What is no number is one all the same: a value must equal
    /// itself, or what it is an argument of could never be found again.
    public static func == (left: FieldValue, right: FieldValue) -> Bool {
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): left == right
        case (.int8(let left), .int8(let right)): left == right
        case (.uint8(let left), .uint8(let right)): left == right
        case (.int16(let left), .int16(let right)): left == right
        case (.uint16(let left), .uint16(let right)): left == right
        case (.int32(let left), .int32(let right)): left == right
        case (.uint32(let left), .uint32(let right)): left == right
        case (.int64(let left), .int64(let right)): left == right
        case (.float(let left), .float(let right)): left.bitPattern == right.bitPattern || left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern || left == right
        case (.decimal(let scale, let left), .decimal(let other, let right)): scale == other && left == right
        case (.bytes(let left), .bytes(let right)), (.binary(let left), .binary(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left == right
        case (.table(let left), .table(let right)): left == right
        case (.void, .void): true
        default: false
        }
    }

    /// Text as `S` carries it.
    public static func string(_ text: String) -> FieldValue { .bytes(Array(text.utf8)) }

    /// The text, where it is text.
    public var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The number, where it is a whole one.
    public var integer: Int64? {
        switch self {
        case .int8(let value): Int64(value)
        case .uint8(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }
}
