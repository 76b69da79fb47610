import Management
import Monitor
import Terminal

/// Draws one object: everything that is known of it, a screen at a time.
enum ObjectDetailView {
    static func draw(_ ref: ObjectRef, _ kind: ObjectKind, _ state: ConsoleState, _ canvas: inout Canvas) {
        let body = ChromeLayout(canvas.size).body
        let width = canvas.size.columns - 2
        let panel = state[kind]
        canvas.put(TextWidth.cutMiddle("\(ref.noun) \(ref.name)", width), .title, column: 1, row: body.lowerBound)
        let isOld = state.showsOldFigures
        guard let detail = ObjectDetail(ref, state.monitor) else {
            var text = state.problem ?? "It is not listed any more; \(state.keyName(of: .back)) goes back."
            if case .tree = ref { text = state.monitor.detail.error?.message ?? "asking for the bindings …" }
            for (line, text) in TextWidth.wrap(text, width, limit: 3).enumerated() {
                canvas.put(text, .dim, column: 1, row: body.lowerBound + 2 + line)
            }
            return
        }
        let charts = ObjectCharts(ref, state)
        let lineTotal = detail.lines.count
        let chartRows = charts == nil ? 0 : chartHeight(ref, canvas.size, lines: lineTotal)
        if let charts, chartRows > 0 {
            charts.draw(
                state, in: Rect(column: 1, row: body.lowerBound + 1, columns: width, rows: chartRows), &canvas)
        }
        let columns = columnCount(ref, canvas.size)
        let room = lineCount(ref, canvas.size, lines: lineTotal, hasCharts: charts != nil)
        let rows = room / columns
        let top = panel.detail.top(height: room, count: detail.lines.count)
        for (place, line) in detail.lines.dropFirst(top).prefix(room).enumerated() {
            let area = Rect(
                column: 1 + place / rows * (width / columns), row: body.lowerBound + 1 + chartRows + place % rows,
                columns: width / columns - (columns > 1 ? 2 : 0), rows: 1)
            let isSelected = !state.isSnapshot && top + place == panel.detail.line
            draw(line, isOld: isOld, isSelected: isSelected, in: area, &canvas)
        }
        let hidden = detail.lines.count - top - room
        if hidden > 0 {
            canvas.put(" \(hidden) more ", .key, endingAt: canvas.size.columns - 1, row: body.lowerBound)
        }
    }

    /// Draws one line in its place.
    static func draw(
        _ line: ObjectDetail.Line, isOld: Bool, isSelected: Bool = false, in area: Rect, _ canvas: inout Canvas
    ) {
        let (column, row, width) = (area.column, area.row, area.columns)
        switch line {
        case .head(let text): canvas.put(TextWidth.cutEnd(text, width), .header, column: column, row: row)
        case .figure(let label, let value, let role):
            canvas.put(TextWidth.cutEnd(label, labelWidth), .dim, column: column, row: row)
            canvas.put(
                TextWidth.cutMiddle(value, max(0, width - labelWidth - 2)), isOld ? .stale : role,
                column: column + labelWidth + 2, row: row)
        case .row(let text, let role, _):
            canvas.put(
                TextWidth.cutMiddle(text, max(0, width - 2)), isOld ? .stale : role, column: column + 2, row: row)
        case .empty: break
        }
        if isSelected, line.link != nil {
            canvas.put(">", .key, column: column, row: row)
            canvas.restyle(area, .selection)
        }
    }

    private static let labelWidth = 22

    /// How many rows the charts of an object take: a third of the screen, or up to a half where the lines leave it.
    private static func chartHeight(_ ref: ObjectRef, _ size: Size, lines: Int) -> Int {
        let body = ChromeLayout(size).body.count
        guard body >= 20 else { return 0 }
        let columns = columnCount(ref, size)
        return max(body / 3, min(body / 2, body - 1 - (lines + columns - 1) / columns))
    }

    /// On a wide screen the lines flow in columns; a tree needs the whole width.
    private static func columnCount(_ ref: ObjectRef, _ size: Size) -> Int {
        if case .tree = ref { return 1 }
        return size.columns >= 180 ? 3 : size.columns >= 110 ? 2 : 1
    }

    /// How many lines a screen shows.
    static func lineCount(_ ref: ObjectRef, _ size: Size, lines: Int, hasCharts: Bool) -> Int {
        let charts = hasCharts ? chartHeight(ref, size, lines: lines) : 0
        let rows = max(1, ChromeLayout(size).body.count - 1 - charts)
        return rows * columnCount(ref, size)
    }
}
