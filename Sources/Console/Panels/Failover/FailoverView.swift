import Management
import Monitor
import Terminal

/// Draws how the cluster went through a loss, to the hundredth of a second: who led, what was confirmed, what happened,
/// what is still safe.
enum FailoverView {
    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        let rows = state.failover.rows(state.monitor)
        let shown = shownRows(rows, state)
        let picture = state.failoverPicture(canvas.size)
        let layout = layout(state, canvas.size, picture, shown.count)
        drawHeader(picture, state, row: layout.header, &canvas)
        if let row = layout.ruler { drawRuler(picture, layout, row: row, &canvas) }
        for (lane, row) in zip(picture.lanes, layout.lanes) {
            drawLane(lane, picture, layout, row: row, isOld: state.showsOldFigures, &canvas)
        }
        if let row = layout.queueHead { drawQueueHead(rows, picture, state, row: row, &canvas) }
        drawQueues(shown, picture, layout, state, &canvas)
        if let row = layout.legend { drawLegend(picture, layout, state, row: row, &canvas) }
        if let row = layout.rule { canvas.rule(row: row) }
        FailoverEventsView.draw(picture, layout, state, &canvas)
        drawSafe(state, rows: layout.safe, &canvas)
    }

    /// The layout at a size.
    static func layout(
        _ state: ConsoleState, _ size: Size, _ picture: FailoverTimeline, _ queues: Int
    ) -> FailoverLayout {
        let safe = TextWidth.wrap(StillSafe(state.monitor.recording).shortSentence, size.columns - 2, limit: 2)
        return FailoverLayout(
            size, nodes: picture.lanes.count, queues: queues, events: picture.events.count, safe: max(1, safe.count))
    }

    /// How many cells there are at a width.
    static func cellCount(_ size: Size) -> Int { FailoverLayout(size, nodes: 0, queues: 0, events: 0).cells.count }

    /// Those that are watched; all, where the selected one is not among them.
    static func shownRows(_ rows: [FailoverPanel.Row], _ state: ConsoleState) -> [FailoverPanel.Row] {
        let watched = rows.filter(\.isWatched)
        guard let selected = state.failover.selection, !watched.contains(where: { $0.id == selected }),
            rows.contains(where: { $0.id == selected })
        else { return watched.isEmpty ? rows : watched }
        return rows
    }

    // MARK: Header and safety

    private static func drawHeader(
        _ picture: FailoverTimeline, _ state: ConsoleState, row: Int, _ canvas: inout Canvas
    ) {
        let width = canvas.size.columns - 2
        var pieces: [(String, ThemeRole)] = []
        if let loss = picture.loss {
            let node = loss.cause.kind == .leaderLost ? loss.cause.subject : loss.cause.node
            let now = state.monitor.recording.nodes.first { $0.name == node }?.state
            let clock = FailoverWords.clock(picture.wallClock, offset: state.settings.utcOffset)
            let person = loss.cause.isInjected ? " by you" : ""
            let room = max(8, width - 60)
            pieces.append(
                ("\(TextWidth.cutMiddle(node, room)) \(loss.verb(now)) \(clock)\(person)", .title))
        } else if let problem = state.problem ?? state.monitor.timeline.error?.message {
            canvas.put(TextWidth.cutEnd(problem, width), .critical, column: 1, row: row)
            return
        } else {
            canvas.put(TextWidth.cutEnd(calm(state), width), .text, column: 1, row: row)
            return
        }
        let clients = picture.clients
        pieces.append(("confirmed \(clients.map { Figures.exact($0.confirmed) } ?? Figures.notProvided)", .text))
        let lost = clients?.lost
        pieces.append(
            ("LOST \(lost.map(Figures.exact) ?? Figures.notProvided)", lost.map { $0 > 0 ? .critical : .good } ?? .dim))
        let twice = clients?.duplicated
        pieces.append(
            (
                "duplicated \(twice.map(Figures.exact) ?? Figures.notProvided)",
                twice.map { $0 > 0 ? .warning : .text } ?? .dim
            ))
        // What was lost is never left out; the other figures go first, then the time.
        func total() -> Int { pieces.reduce(-2) { $0 + TextWidth.of($1.0) + 2 } }
        if total() > width { pieces.remove(at: 1) }
        if total() > width { pieces.removeLast() }
        if total() > width, let last = pieces.last {
            pieces[0].0 = TextWidth.cutEnd(pieces[0].0, max(1, width - TextWidth.of(last.0) - 2))
        }
        var pen = 1
        for (text, role) in pieces { pen += canvas.put(text, role, column: pen, row: row) + 2 }
    }

    /// What to say before anything has happened.
    private static func calm(_ state: ConsoleState) -> String {
        guard state.monitor.abilities.injectsFaults else {
            return "Nothing has happened. A leader that is lost shows here as it is seen."
        }
        let keys = "press \(state.keyName(of: .faultMenu)) to crash, pause or cut off a node"
        return state.barredFaults.map { "Nothing has happened. Faults: \($0)" } ?? "Nothing has happened: \(keys)."
    }

    private static func drawSafe(_ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas) {
        let safe = StillSafe(state.monitor.recording)
        let role: ThemeRole = safe.total > 1 && !safe.hasMajority ? .critical : .text
        let width = canvas.size.columns - 2
        let whole = TextWidth.wrap(safe.sentence, width, limit: rows.count + 1)
        let lines =
            whole.count <= rows.count ? whole : TextWidth.wrap(safe.shortSentence, width, limit: rows.count + 1)
        for (place, row) in rows.enumerated() where place < lines.count {
            let isCut = place == rows.count - 1 && lines.count > rows.count
            canvas.put(isCut ? TextWidth.cutEnd(lines[place] + " …", width) : lines[place], role, column: 1, row: row)
        }
    }

    // MARK: Time

    private static func drawRuler(
        _ picture: FailoverTimeline, _ layout: FailoverLayout, row: Int, _ canvas: inout Canvas
    ) {
        let window = picture.window
        canvas.put(
            TextWidth.cutEnd("\(cellWidth(window.cell))/cell", layout.label.count), .dim,
            column: layout.label.lowerBound,
            row: row)
        canvas.put(
            picture.isLive ? "CONFIRMS" : "OUTAGE", .header, endingAt: layout.words.upperBound, row: row)
        // So that labels stand some way apart.
        let apart = 10.0 * window.cell
        let steps = [100.0, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
        let step = steps.first { $0 >= apart } ?? apart
        var end = 0
        var tick = (((window.start - window.origin) / step).rounded(.up)) * step
        while tick <= window.end - window.origin {
            let place = Int(((window.origin + tick - window.start) / window.cell).rounded(.down))
            let text = label(tick, isLive: picture.isLive)
            let column = min(layout.cells.lowerBound + place, layout.cells.upperBound - TextWidth.of(text))
            if column >= max(end, layout.cells.lowerBound) {
                end = column + canvas.put(text, tick == 0 ? .header : .dim, column: column, row: row) + 1
            }
            tick += step
        }
    }

    private static func cellWidth(_ milliseconds: Double) -> String {
        milliseconds < 1_000 ? "\(Int(milliseconds)) ms" : "\(Int(milliseconds / 1_000)) s"
    }

    private static func label(_ milliseconds: Double, isLive: Bool) -> String {
        guard milliseconds != 0 else { return isLive ? "now" : "0" }
        let tenths = Int((abs(milliseconds) / 100).rounded())
        let number = tenths % 10 == 0 && tenths >= 100 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return (milliseconds < 0 ? "-" : "+") + number + "s"
    }

    private static func drawLane(
        _ lane: NodeLane, _ picture: FailoverTimeline, _ layout: FailoverLayout, row: Int, isOld: Bool,
        _ canvas: inout Canvas
    ) {
        canvas.put(
            TextWidth.cutMiddle(lane.node, layout.label.count), isOld ? .stale : .text, column: layout.label.lowerBound,
            row: row)
        var before: NodeLane.Phase??
        for (place, phase) in lane.phases.enumerated() {
            defer { before = phase }
            guard let phase else { continue }
            let (sign, role) = phase.look(isFirst: before.map { $0 != phase } ?? false)
            canvas.put(String(sign), role, column: layout.cells.lowerBound + place, row: row)
        }
        let (word, role) = FailoverWords.lane(lane, hasFocus: picture.focus != nil)
        canvas.put(word, isOld ? .stale : role, endingAt: layout.words.upperBound, row: row)
    }
}
