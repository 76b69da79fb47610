import Management
import Monitor
import Terminal

/// Draws the broker at a glance: totals, rates, nodes, and what needs attention among the loaded queues.
enum OverviewView {
    private static let nodeColumns = (name: 18, state: 8, memory: 20, disk: 9, leaders: 7)

    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        let body = ChromeLayout(canvas.size).body
        var top = body.lowerBound
        drawTotals(state, row: top, &canvas)
        top += 1
        let nodes = state.monitor.nodes.value ?? []
        let attention = Attention(state).items
        let confirms = ConfirmSummary(state.monitor.channels.value)
        let nodeRows = min(nodes.count, max(1, body.count / 4)) + 1
        let attentionRows = attention.isEmpty ? 0 : min(attention.count, max(2, body.count / 5)) + 1
        let chartRows = min(
            body.count - 2 - (confirms == nil ? 0 : 1) - nodeRows - attentionRows - (state.problem == nil ? 0 : 2),
            body.count >= 30 ? body.count / 2 : 30)
        if chartRows >= 5 {
            drawChart(state, rows: top..<top + chartRows, &canvas)
            top += chartRows
        }
        if let confirms, top < body.upperBound {
            canvas.put(
                TextWidth.cutEnd(confirms.text, canvas.size.columns - 2), confirms.late > 0 ? .warning : .text,
                column: 1, row: top)
            top += 1
        }
        if top + nodeRows <= body.upperBound {
            drawNodes(nodes, state, rows: top..<top + nodeRows, &canvas)
            top += nodeRows
        }
        if attentionRows > 0, top + attentionRows <= body.upperBound {
            drawAttention(attention, state, rows: top..<top + attentionRows, &canvas)
            top += attentionRows
        }
        drawQueues(state, rows: top..<body.upperBound, &canvas)
        if let problem = state.problem {
            let lines = TextWidth.wrap(problem, canvas.size.columns - 2, limit: 2)
            for (line, text) in lines.enumerated() {
                canvas.put(text, .critical, column: 1, row: body.upperBound - lines.count + line)
            }
        }
    }

    /// On a tall screen the first queues of the list stand below, as far as there is room.
    private static func drawQueues(_ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas) {
        let fewest = 4
        guard rows.count > fewest, !state.queues.rows.isEmpty, state.problem == nil else { return }
        canvas.rule(row: rows.lowerBound)
        let area = Rect(column: 0, row: rows.lowerBound + 1, columns: canvas.size.columns, rows: rows.count - 1)
        QueueListView.drawTable(state, in: area, offset: 0, selected: nil, &canvas)
    }

    private static func drawTotals(_ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        let overview = state.monitor.overview.value
        let objects = overview?.objectTotals
        let ready = overview?.queueTotals.messagesReady
        let figures: [(String, String)] = [
            ("ready", Figures.count(ready?.value) + (ready?.rate.map { " \(Figures.signedRate($0))/s" } ?? "")),
            ("unacked", Figures.count(overview?.queueTotals.messagesUnacknowledged?.value)),
            ("queues", Figures.count(objects?.queues)), ("consumers", Figures.count(objects?.consumers)),
            ("connections", Figures.count(objects?.connections)), ("channels", Figures.count(objects?.channels)),
            ("exchanges", Figures.count(objects?.exchanges)),
        ]
        var pen = 1
        for (label, value) in figures {
            guard pen + TextWidth.of(label) + 1 + TextWidth.of(value) < canvas.size.columns else { break }
            pen += canvas.put(label, .dim, column: pen, row: row) + 1
            pen += canvas.put(value, state.showsOldFigures ? .stale : .text, column: pen, row: row) + 3
        }
    }

    private static func drawChart(_ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas) {
        let points = state.monitor.history.overview
        let stats = state.monitor.overview.value?.messageStats
        let figures: [(String, KeyPath<OverviewPoint, Double?>, Double?, ThemeRole?)] = [
            ("publish", \.publish, stats?.publish?.rate, .publish),
            ("confirm", \.confirm, stats?.confirm?.rate, nil),
            ("deliver", \.deliver, stats?.deliverGet?.rate, .deliver),
            ("ack", \.ack, stats?.ack?.rate, .ack),
            ("redeliver", \.redeliver, stats?.redeliver?.rate, nil),
            ("unroutable", \.unroutable, points.last?.unroutable, nil),
        ]
        let legend = canvas.size.columns >= 60 ? 22 : 0
        let chart = TimeChart(
            title: "messages per second",
            lines: figures.compactMap { name, path, rate, role in
                role.map { role in
                    TimeChart.Line(name: name, role: role, latest: Figures.rate(rate)) { end, count in
                        TimeSeries.buckets(points, time: \.time, value: { $0[keyPath: path] }, end: end, count: count)
                    }
                }
            }, hasLegend: legend == 0)
        let area = Rect(
            column: 1, row: rows.lowerBound, columns: canvas.size.columns - 2 - legend, rows: rows.count)
        chart.draw(state, in: area, &canvas)
        guard legend > 0 else { return }
        for (line, figure) in figures.prefix(rows.count - 1).enumerated() {
            let row = rows.lowerBound + 1 + line
            let isBad = figure.0 == "unroutable" && (figure.2 ?? 0) > 0
            if let role = figure.3 { canvas.put("━", role, column: area.endColumn + 1, row: row) }
            canvas.put(figure.0, .dim, column: area.endColumn + 3, row: row)
            canvas.put(
                Figures.rate(figure.2) + (figure.2 == nil ? "" : "/s") + (isBad ? "!" : ""),
                state.showsOldFigures ? .stale : isBad ? .warning : .text, endingAt: canvas.size.columns - 1, row: row)
        }
    }

    private static func drawNodes(
        _ nodes: [NodeInfo], _ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas
    ) {
        let name = max(nodeColumns.name, min(40, canvas.size.columns - 60))
        drawNodeLine(
            ["NODE", "STATE", "MEMORY", "DISK FREE", "LEADERS", "ALARM"], name, .header, row: rows.lowerBound, &canvas)
        let context = NodeContext(state.monitor)
        for (line, node) in nodes.prefix(rows.count - 1).enumerated() {
            let alarms = NodeRows.alarms(node)
            let condition = context.state(of: node)
            let isBad = condition.map { $0 != .running && $0 != .draining } ?? false || !alarms.isEmpty
            let leaders = context.roles(of: node.name)?.leaders
            let cells = [
                node.name, condition?.rawValue ?? Figures.notProvided, memory(node), Figures.bytes(node.diskFree),
                Figures.count(leaders), alarms.isEmpty ? "-" : "! " + alarms.joined(separator: " "),
            ]
            drawNodeLine(
                cells, name, state.showsOldFigures ? .stale : isBad ? .critical : .text,
                row: rows.lowerBound + 1 + line, &canvas)
        }
    }

    private static func memory(_ node: NodeInfo) -> String {
        guard let (used, limit) = both(node.memUsed, node.memLimit), limit > 0 else {
            return Figures.bytes(node.memUsed)
        }
        let bar = Bar.text(Double(used) / Double(limit), width: 8)
        return "\(bar) \(Figures.bytes(used))/\(Figures.bytes(limit))"
    }

    private static func drawNodeLine(
        _ cells: [String], _ name: Int, _ role: ThemeRole, row: Int, _ canvas: inout Canvas
    ) {
        let widths = [
            name, nodeColumns.state, nodeColumns.memory, nodeColumns.disk, nodeColumns.leaders, 20,
        ]
        var pen = 1
        for (cell, width) in zip(cells, widths) {
            canvas.put(
                cell, role, column: pen, row: row, cell: width,
                alignsRight: width == nodeColumns.disk || width == nodeColumns.leaders)
            pen += width + 1
        }
    }

    private static func drawAttention(
        _ items: [Attention.Item], _ state: ConsoleState, rows lines: Range<Int>, _ canvas: inout Canvas
    ) {
        canvas.put("LOOK HERE", .header, column: 1, row: lines.lowerBound)
        let room = lines.count - 1
        let target = state.isSnapshot ? nil : state.attentionTarget
        let selected = items.firstIndex { $0.opens == target }
        // As long as the selection is not among the hidden ones, the last line says how many there are.
        let top = Table.offset(previous: 0, selected: selected ?? 0, visible: max(1, room - 1), count: items.count)
        for (line, item) in items.dropFirst(top).prefix(room).enumerated() {
            let row = lines.lowerBound + 1 + line
            let hidden = items.count - top - room
            let isLast = line == room - 1 && hidden > 0
            let text = isLast ? "… and \(hidden + 1) more" : "\(item.sign) \(item.text)"
            canvas.put(TextWidth.cutEnd(text, canvas.size.columns - 2), isLast ? .dim : item.role, column: 1, row: row)
            if !isLast, item.opens == target { canvas.put(">", .key, column: 0, row: row) }
        }
    }
}
