import Management
import Terminal

/// Messages that were read, one after the other, to scroll through.
struct MessagesView: Sendable {
    /// A line of it.
    struct Line: Hashable {
        var text: String
        var role: ThemeRole
    }

    let queue: QueueID
    let messages: [FetchedMessage]
    var top = 0

    init(_ queue: QueueID, _ messages: [FetchedMessage]) {
        self.queue = queue
        self.messages = messages
    }

    /// The lines at a width. Bodies that are not text are shown as hexadecimal octets.
    func lines(width: Int) -> [Line] {
        var lines: [Line] = []
        for (place, message) in messages.enumerated() {
            if place > 0 { lines.append(Line(text: "", role: .text)) }
            let exchange = message.exchange.isEmpty ? "the default exchange" : message.exchange
            let again = message.redelivered ? ", redelivered" : ""
            lines.append(
                Line(
                    text: "\(place + 1) of \(messages.count): from \(exchange), key \(message.routingKey)\(again)",
                    role: .header))
            for (name, value) in message.properties.sorted(by: { $0.key < $1.key }) {
                lines += TextWidth.wrap("\(name)  \(value)", width, limit: 4).map { Line(text: $0, role: .dim) }
            }
            lines += body(message, width: width).map { Line(text: $0, role: .text) }
            if message.payload.count < message.payloadBytes {
                lines.append(
                    Line(
                        text: "… \(Figures.exact(message.payloadBytes)) bytes in all, the rest was not read", role: .dim
                    ))
            }
        }
        return lines
    }

    private static let bodyLines = 200

    private func body(_ message: FetchedMessage, width: Int) -> [String] {
        if message.payload.isEmpty { return ["(empty body)"] }
        guard let text = String(validating: message.payload, as: UTF8.self) else {
            let octets = message.payload.prefix(Self.bodyLines * 8).map { octet in
                let digits = Array("0123456789abcdef")
                return "\(digits[Int(octet >> 4)])\(digits[Int(octet & 15)])"
            }
            return TextWidth.wrap(octets.joined(separator: " "), width, limit: Self.bodyLines)
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(Self.bodyLines)
            .flatMap { TextWidth.wrap($0, width, limit: Self.bodyLines) }
    }

    /// Takes a key; returns whether it stays open. `rows` are shown at once, `width` is theirs.
    mutating func press(_ key: Key, rows: Int, width: Int) -> Bool {
        let last = max(0, lines(width: width).count - rows)
        switch key {
        case .up, "k": top -= 1
        case .down, "j": top += 1
        case .pageUp: top -= rows
        case .pageDown, " ": top += rows
        case .home, "g": top = 0
        case .end, "G": top = last
        case .escape, .enter, "q", .control("c"): return false
        default: break
        }
        top = max(0, min(top, last))
        return true
    }
}
