import Management
import Monitor
import Terminal

/// The watched queues: their confirms cell by cell, and how long there were none.
extension FailoverView {
    static func drawQueueHead(
        _ rows: [FailoverPanel.Row], _ picture: FailoverTimeline, _ state: ConsoleState, row: Int,
        _ canvas: inout Canvas
    ) {
        let watched = rows.count(where: \.isWatched)
        let measures = picture.queues.contains { $0.confirms.contains { $0 != nil } }
        let isPolled = !state.monitor.abilities.recordsTimeline
        var text = "confirms of \(watched == rows.count ? "\(watched)" : "\(watched) of \(rows.count)") queues:"
        if watched == 1, rows.count == 1 { text = "confirms of:" }
        if isPolled, !measures {
            text = "leaders, seen every \(FailoverWords.span(picture.precision)); confirms are not measured here"
        }
        var role = ThemeRole.header
        if let probe = state.monitor.probe {
            text =
                probe.trouble.map { "probe: \($0)" } ?? "probe through \(probe.address ?? "…"): confirms of its queue"
            if probe.trouble != nil { role = .warning }
        } else if isPolled, !measures, state.barredByEndpoint(.probe) == nil {
            text = "confirms are not measured; \(state.keyName(of: .probe)) starts a probe"
        }
        let width = canvas.size.columns - 2
        let pen = 1 + canvas.put(TextWidth.cutEnd(text, width), role, column: 1, row: row)
        let hint = "\(state.keyName(of: .watch)) watches"
        if !state.isSnapshot, pen + 2 + TextWidth.of(hint) < width {
            canvas.put(hint, .dim, endingAt: canvas.size.columns - 1, row: row)
        }
    }

    static func drawQueues(
        _ rows: [FailoverPanel.Row], _ picture: FailoverTimeline, _ layout: FailoverLayout, _ state: ConsoleState,
        _ canvas: inout Canvas
    ) {
        guard !rows.isEmpty else { return }
        let selected = rows.firstIndex { $0.id == (state.failover.selection ?? picture.focus) }
        let top = Table.offset(
            previous: 0, selected: selected ?? 0, visible: max(1, layout.queues.count / layout.queueHeight),
            count: rows.count)
        let height = layout.queueHeight
        let lines = stride(from: layout.queues.lowerBound + height - 1, to: layout.queues.upperBound, by: height)
        for (row, line) in zip(rows.dropFirst(top), lines) {
            let isSelected = row.id == (state.failover.selection ?? picture.focus)
            draw(row, isSelected: isSelected, picture, layout, state, row: line, &canvas)
        }
    }

    private static func draw(
        _ row: FailoverPanel.Row, isSelected: Bool, _ picture: FailoverTimeline, _ layout: FailoverLayout,
        _ state: ConsoleState, row line: Int, _ canvas: inout Canvas
    ) {
        if isSelected, !state.isSnapshot {
            canvas.put(state.failover.part == .queues ? ">" : " ", .key, column: 0, row: line)
        }
        drawName(row, isSelected: isSelected && !state.isSnapshot, layout, row: line, &canvas)
        guard let seen = picture.queues.first(where: { $0.id == row.id }) else {
            let text = row.isWatched ? "waiting for the first answer …" : "not watched"
            canvas.put(
                TextWidth.cutEnd(text, layout.cells.count), .dim, column: layout.cells.lowerBound, row: line)
            return
        }
        drawCells(seen, layout, state, row: line, &canvas)
        let (word, role) = word(seen, picture)
        canvas.put(word, state.showsOldFigures ? .stale : role, endingAt: layout.words.upperBound, row: line)
    }

    private static func drawName(
        _ row: FailoverPanel.Row, isSelected: Bool, _ layout: FailoverLayout, row line: Int, _ canvas: inout Canvas
    ) {
        let isNarrow = layout.label.count < 18
        let type = isNarrow ? String(row.type.prefix(1)).uppercased() : row.type
        let room = layout.label.count - (type.isEmpty ? 0 : TextWidth.of(type) + 1)
        let name = TextWidth.cutMiddle(row.id.name, max(4, room))
        let pen =
            layout.label.lowerBound
            + canvas.put(
                name, isSelected ? .title : row.isWatched ? .text : .dim, column: layout.label.lowerBound, row: line)
        canvas.put(
            type, row.type == "mirrored" ? .warning : .dim, column: pen + 1, row: line,
            width: max(0, layout.label.upperBound - pen - 1))
    }

    /// The sign of a cell in which nothing was confirmed. ASCII has one sign for light shades and low bars, so there it
    /// is another.
    static func gapSign(_ glyphs: GlyphSet) -> Character { glyphs == .ascii ? "!" : "░" }

    private static func drawCells(
        _ seen: FailoverTimeline.QueueLine, _ layout: FailoverLayout, _ state: ConsoleState, row line: Int,
        _ canvas: inout Canvas
    ) {
        let start = layout.cells.lowerBound
        let gap = String(gapSign(state.glyphs))
        guard seen.confirms.contains(where: { $0 != nil }) || seen.outage != .notMeasured else {
            for (place, isLeaderless) in seen.leaderless.enumerated() {
                canvas.put(isLeaderless ? gap : "─", isLeaderless ? .critical : .dim, column: start + place, row: line)
            }
            return
        }
        let values = seen.confirms.map { $0.map(Double.init) }
        // With some room above, so that what was held back shows as a peak.
        let top = (values.compactMap { $0 }.max() ?? 0) * 1.2
        let rows = layout.queueHeight
        for height in 0..<rows {
            let bars = bars(values, top: top, rows: rows, height: height)
            canvas.put(bars, state.showsOldFigures ? .stale : .publish, column: start, row: line - height)
        }
        guard let cells = seen.gap else { return }
        let role: ThemeRole = seen.outage.isOver ? .warning : .critical
        for place in cells {
            for height in 0..<rows { canvas.put(gap, role, column: start + place, row: line - height) }
        }
    }

    /// One row of bars that are several rows tall: the part of each that lies so high above its foot.
    private static func bars(_ values: [Double?], top: Double, rows: Int, height: Int) -> String {
        if rows == 1 { return Sparkline.text(values, width: values.count, maximum: top) }
        let levels: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let cells = values.map { value -> Character in
            guard let value, top > 0 else { return value == nil || height > 0 ? " " : levels[1] }
            let eighths = (value / top * Double(rows * 8)).rounded() - Double(height * 8)
            let level = Int(min(max(eighths, height == 0 ? 1 : 0), 8))
            return levels[level]
        }
        return String(cells)
    }

    private static func word(
        _ seen: FailoverTimeline.QueueLine, _ picture: FailoverTimeline
    ) -> (String, ThemeRole) {
        if picture.isLive, seen.outage.isOver {
            // Per second, over what is shown.
            let known = seen.confirms.compactMap { $0 }
            guard !known.isEmpty else { return (Figures.notProvided, .dim) }
            let seconds = Double(known.count) * picture.window.cell / 1_000
            return (Figures.rate(known.reduce(0.0) { $0 + Double($1) } / seconds) + "/s", .text)
        }
        if let leaderless = seen.leaderlessSpan {
            let margin = " ±" + FailoverWords.span(picture.precision).replacing(" ", with: "")
            return (FailoverWords.span(leaderless).replacing(" ", with: "") + margin, .warning)
        }
        return FailoverWords.outage(seen, picture)
    }

    static func drawLegend(
        _ picture: FailoverTimeline, _ layout: FailoverLayout, _ state: ConsoleState, row: Int, _ canvas: inout Canvas
    ) {
        let focus = picture.focus.map { TextWidth.cutMiddle($0.name, 18) } ?? "nothing"
        let isMeasured = state.monitor.abilities.recordsTimeline
        let gap =
            isMeasured
            ? canvas.size.columns < 110
                ? "nothing confirmed" : "nothing confirmed: last confirm before to first confirm after"
            : "no leader seen"
        let pieces: [(String, ThemeRole, String)] = [
            (String(gapSign(state.glyphs)), .warning, gap), ("█", .good, "leads \(focus)"), ("▒", .text, "follows"),
            ("×", .critical, "down"), ("/", .critical, "cut off"), ("!", .critical, "minority"),
        ]
        var pen = 1
        for (sign, role, meaning) in pieces {
            guard pen + 2 + TextWidth.of(meaning) < canvas.size.columns else { return }
            canvas.put(sign, role, column: pen, row: row)
            pen += 2 + canvas.put(meaning, .dim, column: pen + 2, row: row) + 2
        }
    }
}
