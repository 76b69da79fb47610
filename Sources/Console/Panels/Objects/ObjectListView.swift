import Management
import Monitor
import Terminal

/// Draws a list of exchanges, connections, channels or nodes.
enum ObjectListView {
    static func draw(_ kind: ObjectKind, _ state: ConsoleState, _ canvas: inout Canvas) {
        let layout = QueueListLayout(canvas.size)
        let panel = state[kind]
        if let row = layout.scope { drawScope(panel, state, row: row, &canvas) }
        drawTable(panel, layout, state, &canvas)
        if kind == .nodes {
            let first = min(layout.firstRow + panel.rows.count, layout.firstRow + layout.rowCount)
            NodeLinksView.draw(state, rows: first..<layout.firstRow + layout.rowCount, &canvas)
        }
        if panel.rows.isEmpty { drawEmpty(panel, layout, state, &canvas) }
        if let row = layout.words { drawWords(panel, state, row: row, count: layout.wordCount, &canvas) }
        if let preview = layout.preview { drawPreview(panel, state, preview, &canvas) }
    }

    /// What is known of the selected row, in two columns.
    private static func drawPreview(
        _ panel: ObjectsPanel, _ state: ConsoleState, _ rows: Range<Int>, _ canvas: inout Canvas
    ) {
        canvas.rule(row: rows.lowerBound)
        guard let ref = panel.selection, let detail = ObjectDetail(ref, state.monitor) else { return }
        canvas.put(" \(TextWidth.cutMiddle(ref.name, 60)) ", .title, column: 2, row: rows.lowerBound)
        let columns = canvas.size.columns >= 100 ? 2 : 1
        let width = (canvas.size.columns - 2) / columns
        let height = rows.count - 1
        for (place, line) in detail.lines.prefix(height * columns).enumerated() {
            ObjectDetailView.draw(
                line, isOld: state.showsOldFigures,
                in: Rect(
                    column: 1 + place / height * width, row: rows.lowerBound + 1 + place % height, columns: width - 1,
                    rows: 1),
                &canvas)
        }
    }

    private static func drawScope(_ panel: ObjectsPanel, _ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        var pen = 1
        if case .filter(let field) = state.dialog {
            pen += canvas.put("/", .key, column: pen, row: row)
            let width = min(40, canvas.size.columns / 2)
            Fields.draw(field, column: pen, row: row, width: width, isFocused: true, &canvas)
            pen += width + 2
            let text = panel.filterError?.description ?? "\(Figures.exact(panel.rows.count)) match"
            canvas.put(
                TextWidth.cutEnd(text, max(0, canvas.size.columns - pen - 1)),
                panel.filterError == nil ? .dim : .critical, column: pen, row: row)
            return
        }
        guard let scope = panel.kind.scope(state.monitor) else { return }
        let shown = Figures.exact(panel.rows.count)
        var parts: [(String, ThemeRole)] = []
        if panel.rows.count == scope.total {
            parts.append(("\(shown) \(panel.rows.count == 1 ? panel.kind.singular : panel.kind.rawValue)", .text))
        } else {
            parts.append(("\(shown) of \(Figures.exact(scope.total)) \(panel.kind.rawValue)", .text))
        }
        if !scope.isWhole {
            parts.append(("sorted and filtered: the \(Figures.exact(scope.loaded)) loaded", .warning))
        }
        if !panel.filter.isEmpty { parts.append(("filter \(panel.filter)", .warning)) }
        if panel.problemsOnly { parts.append(("only problems", .warning)) }
        for (text, role) in parts where pen < canvas.size.columns {
            pen += canvas.put(text, role, column: pen, row: row) + 2
        }
    }

    private static func drawTable(
        _ panel: ObjectsPanel, _ layout: QueueListLayout, _ state: ConsoleState, _ canvas: inout Canvas
    ) {
        let area = Rect(column: 0, row: layout.heads, columns: canvas.size.columns, rows: layout.rowCount + 1)
        let (theme, isOld, showsAll) = (state.theme, state.showsOldFigures, state.showsAllColumns)
        canvas.draw { frame in
            panel.table(theme, width: area.columns, all: showsAll).draw(
                into: &frame, area: area, count: panel.rows.count, offset: panel.top(height: layout.rowCount),
                selected: panel.rows.isEmpty || state.isSnapshot ? nil : panel.cursor, scrolledBy: panel.firstColumn
            ) { row, column in
                let cell = panel.rows[row].cells[column]
                let role = isOld ? .stale : cell.role
                return Table.Entry(cell.text, style: role == .text ? nil : theme.style(role))
            }
        }
    }

    private static func drawEmpty(
        _ panel: ObjectsPanel, _ layout: QueueListLayout, _ state: ConsoleState, _ canvas: inout Canvas
    ) {
        let text: String
        var role = ThemeRole.dim
        let freshness = panel.kind.freshness(state.monitor)
        if let error = freshness.error, freshness.sampledAt == nil || error.isRefusal {
            text = error.message
            role = .critical
        } else if freshness.sampledAt == nil {
            text = "asking for the \(panel.kind.rawValue) …"
        } else if !panel.filter.isEmpty || panel.problemsOnly {
            text = "none of them pass the filter; \(state.keyName(of: .back)) clears it"
        } else {
            text = "there are no \(panel.kind.rawValue)"
        }
        for (line, text) in TextWidth.wrap(text, canvas.size.columns - 2, limit: 3).enumerated()
        where layout.firstRow + line < canvas.size.rows {
            canvas.put(text, role, column: 1, row: layout.firstRow + line)
        }
    }

    private static func drawWords(
        _ panel: ObjectsPanel, _ state: ConsoleState, row: Int, count: Int, _ canvas: inout Canvas
    ) {
        let problem = state.problem ?? panel.kind.freshness(state.monitor).error?.message
        guard let words = problem ?? panel.selectedRow?.words else { return }
        let role = problem == nil ? panel.selectedRow?.role ?? .dim : .critical
        for (line, text) in TextWidth.wrap(words, canvas.size.columns - 2, limit: count).enumerated() {
            canvas.put(text, role, column: 1, row: row + line)
        }
    }
}

extension EndpointError {
    /// Whether the broker answered, and the answer was no.
    var isRefusal: Bool {
        switch self {
        case .forbidden, .notFound, .refused, .unauthorized: true
        default: false
        }
    }
}
