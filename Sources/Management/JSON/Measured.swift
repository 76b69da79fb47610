/// A number a broker counts or gauges, with its change per second: `publish` and `publish_details.rate` in the
/// HTTP API.
///
/// `nil` anywhere means "not provided" and is shown as "–"; 0 is a measurement.
public struct Measured: Hashable, Sendable {
    /// The count, or the gauge's present reading.
    public var value: Int
    /// Change per second by the broker's own reckoning; `nil` where it gives none (RabbitMQ with `rates_mode = none`).
    public var rate: Double?

    /// A measurement.
    public init(_ value: Int, rate: Double? = nil) {
        self.value = value
        self.rate = rate
    }

    /// Two measurements together; what is not provided adds nothing. There is a rate only where both have theirs, for a part
    /// of it would be taken for all; a count of 0 needs none.
    public static func sum(_ one: Measured?, _ other: Measured?) -> Measured? {
        guard let one, let other else { return one ?? other }
        let parts = [one, other].filter { $0.rate != nil || $0.value != 0 }
        let rates = parts.compactMap(\.rate)
        let isWhole = !rates.isEmpty && rates.count == parts.count
        return Measured(one.value + other.value, rate: isWhole ? rates.reduce(0, +) : nil)
    }
}

/// `{"rate": 0.2}`, the part of a `…_details` object that matters here.
private struct RateDetails: Codable {
    var rate: Double?
}

extension KeyedDecodingContainer where Key == FieldName {
    /// The pair `name` and `name_details`.
    func measured(_ name: String) -> Measured? {
        guard let value = count(FieldName(name)) else { return nil }
        let details: RateDetails? = lenient(FieldName(name + "_details"))
        return Measured(value, rate: details?.rate)
    }
}

extension KeyedEncodingContainer where Key == FieldName {
    /// Writes the pair `name` and `name_details`, or nothing for `nil`.
    mutating func encode(_ measured: Measured?, _ name: String) throws {
        guard let measured else { return }
        try encode(measured.value, forKey: FieldName(name))
        if let rate = measured.rate {
            try encode(RateDetails(rate: rate), forKey: FieldName(name + "_details"))
        }
    }
}
