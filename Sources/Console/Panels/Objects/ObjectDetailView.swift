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
            let text = state.problem ?? "It is not listed any more; \(state.keyName(of: .back)) goes back."
            for (line, text) in TextWidth.wrap(text, width, limit: 3).enumerated() {
                canvas.put(text, .dim, column: 1, row: body.lowerBound + 2 + line)
            }
            return
        }
        let rows = max(0, body.count - 1)
        let top = max(0, min(panel.detailTop, detail.lines.count - rows))
        for (place, line) in detail.lines.dropFirst(top).prefix(rows).enumerated() {
            let row = body.lowerBound + 1 + place
            let isSelected = !state.isSnapshot && top + place == panel.detailCursor
            draw(line, isOld: isOld, in: Rect(column: 1, row: row, columns: width, rows: 1), &canvas)
            if isSelected, case .row(_, _, .some) = line {
                canvas.put(">", .key, column: 1, row: row)
                canvas.restyle(Rect(column: 1, row: row, columns: width, rows: 1), .selection)
            }
        }
        let hidden = detail.lines.count - top - rows
        if hidden > 0 {
            canvas.put(" \(hidden) more ", .key, endingAt: canvas.size.columns - 1, row: body.lowerBound)
        }
    }

    /// Draws one line in its place.
    static func draw(_ line: ObjectDetail.Line, isOld: Bool, in area: Rect, _ canvas: inout Canvas) {
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
    }

    private static let labelWidth = 22

    /// How many lines a screen shows.
    static func rowCount(_ size: Size) -> Int { max(1, ChromeLayout(size).body.count - 1) }
}
