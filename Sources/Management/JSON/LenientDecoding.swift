/// Reading replies of brokers that differ by version.
///
/// Between RabbitMQ 3.10 and 4.x and in LavinMQ a field may be missing, `null`, `""` (an Erlang process that could
/// not be asked gives `"memory": ""`), `[]` (an empty Erlang list where an object is meant) or a text such as
/// `"disk_free_monitoring_disabled"` where a number is meant. All of these say "not provided", which is `nil`,
/// and none may cost the rest of the reply. What identifies an object (its name, its vhost) is never read this way.
extension KeyedDecodingContainer {
    /// The value under `key`, or `nil` where it is absent or of another type.
    func lenient<Value: Decodable>(_ key: Key) -> Value? {
        guard contains(key) else { return nil }
        return try? decode(Value.self, forKey: key)
    }

    /// The whole number under `key`; a float without a fraction counts (some versions give `1.0`).
    func count(_ key: Key) -> Int? {
        guard contains(key) else { return nil }
        if let value = try? decode(Int.self, forKey: key) { return value }
        return (try? decode(Double.self, forKey: key)).flatMap { Int(exactly: $0) }
    }

    /// The text under `key`; an empty one counts as not provided.
    func text(_ key: Key) -> String? {
        let text: String? = lenient(key)
        return text?.isEmpty == true ? nil : text
    }

    /// The arguments under `key`; none where the broker gives `[]`, `null` or nothing.
    func table(_ key: Key) -> [String: JSONValue] {
        lenient(key) ?? [:]
    }
}

/// A field name known only at run time, for objects whose keys come in pairs (`publish`, `publish_details`).
struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
