extension JSONValue {
    /// The value as Erlang writes it, for RabbitMQ's words about what it refuses: `<<"text">>`, `[1,2]`.
    public var erlangTerm: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return String(value)
        case .integer(let value): return String(value)
        case .number(let value): return String(value)
        case .string(let text):
            let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            guard isPrintable else { return "<<" + text.utf8.map { "\($0)" }.joined(separator: ",") + ">>" }
            let escaped = text.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : "\($1)" }
            return text.isEmpty ? "<<>>" : "<<\"\(escaped)\">>"
        case .array(let values): return "[" + values.map(\.erlangTerm).joined(separator: ",") + "]"
        case .object(let fields):
            let pairs = fields.sorted { $0.key < $1.key }.map {
                "\(JSONValue.string($0.key).erlangTerm) => \($0.value.erlangTerm)"
            }
            return "#{" + pairs.joined(separator: ",") + "}"
        }
    }
}
