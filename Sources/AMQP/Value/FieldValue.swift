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
