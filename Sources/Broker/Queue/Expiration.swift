internal import AMQP

/// The `expiration` property: milliseconds to live, as text (RabbitMQ, "Time-To-Live and Expiration").
enum Expiration {
    /// The longest that RabbitMQ takes: 100 years of 365 days, in milliseconds.
    static let longest: Int64 = 100 * 365 * 24 * 60 * 60 * 1000

    /// Reads the property with RabbitMQ's refusals; nil without the property.
    static func milliseconds(_ text: UnsafeRawBufferPointer?) throws(ProtocolException) -> UInt64? {
        guard let text else { return nil }
        let expiration = String(decoding: text, as: UTF8.self)
        func invalid(_ why: String) -> ProtocolException {
            ProtocolException(.preconditionFailed, "invalid expiration '\(expiration)': \(why)")
        }
        var digits = Substring(expiration)
        let sign = digits.first == "-" || digits.first == "+" ? String(digits.removeFirst()) : ""
        let number = digits.prefix { $0.isASCII && $0.isNumber }
        guard !number.isEmpty else { throw invalid("no_integer") }
        let rest = digits.dropFirst(number.count)
        guard rest.isEmpty else { throw invalid("{leftover_string,\"\(rest)\"}") }
        let value = Int64(sign + number)
        if sign == "-", value != 0 { throw invalid("{value_negative,\(sign)\(number)}") }
        guard let value, value <= longest else { throw invalid("{value_too_large,\(number)}") }
        return UInt64(value)
    }
}
