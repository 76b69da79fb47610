import Management

/// What a row means, in plain words.
struct QueueWords: Hashable {
    var text: String
    var role: ThemeRole

    init(_ row: QueueRow) {
        guard let worst = row.findings.first else {
            text = "\(row.id.name): \(Self.calm(row))"
            role = .dim
            return
        }
        text = "\(row.id.name): \(row.findings.prefix(2).map(\.sentence).joined(separator: " "))"
        role =
            switch worst.severity {
            case .notice: .text
            case .warning: .warning
            case .critical: .critical
            }
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
            return queue.consumers == 0 ? "empty, no consumer." : "empty; \(consumers) wait for messages."
        }
        if unacked == 0 { return "\(Figures.exact(ready)) ready, nothing unacknowledged, \(consumers)." }
        return
            "\(Figures.exact(ready)) ready, \(Figures.exact(unacked)) delivered and not yet acknowledged, \(consumers)."
    }
}
