import Management
import Monitor
import Terminal

/// What happened, one line each, with the time since the loss.
enum FailoverEventsView {
    static func draw(
        _ picture: FailoverTimeline, _ layout: FailoverLayout, _ state: ConsoleState, _ canvas: inout Canvas
    ) {
        let height = layout.events.count
        guard height > 0 else { return }
        let events = picture.events
        let isChosen = state.failover.part == .events && !state.isSnapshot
        if !isChosen, !picture.isLive, events.count > height {
            return drawEnds(picture, layout.events, &canvas)
        }
        let selected = isChosen ? state.failover.place(in: events) : nil
        let top = isChosen ? state.failover.top(of: events, height: height) : 0
        let hidden = events.count - top - height
        for (place, event) in events.dropFirst(top).prefix(height).enumerated() {
            let row = layout.events.lowerBound + place
            if place == height - 1, hidden > 0, selected != top + place {
                let word = picture.isLive ? "earlier" : "more"
                canvas.put("  … and \(hidden + 1) \(word)", .dim, column: 1, row: row)
                continue
            }
            draw(event, picture, isSelected: selected == top + place, row: row, &canvas)
        }
    }

    /// What a loss began with and what happened last, where there is no room for what lies between.
    private static func drawEnds(_ picture: FailoverTimeline, _ rows: Range<Int>, _ canvas: inout Canvas) {
        let events = picture.events
        let first = (rows.count - 1) / 2
        let last = rows.count > 2 ? rows.count - 1 - first : rows.count
        for (event, row) in zip(events.prefix(rows.count > 2 ? first : 0), rows) {
            draw(event, picture, isSelected: false, row: row, &canvas)
        }
        for (event, row) in zip(events.suffix(last), rows.suffix(last)) {
            draw(event, picture, isSelected: false, row: row, &canvas)
        }
        guard rows.count > 2 else { return }
        canvas.put("  … \(events.count - first - last) more", .dim, column: 1, row: rows.lowerBound + first)
    }

    private static func draw(
        _ event: FailoverTimeline.EventLine, _ picture: FailoverTimeline, isSelected: Bool, row: Int,
        _ canvas: inout Canvas
    ) {
        let width = canvas.size.columns
        let isNarrow = width < 60
        let offset = FailoverWords.offset(event.offset, precision: picture.precision)
        if isSelected { canvas.put(">", .key, column: 0, row: row) }
        canvas.put(offset, .dim, endingAt: isNarrow ? 8 : 10, row: row)
        let start = isNarrow ? 9 : 12
        let room = width < 50 ? 10 : width < 100 ? 16 : width < 170 ? 24 : 34
        canvas.put(TextWidth.cutMiddle(event.subject, room), .text, column: start, row: row)
        let column = start + room + 2
        let person = event.event.isInjected && width >= 100 ? " (by you)" : ""
        let text = TextWidth.cutEnd(event.text + person, max(1, width - column - 1))
        canvas.put(text, event.event.kind.role, column: column, row: row)
        if isSelected {
            canvas.restyle(Rect(column: 0, row: row, columns: width, rows: 1), .selection)
        }
    }
}

extension ClusterTimeline.Event.Kind {
    /// How it looks: what hurts, what mends, the rest.
    var role: ThemeRole {
        switch self {
        case .nodeDown, .minority, .cut, .unavailable: .critical
        case .leaderLost, .dataLost, .mirrorLost: .warning
        case .nodeServing, .healed, .leaderElected, .promoted, .available, .caughtUp: .good
        case .nodeUp: .text
        }
    }
}
