import Management
import Monitor

/// A column of the queue table.
enum QueueColumn: CaseIterable, Sendable {
    case name, type, state, ready, unacked, incoming, delivered, acked, consumers, spark
    case features, total, bytes, memory, node, policy, utilisation

    /// The head of the column.
    var title: String {
        switch self {
        case .name: "NAME"
        case .type: "T"
        case .state: "ST"
        case .ready: "READY"
        case .unacked: "UNACK"
        case .incoming: "IN/s"
        case .delivered: "DLV/s"
        case .acked: "ACK/s"
        case .consumers: "CONS"
        case .spark: "60s"
        case .features: "FEAT"
        case .total: "TOTAL"
        case .bytes: "BYTES"
        case .memory: "MEM"
        case .node: "NODE"
        case .policy: "POLICY"
        case .utilisation: "UTIL"
        }
    }

    /// What the column means, for the help.
    var meaning: String {
        switch self {
        case .name: "the queue's name, with its vhost before it where several are listed"
        case .type: "C classic, M mirrored classic, Q quorum, S stream"
        case .state: "what the broker says: run, idle, flow, down, minr (minority) …"
        case .ready: "messages waiting for a consumer"
        case .unacked: "deliveries not acknowledged / what the consumers' prefetch allows; ! at the limit"
        case .incoming: "messages published into it per second"
        case .delivered: "messages handed out per second"
        case .acked: "acknowledgements per second"
        case .consumers: "consumers attached; ! where messages wait and there is none"
        case .spark: "messages ready over the last 60 seconds"
        case .features: "D durable, A auto-delete, X exclusive, + other arguments"
        case .total: "ready and unacknowledged together"
        case .bytes: "size of the message bodies"
        case .memory: "memory of the queue's process"
        case .node: "the node it lives on, or its leader's"
        case .policy: "the policy that applies"
        case .utilisation: "how much of the time it could deliver at once"
        }
    }

    /// Its width on a screen of some width; the name takes what is left.
    func width(on screen: Int) -> Int {
        switch self {
        case .name: 12
        case .type: 1
        case .state: 4
        case .unacked: 8
        case .ready, .total, .incoming, .delivered, .acked, .bytes, .memory: 6
        case .consumers: 5
        case .spark: screen < 100 ? 7 : screen < 140 ? 12 : 24
        case .features: 4
        case .node: 16
        case .policy: 12
        case .utilisation: 5
        }
    }

    /// Whether figures stand at the right of it.
    var alignsRight: Bool {
        switch self {
        case .name, .type, .state, .spark, .features, .node, .policy: false
        default: true
        }
    }

    /// What the table is sorted by with it.
    var sort: QueueSortField? {
        switch self {
        case .name: .name
        case .type: .type
        case .state: .state
        case .ready: .messagesReady
        case .unacked: .messagesUnacknowledged
        case .incoming: .publishRate
        case .delivered: .deliverRate
        case .acked: .ackRate
        case .consumers: .consumers
        case .total: .messages
        case .memory: .memory
        case .node: .node
        case .spark, .features, .bytes, .policy, .utilisation: nil
        }
    }

    /// What it says of a queue, and how that looks. The name and the sparkline are drawn by the table.
    func cell(_ row: QueueRow) -> (text: String, role: ThemeRole) {
        let queue = row.queue
        switch self {
        case .name: return (queue.name, .text)
        case .type: return (row.typeLetter, .dim)
        case .state: return (row.stateWord, queue.state.map { QueueRow.worksInState($0) } == false ? .critical : .text)
        case .ready: return figure(Figures.count(queue.messagesReady), isZero: queue.messagesReady == 0)
        case .unacked:
            let text = row.unackedText
            guard row.isStalled else { return figure(text, isZero: queue.messagesUnacknowledged == 0) }
            return (text + "!", .warning)
        case .incoming: return rate(row.rate(\.publish))
        case .delivered: return rate(row.rate(\.deliverGet))
        case .acked: return rate(row.rate(\.ack))
        case .consumers:
            let text = Figures.count(queue.consumers)
            let isMissing = row.findings.contains { if case .noConsumer = $0 { true } else { false } }
            return isMissing ? (text + "!", .warning) : figure(text, isZero: queue.consumers == 0)
        case .spark: return ("", .depth)
        case .features: return (features(queue), .dim)
        case .total: return figure(Figures.count(queue.messages), isZero: queue.messages == 0)
        case .bytes: return figure(Figures.bytes(queue.messageBytes), isZero: queue.messageBytes == 0)
        case .memory: return figure(Figures.bytes(queue.memory), isZero: false)
        case .node: return (queue.leader ?? queue.node ?? Figures.notProvided, .dim)
        case .policy: return (queue.policy ?? Figures.notProvided, .dim)
        case .utilisation:
            let text = queue.consumerUtilisation.map { "\(Int((min(max($0, 0), 1) * 100).rounded()))%" }
            return figure(text ?? Figures.notProvided, isZero: false)
        }
    }

    private func rate(_ value: Double?) -> (String, ThemeRole) { figure(Figures.rate(value), isZero: value == 0) }

    private func figure(_ text: String, isZero: Bool) -> (String, ThemeRole) {
        (text, isZero || text == Figures.notProvided ? .dim : .text)
    }

    private func features(_ queue: QueueInfo) -> String {
        let hasArguments = queue.arguments.keys.contains { $0 != "x-queue-type" }
        let letters = [
            queue.durable == true ? "D" : "", queue.autoDelete == true ? "A" : "",
            queue.exclusive == true ? "X" : "", hasArguments ? "+" : "",
        ].joined()
        return letters.isEmpty ? Figures.notProvided : letters
    }
}
