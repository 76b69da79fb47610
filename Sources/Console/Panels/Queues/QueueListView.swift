import Management
import Monitor
import Terminal

/// Draws the list of queues. Touches only the rows on the screen.
enum QueueListView {
    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        let layout = QueueListLayout(canvas.size)
        if let row = layout.scope { drawScope(state, row: row, &canvas) }
        drawTable(state, layout, &canvas)
        if state.queues.rows.isEmpty { drawEmpty(state, layout, &canvas) }
        if let row = layout.words { drawWords(state, row: row, count: layout.wordCount, &canvas) }
        if let preview = layout.preview { drawPreview(state, preview, &canvas) }
    }

    // MARK: Scope

    /// How much is listed, by what it is filtered and sorted, and the totals.
    private static func drawScope(_ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        var pen = 1
        if case .filter(let field) = state.dialog {
            pen += canvas.put("/", .key, column: pen, row: row)
            let width = min(40, canvas.size.columns / 2)
            Fields.draw(field, column: pen, row: row, width: width, isFocused: true, &canvas)
            pen += width + 2
            let loaded = state.monitor.queueScope?.loaded ?? 0
            let text = "\(Figures.exact(state.queues.rows.count)) of \(Figures.exact(loaded)) loaded match"
            let error = QueueFilter(text: field.text).error.map(\.description)
            canvas.put(
                TextWidth.cutEnd(error ?? text, max(0, canvas.size.columns - pen - 1)),
                error == nil ? .dim : .critical, column: pen, row: row)
            return
        }
        for (text, role) in scope(state) {
            guard pen < canvas.size.columns else { break }
            pen += canvas.put(text, role, column: pen, row: row) + 2
        }
        guard let totals = state.monitor.overview.value?.queueTotals else { return }
        let text =
            "ready \(Figures.count(totals.messagesReady?.value))  "
            + "unacked \(Figures.count(totals.messagesUnacknowledged?.value))"
        let start = canvas.size.columns - 1 - TextWidth.of(text)
        if start > pen { canvas.put(text, .text, column: start, row: row) }
    }

    static func scope(_ state: ConsoleState) -> [(String, ThemeRole)] {
        guard let page = state.monitor.queues.value, let scope = state.monitor.queueScope else { return [] }
        var parts: [(String, ThemeRole)] = []
        let total = Figures.exact(scope.total)
        if scope.isWhole {
            // Where fields are compared, fewer than the broker's filter left.
            let passed = state.queues.filter.hasLocalPart ? state.queues.rows.count : scope.filtered
            let count = Figures.exact(passed)
            let noun = scope.total == 1 ? "queue" : "queues"
            parts.append((passed == scope.total ? "\(count) \(noun)" : "\(count) of \(total) \(noun)", .text))
        } else {
            let first = (page.page - 1) * page.pageSize + 1
            let range = "\(Figures.exact(first))–\(Figures.exact(first + scope.loaded - 1))"
            parts.append(("\(range) of \(Figures.exact(scope.filtered)) queues", .text))
            parts.append(("page \(page.page)/\(page.pageCount)", .dim))
        }
        let filter = state.queues.filter
        if !filter.isEmpty {
            parts.append((filter.words, .warning))
            if filter.hasLocalPart, !scope.isWhole {
                parts.append(("\(Figures.exact(state.queues.rows.count)) of this page match", .warning))
            }
        }
        if state.queues.window.holdsLine { parts.append(("the row keeps its line", .dim)) }
        if !state.queues.marks.isEmpty { parts.append(("\(state.queues.marks.count) marked", .warning)) }
        if state.queues.problemsOnly {
            parts.append((scope.isWhole ? "only problems" : "only problems of this page", .warning))
        }
        if state.monitor.wantedQueues != state.monitor.listedQueues { parts.append(("loading …", .dim)) }
        return parts
    }

    // MARK: Table

    private static func drawTable(_ state: ConsoleState, _ layout: QueueListLayout, _ canvas: inout Canvas) {
        let area = Rect(column: 0, row: layout.heads, columns: canvas.size.columns, rows: layout.rowCount + 1)
        let isUnselected = state.queues.rows.isEmpty || state.isSnapshot
        drawTable(
            state, in: area, offset: state.queues.top(height: layout.rowCount),
            selected: isUnselected ? nil : state.queues.cursor, &canvas)
    }

    /// Draws the heads and as many rows as there is room for, from one on.
    static func drawTable(
        _ state: ConsoleState, in area: Rect, offset: Int, selected: Int?, _ canvas: inout Canvas
    ) {
        let width = area.columns
        let table = QueueTable(state, width: width)
        let (theme, rows, isOld) = (state.theme, state.queues.rows, state.showsOldFigures)
        let sparkWidth = table.width(of: .spark)
        canvas.draw { frame in
            table.widget.draw(
                into: &frame, area: area, count: rows.count, offset: offset, selected: selected,
                scrolledBy: state.queues.firstColumn, isMarked: { state.queues.marks.contains(rows[$0].id) }
            ) { row, column in
                let column = table.columns[column]
                var (text, role) = column.cell(rows[row])
                switch column {
                case .name: text = displayName(rows[row].id, state)
                case .spark: text = spark(rows[row].id, state, width: sparkWidth)
                default: text = fitted(text, column.width(on: width))
                }
                if isOld { role = .stale }
                return Table.Entry(text, style: role == .text ? nil : theme.style(role))
            }
        }
    }

    private static func spark(_ id: QueueID, _ state: ConsoleState, width: Int) -> String {
        let values = TimeSeries.buckets(
            state.monitor.history.queue(id), time: \.time, value: \.ready,
            end: state.monitor.queues.sampledAt ?? state.viewedAt, count: width)
        // Head room, so that a level depth does not look like a full queue.
        let highest = values.reduce(0) { max($0, $1 ?? 0) }
        return Sparkline.text(values, width: width, maximum: highest * 1.3)
    }

    /// A vhost stands before the name only where queues of several may be listed.
    private static func displayName(_ id: QueueID, _ state: ConsoleState) -> String {
        state.queues.request.vhost == nil && state.queues.hasSeveralVhosts ? "\(id.vhost) \(id.name)" : id.name
    }

    /// A count against a limit that does not fit keeps the count.
    private static func fitted(_ text: String, _ width: Int) -> String {
        guard text.utf8.count > width, TextWidth.of(text) > width, let slash = text.firstIndex(of: "/") else {
            return text
        }
        return String(text[..<slash]) + (text.hasSuffix("!") ? "!" : "")
    }

    private static func drawEmpty(_ state: ConsoleState, _ layout: QueueListLayout, _ canvas: inout Canvas) {
        let text: String
        if state.monitor.queues.value == nil {
            text = state.problem == nil ? "Asking \(state.monitor.endpoint) …" : ""
        } else if !state.queues.filter.isEmpty || state.queues.problemsOnly {
            text = "No queue passes the filter. esc clears it."
        } else if case .filter = state.dialog {
            text = "None of the loaded queues matches; enter asks the broker."
        } else {
            text = "There are no queues yet. c declares one."
        }
        canvas.put(text, .dim, column: 1, row: layout.firstRow + (layout.rowCount > 2 ? 1 : 0))
    }

    // MARK: Words and preview

    /// What the selected row means, or what is wrong with the endpoint.
    private static func drawWords(_ state: ConsoleState, row: Int, count: Int, _ canvas: inout Canvas) {
        let width = canvas.size.columns - 2
        if let problem = state.problem {
            for (line, text) in TextWidth.wrap(problem, width, limit: count).enumerated() {
                canvas.put(text, .critical, column: 1, row: row + line)
            }
            return
        }
        guard let queue = state.targetRow ?? state.queues.selectedRow else { return }
        let words = QueueWords(queue)
        for (line, text) in words.lines(width: width, limit: count).enumerated() {
            canvas.put(text, words.role, column: 1, row: row + line)
        }
    }

    private static func drawPreview(_ state: ConsoleState, _ rows: Range<Int>, _ canvas: inout Canvas) {
        canvas.rule(row: rows.lowerBound)
        guard let id = state.queues.target else { return }
        canvas.put(" \(TextWidth.cutMiddle(id.name, 60)) ", .title, column: 2, row: rows.lowerBound)
        QueueCharts.draw(
            id, of: state,
            in: Rect(
                column: 1, row: rows.lowerBound + 1, columns: canvas.size.columns - 2, rows: rows.count - 1),
            &canvas)
    }
}

extension ConsoleState {
    /// What is wrong with the endpoint or with what the panel shows, in words; `nil` where nothing is.
    var problem: String? {
        let age = dataAge.age.map { " The figures are \(Figures.age($0)) old." } ?? ""
        switch monitor.status {
        case .unreachable(let error): return error.message + ". Trying again." + age
        case .refused(let error): return error.message + "."
        case .connecting: return dataAge.age == nil ? nil : "Connecting." + age
        case .live, .stale:
            guard let error = panelError else {
                return dataAge.isStale ? "No answer since the figures below." + age : nil
            }
            return error.message + "." + age
        }
    }

    private var panelError: EndpointError? {
        switch place {
        case .overview: monitor.overview.error ?? monitor.nodes.error
        case .queueList: monitor.queues.error
        case .queueDetail: monitor.queue.error
        default: panel.kind?.freshness(monitor).error
        }
    }
}
