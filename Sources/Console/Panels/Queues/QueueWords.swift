import Management
import Terminal

/// What a row means, in plain words.
struct QueueWords: Hashable {
    var text: String
    /// What else there is to say, where there is room.
    var more: String?
    var role: ThemeRole

    init(_ row: QueueRow) {
        guard let worst = row.findings.first else {
            text = "\(row.id.name): \(Self.calm(row))"
            role = .dim
            return
        }
        let sentence = worst.sentence
        text = "\(row.id.name): \(sentence.prefix(1).lowercased())\(sentence.dropFirst())"
        more = row.findings.dropFirst().first?.sentence
        role =
            switch worst.severity {
            case .notice: .text
            case .warning: .warning
            case .critical: .critical
            }
    }

    /// The words in at most so many lines; what else there is to say only where all of it fits.
    func lines(width: Int, limit: Int) -> [String] {
        if let more {
            let all = TextWidth.wrap(text + " " + more, width, limit: limit + 1)
            if all.count <= limit { return all }
        }
        let lines = TextWidth.wrap(text, width, limit: limit + 1)
        guard lines.count > limit, limit > 0 else { return lines }
        return lines.prefix(limit - 1) + [TextWidth.cutEnd(lines[limit - 1] + " …", width)]
    }

    /// What there is to say where nothing is wrong.
    private static func calm(_ row: QueueRow) -> String {
        let queue = row.queue
        guard let ready = queue.messagesReady, let unacked = queue.messagesUnacknowledged else {
            return "the broker has given no figures for it yet."
        }
        let consumers =
            switch queue.consumers {
            case nil: "an unknown number of consumers"
            case 0: "no consumer"
            case 1: "1 consumer"
            case let count?: "\(Figures.exact(count)) consumers"
            }
        if ready == 0, unacked == 0 {
            if queue.consumers == 0 { return "empty, no consumer." }
            return queue.consumers == 1
                ? "empty; 1 consumer waits for messages." : "empty; \(consumers) wait for messages."
        }
        if unacked == 0 { return "\(Figures.exact(ready)) ready, nothing unacknowledged, \(consumers)." }
        return
            "\(Figures.exact(ready)) ready, \(Figures.exact(unacked)) delivered and not yet acknowledged, \(consumers)."
    }
}
