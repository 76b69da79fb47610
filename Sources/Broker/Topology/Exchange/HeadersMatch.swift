internal import AMQP

/// What a binding to a headers exchange asks of a message's headers (AMQP 0-9-1 §3.1.3.4; RabbitMQ, "Headers
/// Exchange").
struct HeadersMatch {
    private let needsAll: Bool
    private let pairs: [FieldTable.Pair]

    /// Reads checked arguments: without `x-match` all must match. Arguments whose names begin with `x-` count only for
    /// `all-with-x` and `any-with-x`, and `x-match` itself never does.
    init(_ arguments: FieldTable) {
        let mode = arguments["x-match"]?.text ?? "all"
        needsAll = mode.hasPrefix("all")
        let countsX = mode.hasSuffix("-with-x")
        pairs = arguments.pairs.filter { pair in
            pair.name != "x-match" && (countsX || !pair.name.hasPrefix("x-"))
        }
    }

    /// Whether a message with these headers goes this way.
    func matches(_ headers: FieldTable) -> Bool {
        func satisfied(_ pair: FieldTable.Pair) -> Bool {
            guard let value = headers[pair.name] else { return false }
            // A value of type void asks for the header's presence only.
            return pair.value == .void || pair.value.isSameHeader(as: value)
        }
        return needsAll ? pairs.allSatisfy(satisfied) : pairs.contains(where: satisfied)
    }

    /// Refuses arguments that RabbitMQ refuses.
    static func check(_ arguments: FieldTable) throws(ProtocolException) {
        guard let mode = arguments["x-match"] else { return }
        guard let text = mode.text else {
            throw ProtocolException(
                .preconditionFailed,
                "Invalid x-match field type \(mode.erlangType) (value \(mode.erlangText)); expected longstr")
        }
        guard ["all", "any", "all-with-x", "any-with-x"].contains(text) else {
            throw ProtocolException(
                .preconditionFailed,
                "Invalid x-match field value \(mode.erlangText); expected all, any, all-with-x, or any-with-x")
        }
    }
}

/// Bindings of a headers exchange: each is asked, oldest first.
final class HeadersIndex {
    private var bindings: [(number: UInt64, match: HeadersMatch)] = []

    func insert(_ number: UInt64, _ match: HeadersMatch) { bindings.append((number, match)) }
    func remove(_ number: UInt64) { bindings.removeAll { $0.number == number } }

    func match(_ headers: FieldTable) -> [UInt64] {
        bindings.compactMap { $0.match.matches(headers) ? $0.number : nil }
    }
}
