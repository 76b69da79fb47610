import Management
import Monitor
import Terminal

/// Draws one queue: what it is, its charts, its consumers, its arguments.
enum QueueDetailView {
    private static let chartRows = 8
    private static let wordRows = 2

    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        let body = ChromeLayout(canvas.size).body
        guard let id = state.queues.opened else { return }
        guard let row = state.targetRow else {
            drawTitle(id, nil, row: body.lowerBound, &canvas)
            let text = state.problem ?? "Asking for this queue …"
            for (line, text) in TextWidth.wrap(text, canvas.size.columns - 2, limit: 4).enumerated() {
                canvas.put(text, state.problem == nil ? .dim : .critical, column: 1, row: body.lowerBound + 2 + line)
            }
            return
        }
        var top = body.lowerBound
        drawTitle(id, row.queue, row: top, &canvas)
        top += 1
        drawFigures(row, state, row: top, &canvas)
        top += 1
        let words = body.count >= 12 ? wordRows : 1
        var end = body.upperBound - words
        drawWords(row, state, row: end, count: words, &canvas)
        if body.count >= 14 {
            let rows = min(body.count >= 24 ? body.count / 2 : chartRows, 16)
            QueueCharts.draw(
                id, of: state, in: Rect(column: 1, row: top, columns: canvas.size.columns - 2, rows: rows), &canvas)
            top += rows
        }
        let arguments = argumentLines(row.queue, width: canvas.size.columns - 2)
        if end - top - arguments.count >= 3 {
            for (line, text) in arguments.enumerated() {
                canvas.put(text, .dim, column: 1, row: end - arguments.count + line)
            }
            end -= arguments.count
        }
        if end > top { drawConsumers(row.queue, state, rows: top..<end, &canvas) }
    }

    private static func drawTitle(_ id: QueueID, _ queue: QueueInfo?, row: Int, _ canvas: inout Canvas) {
        let width = canvas.size.columns - 2
        let traits = queue.map(traits) ?? []
        let name = TextWidth.cutMiddle(id.name, max(12, width - 30))
        var pen = 1 + canvas.put(name, .title, column: 1, row: row)
        for text in ["vhost \(id.vhost)"] + traits where pen + 2 + TextWidth.of(text) <= width {
            pen += 2 + canvas.put(text, .dim, column: pen + 2, row: row)
        }
    }

    private static func traits(_ queue: QueueInfo) -> [String] {
        var kind = [queue.mirrors?.isEmpty == false ? "mirrored classic" : queue.type ?? "type –"]
        if queue.durable == true { kind.append("durable") }
        if queue.durable == false { kind.append("transient") }
        if queue.autoDelete == true { kind.append("auto-delete") }
        if queue.exclusive == true { kind.append("exclusive") }
        var traits = [kind.joined(separator: ", ")]
        if let node = queue.leader ?? queue.node { traits.append("on \(node)") }
        if let members = queue.members, members.count > 1 {
            traits.append("replicas \(queue.online?.count ?? 0)/\(members.count)")
        }
        if let policy = queue.policy { traits.append("policy \(policy)") }
        return traits
    }

    private static func drawFigures(_ row: QueueRow, _ state: ConsoleState, row line: Int, _ canvas: inout Canvas) {
        let queue = row.queue
        let figures: [(String, String)] = [
            ("state", queue.state ?? Figures.notProvided), ("ready", Figures.count(queue.messagesReady)),
            ("unacked", row.unackedText + (row.isStalled ? "!" : "")),
            ("consumers", Figures.count(queue.consumers)), ("bytes", Figures.bytes(queue.messageBytes)),
            ("memory", Figures.bytes(queue.memory)),
        ]
        var pen = 1
        for (label, value) in figures {
            guard pen + TextWidth.of(label) + 1 + TextWidth.of(value) < canvas.size.columns else { break }
            pen += canvas.put(label, .dim, column: pen, row: line) + 1
            pen += canvas.put(value, state.showsOldFigures ? .stale : .text, column: pen, row: line) + 2
        }
    }

    private static func drawWords(
        _ row: QueueRow, _ state: ConsoleState, row line: Int, count: Int, _ canvas: inout Canvas
    ) {
        let width = canvas.size.columns - 2
        let words = QueueWords(row)
        let problem = state.problem.map { TextWidth.wrap($0, width, limit: count) }
        for (place, text) in (problem ?? words.lines(width: width, limit: count)).enumerated() {
            canvas.put(text, problem == nil ? words.role : .critical, column: 1, row: line + place)
        }
    }

    // MARK: Consumers

    private static func drawConsumers(
        _ queue: QueueInfo, _ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas
    ) {
        guard let consumers = queue.consumerDetails else {
            canvas.put("consumers: not provided yet", .dim, column: 1, row: rows.lowerBound)
            return
        }
        guard !consumers.isEmpty else {
            canvas.put("no consumers", .dim, column: 1, row: rows.lowerBound)
            return
        }
        let width = canvas.size.columns - 2
        // Tag, prefetch, mode, user, then the channel with what is left.
        let tag = max(12, width / 3)
        drawConsumerLine(
            ["CONSUMER", "PREF", "ACK", "USER", "CHANNEL"], tag: tag, .header, row: rows.lowerBound, &canvas)
        let top = min(state.queues.detailTop, consumers.count - 1)
        let shown = consumers.dropFirst(top).prefix(rows.count - 1)
        for (line, consumer) in shown.enumerated() {
            let row = rows.lowerBound + 1 + line
            let hidden = consumers.count - top - shown.count
            if line == shown.count - 1, hidden > 0 {
                canvas.put("… and \(hidden + 1) more, j scrolls", .dim, column: 1, row: row)
            } else {
                let isOld = state.showsOldFigures
                drawConsumerLine(cells(consumer), tag: tag, isOld ? .stale : .text, row: row, &canvas)
            }
        }
    }

    private static func cells(_ consumer: ConsumerInfo) -> [String] {
        let prefetch = consumer.prefetchCount.map { $0 == 0 ? "∞" : Figures.count($0) } ?? Figures.notProvided
        let acks = consumer.ackRequired.map { $0 ? "yes" : "auto" } ?? Figures.notProvided
        let channel = consumer.channelDetails
        let peer = both(channel?.peerHost, channel?.peerPort).map { "\($0):\($1)" } ?? channel?.connectionName
        let place = [peer, channel?.number.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
        let status = consumer.active == false ? " waiting" : ""
        return [
            consumer.consumerTag, prefetch, acks, channel?.user ?? Figures.notProvided,
            place.isEmpty ? Figures.notProvided : place + status,
        ]
    }

    private static func drawConsumerLine(
        _ cells: [String], tag: Int, _ role: ThemeRole, row: Int, _ canvas: inout Canvas
    ) {
        let widths = [tag, 5, 4, 10]
        var pen = 1
        for (cell, width) in zip(cells, widths) {
            canvas.put(cell, role, column: pen, row: row, cell: width, alignsRight: width == 5)
            pen += width + 1
        }
        let left = canvas.size.columns - 1 - pen
        if left > 0, let last = cells.last {
            canvas.put(last, role, column: pen, row: row, cell: left, alignsRight: false)
        }
    }

    private static func argumentLines(_ queue: QueueInfo, width: Int) -> [String] {
        let arguments = queue.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        guard !arguments.isEmpty else { return [] }
        return TextWidth.wrap("arguments  " + arguments.joined(separator: "  "), width, limit: 2)
    }
}
