import Management
import Monitor

/// One queue as the table shows it: derived once when an answer arrives, not once per frame.
struct QueueRow: Hashable, Sendable {
    /// What it is selected by.
    var id: QueueID { queue.id }
    /// What the broker says.
    var queue: QueueInfo
    /// How many deliveries its consumers may hold together; `nil` where they are not known.
    var unackedLimit: UnackedLimit?
    /// What deserves attention, the worst first.
    var findings: [QueueFinding]

    init(_ queue: QueueInfo, seen points: Ring<QueuePoint>, consumers: [ConsumerInfo]? = nil) {
        self.queue = queue
        if let consumers { self.queue.consumerDetails = consumers }
        unackedLimit = UnackedLimit(self.queue.consumerDetails)
        findings = QueueFinding.all(of: self.queue, limit: unackedLimit, seen: points)
    }

    /// Whether something is wrong with it.
    var isProblem: Bool { findings.contains { $0.severity > .notice } }

    /// Whether deliveries are held and nothing is acknowledged.
    var isStalled: Bool { findings.contains { if case .stalled = $0 { true } else { false } } }

    /// Its type in one letter; a mirrored queue is a classic one with mirrors.
    var typeLetter: String {
        switch queue.type {
        case "classic": queue.mirrors?.isEmpty == false ? "M" : "C"
        case "quorum": "Q"
        case "stream": "S"
        case nil: Figures.notProvided
        default: "?"
        }
    }

    /// Its state in four letters.
    var stateWord: String {
        switch queue.state {
        case nil: Figures.notProvided
        case "running": "run"
        case "stopped": "stop"
        case "minority": "minr"
        case "crashed": "crsh"
        case "terminated": "term"
        case let state?: String(state.prefix(4))
        }
    }

    /// Whether a queue in this state takes and gives messages.
    static func worksInState(_ state: String) -> Bool {
        ["running", "idle", "flow", "syncing", "live"].contains(state)
    }

    /// The rate of a counter. RabbitMQ leaves out the counters of what never happened: absent beside others is 0,
    /// and only where there are no statistics at all, or no rates, it is not provided.
    func rate(_ counter: KeyPath<MessageStats, Measured?>) -> Double? {
        guard let stats = queue.messageStats else { return nil }
        guard let measured = stats[keyPath: counter] else { return stats.hasRates ? 0 : nil }
        return measured.rate
    }

    /// Unacknowledged deliveries against what the consumers may hold: "50/50", "12/∞", or "3" where the limit is
    /// not known.
    var unackedText: String {
        let count = Figures.count(queue.messagesUnacknowledged)
        switch unackedLimit {
        case nil: return count
        case .unlimited: return queue.messagesUnacknowledged == 0 ? count : count + "/∞"
        case .messages(let limit): return limit == 0 ? count : count + "/" + Figures.count(limit)
        }
    }
}

/// How many deliveries the consumers of a queue may hold unacknowledged: the sum of their prefetches.
enum UnackedLimit: Hashable, Sendable {
    /// At least one of those that acknowledge has no limit (prefetch 0).
    case unlimited
    /// Together this many.
    case messages(Int)

    /// The limit of these consumers; `nil` where they are not known or there are none.
    init?(_ consumers: [ConsumerInfo]?) {
        guard let consumers, !consumers.isEmpty else { return nil }
        var sum = 0
        for consumer in consumers where consumer.ackRequired != false {
            guard let prefetch = consumer.prefetchCount else { return nil }
            if prefetch == 0 {
                self = .unlimited
                return
            }
            sum = sum.addingReportingOverflow(prefetch).partialValue
        }
        self = .messages(sum)
    }
}

extension MessageStats {
    /// Whether any counter comes with a rate.
    fileprivate var hasRates: Bool {
        [publish, deliver, deliverNoAck, get, getNoAck, deliverGet, ack, redeliver]
            .contains { $0?.rate != nil }
    }
}
