import Management
import Monitor
import Terminal

/// A part of a queue's detail.
enum QueuePane: String, CaseIterable, Sendable {
    case consumers, bindings, members, arguments

    /// Its head, with how much it holds.
    func title(_ state: ConsoleState) -> String {
        let count: Int? =
            switch self {
            case .consumers: state.targetRow?.queue.consumerDetails?.count
            case .bindings: Self.bindings(state)?.count
            case .members: state.targetRow.map { QueueMembers($0.queue).nodes.count }
            case .arguments: state.targetRow?.queue.arguments.count
            }
        return rawValue.uppercased() + (count.map { " \(Figures.exact($0))" } ?? "")
    }

    /// Where its first line stands that may lead anywhere: below the heads of columns.
    var firstLine: DetailCursor { DetailCursor(line: self == .consumers || self == .members ? 1 : 0) }

    /// Its lines.
    static func lines(_ pane: QueuePane, _ state: ConsoleState) -> [ObjectDetail.Line] {
        switch pane {
        case .consumers:
            guard let consumers = state.targetRow?.queue.consumerDetails else {
                return [.row("not provided yet", .dim, nil)]
            }
            return consumers.isEmpty ? [.row("no consumers", .dim, nil)] : [heads] + consumers.map(line)
        case .bindings:
            if let error = state.monitor.detail.error { return [.row(error.message, .critical, nil)] }
            guard let bindings = bindings(state) else { return [.row("asking …", .dim, nil)] }
            return bindings.map { .row($0.line(to: .source), .text, $0.link(to: .source)) }
        case .members:
            guard let queue = state.targetRow?.queue else { return [.row("not provided yet", .dim, nil)] }
            return QueueMembers(queue, detail(state)).lines
        case .arguments:
            let arguments = state.targetRow?.queue.arguments ?? [:]
            if arguments.isEmpty { return [.row("no arguments", .dim, nil)] }
            return arguments.sorted { $0.key < $1.key }.map { .row("\($0.key)  \($0.value)", .text, nil) }
        }
    }

    private static func bindings(_ state: ConsoleState) -> [BindingInfo]? { detail(state)?.incoming }

    /// What belongs to the open queue, once it has come.
    private static func detail(_ state: ConsoleState) -> Detail? {
        guard let id = state.queues.opened, let detail = state.monitor.detail.value,
            [.queue(id), .quorumQueue(id)].contains(detail.target)
        else { return nil }
        return detail
    }

    /// Who holds deliveries: the tag, the prefetch, how it acknowledges, whose channel it is.
    private static func line(_ consumer: ConsumerInfo) -> ObjectDetail.Line {
        let prefetch = consumer.prefetchCount.map { $0 == 0 ? "∞" : Figures.count($0) } ?? Figures.notProvided
        let acks = consumer.ackRequired.map { $0 ? "yes" : "auto" } ?? Figures.notProvided
        let channel = consumer.channelDetails
        let peer = both(channel?.peerHost, channel?.peerPort).map { "\($0):\($1)" } ?? channel?.connectionName
        let place = [peer, channel?.number.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
        let status = consumer.active == false ? " waiting" : ""
        return .row(
            cells(consumer.consumerTag, prefetch, acks, channel?.user ?? Figures.notProvided, place + status), .text,
            channel?.name.map { ObjectDetail.Link(opens: .object(.channel($0))) })
    }

    private static let heads = ObjectDetail.Line.row(cells("CONSUMER", "PREF", "ACK", "USER", "CHANNEL"), .dim, nil)

    private static func cells(
        _ tag: String, _ prefetch: String, _ acks: String, _ user: String, _ place: String
    ) -> String {
        func left(_ text: String, _ width: Int) -> String {
            TextWidth.padRight(TextWidth.cutMiddle(text, width), width)
        }
        return "\(left(tag, 24)) \(TextWidth.padLeft(prefetch, 5)) \(left(acks, 4)) \(left(user, 10)) \(place)"
    }
}
