import Terminal

/// Draws what stands around every panel: header, tabs, lines, receipt, footer.
enum Chrome {
    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        let layout = ChromeLayout(canvas.size)
        drawHeader(Header(state), row: layout.header, &canvas)
        drawTabs(state, row: layout.tabs, &canvas)
        if let row = layout.upperRule { canvas.rule(row: row) }
        if let row = layout.lowerRule { canvas.rule(row: row) }
        drawReceipt(state, row: layout.receipt, &canvas)
        if state.isSnapshot { return }
        drawFooter(state, row: layout.footer, &canvas)
    }

    private static func drawHeader(_ header: Header, row: Int, _ canvas: inout Canvas) {
        let gap = 2
        let width = header.right.reduce(0) { $0 + TextWidth.of($1.text) } + gap * (header.right.count - 1)
        var column = max(0, canvas.size.columns - 1 - width)
        let room = column - 1 - gap
        for piece in header.right {
            column += canvas.put(piece.text, piece.role, column: column, row: row) + gap
        }
        var pen = 1
        for (place, piece) in header.left.enumerated() {
            let left = room + 1 - pen
            // The endpoint's name is cut, the rest is left out.
            guard place == 0 || TextWidth.of(piece.text) <= left, left > 0 else { break }
            let text = TextWidth.cutMiddle(piece.text, left)
            pen += canvas.put(text, piece.role, column: pen, row: row) + gap
        }
    }

    private static func drawTabs(_ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        var pen = 1
        for panel in tabs(state) {
            let isOpen = panel == state.panel
            guard pen + TextWidth.of(panel.title) + 4 <= canvas.size.columns else { break }
            pen += canvas.put(state.keyName(of: panel.action), .key, column: pen, row: row)
            let title = isOpen ? "[\(panel.title)]" : " \(panel.title) "
            pen += canvas.put(title, isOpen ? .title : .dim, column: pen, row: row) + tabGap
        }
        let hint = helpHint(state)
        if !state.isSnapshot, pen + TextWidth.of(hint) + 1 < canvas.size.columns {
            canvas.put(hint, .dim, endingAt: canvas.size.columns - 1, row: row)
        }
    }

    private static let tabGap = 1

    private static func helpHint(_ state: ConsoleState) -> String { state.keyName(of: .help) + " help" }

    /// The panels that have a tab: the last goes where it would push the way to help out, unless it is open.
    private static func tabs(_ state: ConsoleState) -> [ConsoleState.Panel] {
        let all = ConsoleState.Panel.allCases
        let width = all.reduce(1) {
            $0 + TextWidth.of(state.keyName(of: $1.action)) + TextWidth.of($1.title) + 2 + tabGap
        }
        let isRoom = width + TextWidth.of(helpHint(state)) + 1 < state.size.columns
        return isRoom || state.panel == .policies ? all : all.filter { $0 != .policies }
    }

    /// The tab at a place of the tab line.
    static func tab(at column: Int, of state: ConsoleState) -> ConsoleState.Panel? {
        var start = 1
        for panel in tabs(state) {
            // Those for which there was no room are not there to be clicked.
            guard start + TextWidth.of(panel.title) + 4 <= state.size.columns else { return nil }
            // Its key, and its title between brackets or blanks.
            let end = start + TextWidth.of(state.keyName(of: panel.action)) + TextWidth.of(panel.title) + 2
            if (start..<end).contains(column) { return panel }
            start = end + tabGap
        }
        return nil
    }

    private static func drawReceipt(_ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        guard let receipt = state.receipt else {
            guard let tour = state.tour, !state.isSnapshot else { return }
            let off = ":tour off"
            let width = canvas.size.columns - 4 - off.count
            canvas.put(TextWidth.cutEnd(tour.line(state), width), .good, column: 1, row: row)
            canvas.put(off, .dim, endingAt: canvas.size.columns - 1, row: row)
            return
        }
        let (sign, role): (String, ThemeRole) =
            switch receipt.outcome {
            case .pending: ("…", .text)
            case .accepted: ("✓", .good)
            case .failed: ("!", .critical)
            case .note: ("·", .dim)
            }
        let width = canvas.size.columns - 4
        canvas.put(sign, role, column: 1, row: row)
        canvas.put(TextWidth.cutEnd(receipt.text, width), role == .good ? .text : role, column: 3, row: row)
    }

    private static func drawFooter(_ state: ConsoleState, row: Int, _ canvas: inout Canvas) {
        if case .command(let prompt) = state.dialog {
            CommandPromptView.draw(prompt, state, &canvas)
            return
        }
        // On the lowest screens the list has no line of its own for the filter.
        if case .filter(let field) = state.dialog, QueueListLayout(canvas.size).scope == nil {
            canvas.put("/", .key, column: 1, row: row)
            Fields.draw(field, column: 2, row: row, width: canvas.size.columns - 3, isFocused: true, &canvas)
            return
        }
        let footer = Footer(state, width: canvas.size.columns)
        var pen = 1
        for item in footer.left { pen += draw(item, column: pen, row: row, &canvas) + 2 }
        var end = canvas.size.columns - 1
        for item in footer.right.reversed() {
            draw(item, column: end - item.width, row: row, &canvas)
            end -= item.width + 2
        }
    }

    @discardableResult
    private static func draw(_ item: Footer.Item, column: Int, row: Int, _ canvas: inout Canvas) -> Int {
        let key = canvas.put(item.key, .key, column: column, row: row)
        return key + 1 + canvas.put(item.label, .text, column: column + key + 1, row: row)
    }
}

extension ConsoleState.Panel {
    /// What opens it.
    var action: Action {
        switch self {
        case .overview: .showOverview
        case .queues: .showQueues
        case .exchanges: .showExchanges
        case .connections: .showConnections
        case .channels: .showChannels
        case .nodes: .showNodes
        case .failover: .showFailover
        case .policies: .showPolicies
        }
    }

    /// Its name on the tab.
    var title: String {
        switch self {
        case .overview: "Over"
        case .queues: "Queues"
        case .exchanges: "Exch"
        case .connections: "Conn"
        case .channels: "Chan"
        case .nodes: "Nodes"
        case .failover: "Failover"
        case .policies: "Pol"
        }
    }
}
