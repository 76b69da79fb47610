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
        let panel = state.failover
        let top = min(panel.eventsTop, max(0, picture.events.count - height))
        let hidden = picture.events.count - top - height
        for (place, event) in picture.events.dropFirst(top).prefix(height).enumerated() {
            let row = layout.events.lowerBound + place
            let isSelected = panel.part == .events && panel.event == top + place && !state.isSnapshot
            if place == height - 1, hidden > 0, !isSelected {
                canvas.put("  … and \(hidden + 1) more", .dim, column: 1, row: row)
                continue
            }
            draw(event, picture, isSelected: isSelected, row: row, &canvas)
        }
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
        case .leaderLost, .dataLost: .warning
        case .nodeServing, .healed, .leaderElected, .promoted, .available, .caughtUp: .good
        case .nodeUp: .text
        }
    }
}
