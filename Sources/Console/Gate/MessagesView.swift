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

    /// What is shown of one body: more is for a client.
    private static let shownBytes = 8_192
    private static let bodyLines = 200

    private func body(_ message: FetchedMessage, width: Int) -> [String] {
        if message.payload.isEmpty { return ["(empty body)"] }
        var shown = Array(message.payload.prefix(Self.shownBytes))
        // A character must not be cut in two.
        if shown.count < message.payloadBytes {
            while let last = shown.last, last & 0xC0 == 0x80 { shown.removeLast() }
            if let last = shown.last, last >= 0xC0 { shown.removeLast() }
        }
        var lines: [String]
        if let text = String(validating: shown, as: UTF8.self) {
            lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
                .flatMap { Self.hardWrap($0, width) }
        } else {
            let digits = Array("0123456789abcdef")
            let octets = message.payload.prefix(Self.shownBytes / 4)
                .map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
            lines = TextWidth.wrap(octets.joined(separator: " "), width, limit: Self.bodyLines)
            shown = Array(message.payload.prefix(Self.shownBytes / 4))
        }
        let isCut = lines.count > Self.bodyLines || shown.count < message.payload.count
        if lines.count > Self.bodyLines { lines.removeLast(lines.count - Self.bodyLines) }
        if isCut { lines.append("… more than is shown here") }
        return lines
    }

    /// Lines no wider than this, blanks and all: what was sent is shown as it was sent.
    private static func hardWrap(_ line: Substring, _ width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        var columns = 0
        for character in line {
            let wide = TextWidth.of(String(character))
            if columns + wide > width, !current.isEmpty {
                lines.append(current)
                current = ""
                columns = 0
            }
            current.append(character)
            columns += wide
        }
        return lines + [current]
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
