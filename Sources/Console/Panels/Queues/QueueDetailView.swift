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
        let end = body.upperBound - words
        drawWords(row, state, row: end, count: words, &canvas)
        let rows = chartHeight(body)
        if rows > 0 {
            QueueCharts.draw(
                id, of: state, in: Rect(column: 1, row: top, columns: canvas.size.columns - 2, rows: rows), &canvas)
            top += rows
        }
        if end > top { drawPanes(state, rows: top..<end, &canvas) }
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
        var kind = [queue.mirrors?.isEmpty == false ? "mirrored classic (deprecated)" : queue.type ?? "type –"]
        if queue.durable == true { kind.append("durable") }
        if queue.durable == false { kind.append("transient") }
        if queue.autoDelete == true { kind.append("auto-delete") }
        if queue.exclusive == true { kind.append("exclusive") }
        var traits = [kind.joined(separator: ", ")]
        if let node = queue.leader ?? queue.node { traits.append("on \(node)") }
        if let members = queue.members, members.count > 1 {
            traits.append("members \(queue.online?.count ?? 0)/\(members.count)")
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

    // MARK: Panes

    /// From this width on all parts stand side by side.
    private static let wideScreen = 150

    /// The parts of the width, in percent: members with all their indices are the widest.
    private static let wideShares = [30, 20, 34, 16]

    /// How many lines of a part are on the screen.
    static func paneRows(_ state: ConsoleState) -> Int {
        let body = ChromeLayout(state.size).body
        let words = body.count >= 12 ? wordRows : 1
        return max(1, body.count - 2 - words - chartHeight(body) - 1)
    }

    /// How many rows the charts take.
    private static func chartHeight(_ body: Range<Int>) -> Int {
        guard body.count >= 14 else { return 0 }
        return min(body.count >= 24 ? body.count / 2 : chartRows, 16)
    }

    private static func drawPanes(_ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas) {
        let width = canvas.size.columns - 2
        guard canvas.size.columns >= wideScreen else {
            var pen = 1
            for pane in QueuePane.allCases {
                let isOpen = pane == state.queues.pane
                let title = isOpen ? "[\(pane.title(state))]" : " \(pane.title(state)) "
                pen += canvas.put(title, isOpen ? .header : .dim, column: pen, row: rows.lowerBound) + 1
            }
            let key = "\(state.keyName(of: .nextPane)) turns"
            if !state.isSnapshot, pen + TextWidth.of(key) < width {
                canvas.put(key, .dim, endingAt: canvas.size.columns - 1, row: rows.lowerBound)
            }
            drawLines(state.queues.pane, state, in: area(1, rows, width), &canvas)
            return
        }
        var pen = 1
        for (pane, share) in zip(QueuePane.allCases, wideShares) {
            let columns = width * share / 100
            let isOpen = pane == state.queues.pane
            canvas.put(pane.title(state), isOpen ? .title : .header, column: pen, row: rows.lowerBound)
            drawLines(pane, state, in: area(pen, rows, columns - 2), &canvas)
            pen += columns
        }
    }

    private static func area(_ column: Int, _ rows: Range<Int>, _ width: Int) -> Rect {
        Rect(column: column, row: rows.lowerBound + 1, columns: width, rows: rows.count - 1)
    }

    private static func drawLines(
        _ pane: QueuePane, _ state: ConsoleState, in area: Rect, _ canvas: inout Canvas
    ) {
        let lines = QueuePane.lines(pane, state)
        let isOpen = pane == state.queues.pane
        let cursor = state.queues.detail
        let top = isOpen ? cursor.top(height: area.rows, count: lines.count) : 0
        for (place, line) in lines.dropFirst(top).prefix(area.rows).enumerated() {
            let row = Rect(column: area.column, row: area.row + place, columns: area.columns, rows: 1)
            let hidden = lines.count - top - area.rows
            if place == area.rows - 1, hidden > 0, !(isOpen && cursor.line == top + place) {
                canvas.put("… and \(hidden + 1) more", .dim, column: area.column + 2, row: row.row)
                continue
            }
            let isSelected = isOpen && !state.isSnapshot && top + place == cursor.line
            ObjectDetailView.draw(line, isOld: state.showsOldFigures, isSelected: isSelected, in: row, &canvas)
        }
    }
}
