import Management
import Monitor
import Terminal

/// Draws the dialog that lies over the panel.
enum DialogView {
    /// A line of a dialog.
    enum Line {
        case text(String, ThemeRole)
        case field(String, TextField, isFocused: Bool)
        case choice(String, String, isFocused: Bool)
        case buttons([(String, isFocused: Bool, isEnabled: Bool)])
        case empty
    }

    static func draw(_ state: ConsoleState, _ canvas: inout Canvas) {
        switch state.dialog {
        case nil, .filter, .command: break
        case .help(let top): drawHelp(state, top: top, &canvas)
        case .confirm(let confirmation):
            box(title(confirmation.mutation), lines(confirmation, state, width: width(canvas)), &canvas)
        case .sort(let menu): box("Sort by", lines(menu), &canvas)
        case .form(let form): box(form.title, lines(form, width: width(canvas)), &canvas)
        case .bulk(let bulk): box(bulk.title, lines(bulk, width: width(canvas)), &canvas)
        case .messages(let messages): drawMessages(messages, &canvas)
        case .actions(let menu): box("Actions", lines(menu, state), &canvas)
        case .fault(let menu): box(menu.title, menu.lines(state), &canvas)
        case .vhosts(let menu): box("Vhost", lines(menu), &canvas)
        case .leave(let question):
            let title = question.way == .quit ? "Quit?" : "Suspend?"
            box(title, lines(question, state, width: width(canvas)), &canvas)
        }
    }

    private static func width(_ canvas: Canvas) -> Int { min(64, canvas.size.columns - 6) }

    // MARK: Contents

    private static func title(_ mutation: Mutation) -> String {
        let verb = mutation.verb.prefix(1).uppercased() + mutation.verb.dropFirst()
        return "\(verb) \(mutation.noun)?"
    }

    private static func lines(_ confirmation: ConfirmDialog, _ state: ConsoleState, width: Int) -> [Line] {
        let target = confirmation.mutation.target
        var lines: [Line] = [.text(TextWidth.cutMiddle(confirmation.mutation.title, width), .title)]
        let place = target.vhost.isEmpty ? "on" : "vhost \(target.vhost) on"
        lines.append(.text(TextWidth.cutMiddle("\(place) \(state.monitor.endpoint)", width), .dim))
        lines.append(.empty)
        var isKnown = false
        switch confirmation.reading {
        case .pending: lines.append(.text("Reading the \(confirmation.mutation.noun) again …", .text))
        case .failed(let error):
            lines += TextWidth.wrap(error.message, width, limit: 4).map { .text($0, .critical) }
        case .known(let radius):
            isKnown = true
            for sentence in radius.sentences(for: confirmation.mutation, at: state.now) {
                lines += TextWidth.wrap(sentence, width, limit: 3).map { .text($0, .text) }
            }
        }
        let focus = confirmation.focus
        if isKnown, confirmation.needsTypedName {
            lines.append(.empty)
            lines.append(.text("So many messages: type the queue's name to go on.", .warning))
            lines.append(.field("name", confirmation.typedName, isFocused: focus == .name))
            if confirmation.refusedPaste { lines.append(.text("Pasted text does not count.", .warning)) }
        }
        if confirmation.offersConditions, case .deleteQueue(_, let ifEmpty, let ifUnused) = confirmation.mutation {
            lines.append(.empty)
            lines.append(.choice(check(ifEmpty), "only if it is empty", isFocused: focus == .ifEmpty))
            lines.append(.choice(check(ifUnused), "only if it has no consumers", isFocused: focus == .ifUnused))
        }
        lines.append(.empty)
        var buttons = [("Cancel", isFocused: focus == .cancel, isEnabled: true)]
        if isKnown {
            buttons.append(
                (
                    confirmation.mutation.button, isFocused: focus == .confirm,
                    isEnabled: confirmation.canConfirm
                ))
        }
        lines.append(.buttons(buttons))
        return lines
    }

    private static func lines(_ menu: SortMenu) -> [Line] {
        menu.choices.enumerated().map { place, choice in
            let isCurrent = choice.choice == menu.current?.choice
            let mark = isCurrent ? (menu.current?.isDescending == true ? "▼" : "▲") : " "
            return .choice(mark, choice.title, isFocused: place == menu.cursor)
        }
    }

    private static func lines(_ form: Form, width: Int) -> [Line] {
        var lines: [Line] = []
        if let warning = form.warning {
            lines += TextWidth.wrap(warning, width, limit: 3).map { .text($0, .warning) } + [.empty]
        }
        for (place, field) in form.fields.enumerated() {
            let isFocused = form.focus == place
            switch field.value {
            case .text(let text): lines.append(.field(field.label, text, isFocused: isFocused))
            case .choice: lines.append(.choice(padded(field.label), "‹ \(field.text) ›", isFocused: isFocused))
            case .flag(let isOn): lines.append(.choice(padded(field.label), check(isOn), isFocused: isFocused))
            }
        }
        let problem = form.problem
        lines.append(form.wasTried ? problem.map { .text("! " + $0.text, .critical) } ?? .empty : .empty)
        lines.append(
            .buttons([
                ("Cancel", isFocused: form.focus == form.cancel, isEnabled: true),
                (form.verb, isFocused: form.focus == form.submit, isEnabled: problem == nil),
            ]))
        return lines
    }

    private static func lines(_ bulk: BulkDialog, width: Int) -> [Line] {
        var lines: [Line] = bulk.sentences.flatMap { TextWidth.wrap($0, width, limit: 3) }.map { .text($0, .text) }
        if let mustType = bulk.mustType {
            lines += [.empty, .text("So many messages: type \(mustType), the number of queues, to go on.", .warning)]
            lines.append(.field("number", bulk.field, isFocused: bulk.focus == .field))
        }
        lines.append(.empty)
        lines.append(
            .buttons([
                ("Cancel", isFocused: bulk.focus == .cancel, isEnabled: true),
                (bulk.button, isFocused: bulk.focus == .confirm, isEnabled: bulk.canConfirm),
            ]))
        return lines
    }

    private static func padded(_ label: String) -> String { TextWidth.padRight(label, labelWidth) }

    /// The room inside a dialog that takes the whole screen.
    static func pageSize(_ size: Size) -> Size { Size(columns: max(1, size.columns - 8), rows: max(1, size.rows - 4)) }

    private static func drawMessages(_ messages: MessagesView, _ canvas: inout Canvas) {
        let inner = pageSize(canvas.size)
        let area = Rect(column: 2, row: 1, columns: inner.columns + 4, rows: inner.rows + 2)
        drawFrame(area, title: "Messages of \(messages.queue.name)", &canvas)
        let lines = messages.lines(width: inner.columns)
        for (place, line) in lines.dropFirst(messages.top).prefix(inner.rows).enumerated() {
            canvas.put(
                TextWidth.cutEnd(line.text, inner.columns), line.role, column: area.column + 2,
                row: area.row + 1 + place, on: .dialog)
        }
        let hidden = lines.count - messages.top - inner.rows
        if hidden > 0 {
            canvas.put(
                " \(hidden) more ", .key, column: area.column + 3, row: area.row + area.rows - 1, on: .dialog)
        }
    }

    private static func lines(_ menu: ActionMenu, _ state: ConsoleState) -> [Line] {
        menu.entries.enumerated().map { place, entry in
            let key = TextWidth.padRight(entry.keys.first?.shortName ?? ":", 6)
            let reason = state.barred(entry).map { " (not now: \($0))" } ?? ""
            return .choice(key, entry.description + reason, isFocused: place == menu.cursor)
        }
    }

    private static func lines(_ menu: VhostMenu) -> [Line] {
        menu.choices.enumerated().map { place, vhost in
            .choice(place == 0 ? "0" : " ", vhost ?? "all vhosts", isFocused: place == menu.cursor)
        }
    }

    private static func lines(_ question: LeaveQuestion, _ state: ConsoleState, width: Int) -> [Line] {
        let loss = state.lossOnQuit
        let text =
            loss ?? (state.isEmbedded ? "The broker in this process ends with it." : "The broker goes on without it.")
        var lines: [Line] = TextWidth.wrap(text, width, limit: 4).map { .text($0, loss == nil ? .text : .warning) }
        lines.append(.empty)
        let verb = question.way == .quit ? "Quit" : "Suspend"
        lines.append(
            .buttons([
                (loss == nil ? "n Stay" : "Stay", isFocused: !question.focusesLeave, isEnabled: true),
                (loss == nil ? "y \(verb)" : verb, isFocused: question.focusesLeave, isEnabled: true),
            ]))
        return lines
    }

    private static func check(_ isOn: Bool) -> String { isOn ? "[x]" : "[ ]" }

    // MARK: Drawing

    private static func box(_ title: String, _ lines: [Line], _ canvas: inout Canvas) {
        let widest = lines.map(self.width).max() ?? 0
        let inner = min(max(widest, TextWidth.of(title) + 4, 32), canvas.size.columns - 6)
        let height = min(lines.count + 2, canvas.size.rows - 2)
        let area = Rect(
            column: (canvas.size.columns - inner - 4) / 2, row: max(1, (canvas.size.rows - height) / 2),
            columns: inner + 4, rows: height)
        drawFrame(area, title: title, &canvas)
        let shown = fit(lines, rows: height - 2)
        for (place, line) in shown.enumerated() {
            draw(line, in: Rect(column: area.column + 2, row: area.row + 1 + place, columns: inner, rows: 1), &canvas)
        }
    }

    private static func drawFrame(_ area: Rect, title: String, _ canvas: inout Canvas) {
        let box = DialogBox(
            title: title, style: canvas.style(.dialog), titleStyle: canvas.style(.title, on: .dialog))
        canvas.draw { _ = box.draw(into: &$0, area: area) }
    }

    /// The lines that fit: blanks give way first, then text from the end, then choices far from the one in focus.
    /// Fields and buttons are never cut, nor is the first sentence, which says what is lost.
    private static func fit(_ lines: [Line], rows: Int) -> [Line] {
        var lines = lines
        let keptTexts = 3
        while lines.count > rows {
            if let blank = lines.firstIndex(where: { if case .empty = $0 { true } else { false } }) {
                lines.remove(at: blank)
                continue
            }
            let texts = lines.indices.filter { if case .text = lines[$0] { true } else { false } }
            if texts.count > keptTexts, let last = texts.last {
                lines.remove(at: last)
                continue
            }
            guard let focus = lines.firstIndex(where: { if case .choice(_, _, true) = $0 { true } else { false } })
            else { return texts.isEmpty ? Array(lines.suffix(rows)) : fit(removing: texts, from: lines, rows: rows) }
            let others = lines.indices.filter { if case .choice = lines[$0] { $0 != focus } else { false } }
            guard let farthest = others.max(by: { abs($0 - focus) < abs($1 - focus) }) else { break }
            lines.remove(at: farthest)
        }
        return lines
    }

    /// The last resort on the lowest screens: the second line of text, which names the place, then the others.
    private static func fit(removing texts: [Int], from lines: [Line], rows: Int) -> [Line] {
        var lines = lines
        for place in [1, 2, 0] where lines.count > rows && texts.indices.contains(place) {
            lines[texts[place]] = .empty
        }
        return lines.filter { if case .empty = $0 { lines.count <= rows } else { true } }
    }

    private static let labelWidth = 12

    private static func width(_ line: Line) -> Int {
        switch line {
        case .text(let text, _): TextWidth.of(text)
        case .field: 48
        case .choice(let label, let value, _): TextWidth.of(label) + 2 + TextWidth.of(value)
        case .buttons(let buttons): buttons.reduce(0) { $0 + TextWidth.of($1.0) + 6 }
        case .empty: 0
        }
    }

    private static func draw(_ line: Line, in area: Rect, _ canvas: inout Canvas) {
        let row = area.row
        switch line {
        case .text(let text, let role):
            canvas.put(TextWidth.cutEnd(text, area.columns), role, column: area.column, row: row, on: .dialog)
        case .field(let label, let field, let isFocused):
            canvas.put(isFocused ? ">" : " ", .key, column: area.column - 1, row: row, on: .dialog)
            canvas.put(label, isFocused ? .key : .dialog, column: area.column, row: row, on: .dialog)
            Fields.draw(
                field, column: area.column + labelWidth, row: row, width: area.columns - labelWidth,
                isFocused: isFocused, &canvas)
        case .choice(let label, let value, let isFocused):
            let mark = isFocused ? ">" : " "
            let text = "\(mark)\(label) \(value)"
            canvas.put(text, isFocused ? .focus : .dialog, column: area.column - 1, row: row, width: area.columns + 1)
        case .buttons(let buttons):
            let width = buttons.reduce(-2) { $0 + TextWidth.of($1.0) + 4 + 2 }
            var pen = area.column + max(0, area.columns - width)
            for (label, isFocused, isEnabled) in buttons {
                let role: ThemeRole = isFocused ? .focus : isEnabled ? .button : .dim
                let text = isFocused ? "[ \(label) ]" : "  \(label)  "
                pen += canvas.put(text, role, column: pen, row: row, on: isFocused ? nil : .button) + 2
            }
        case .empty: break
        }
    }

    private static func drawHelp(_ state: ConsoleState, top: Int, _ canvas: inout Canvas) {
        let size = canvas.size
        let lines = HelpScreen.lines(for: state, width: size.columns)
        let inner = min(76, size.columns - 4)
        let area = Rect(column: (size.columns - inner - 4) / 2, row: 1, columns: inner + 4, rows: size.rows - 2)
        drawFrame(area, title: "Keys: \(state.place.title)", &canvas)
        let keyWidth = min(16, inner / 3)
        for (place, line) in lines.dropFirst(top).prefix(area.rows - 2).enumerated() {
            let row = area.row + 1 + place
            switch line {
            case .head(let text): canvas.put(text, .header, column: area.column + 2, row: row, on: .dialog)
            case .item(let keys, let text, let isBarred):
                canvas.put(keys, .key, column: area.column + 3, row: row, width: keyWidth - 1, on: .dialog)
                let width = inner - keyWidth - 1
                canvas.put(
                    TextWidth.cutEnd(text, width), isBarred ? .dim : .dialog, column: area.column + 3 + keyWidth,
                    row: row, on: .dialog)
            case .empty: break
            }
        }
        let hidden = lines.count - top - (area.rows - 2)
        if hidden > 0 {
            canvas.put(
                " \(hidden) more ", .key, column: area.column + 3, row: area.row + area.rows - 1, on: .dialog)
        }
    }
}

extension QueueSortField {
    /// Its name in the sort menu.
    var words: String {
        switch self {
        case .name: "name"
        case .vhost: "vhost"
        case .type: "type"
        case .state: "state"
        case .node: "node"
        case .messages: "all messages"
        case .messagesReady: "messages ready"
        case .messagesUnacknowledged: "messages unacknowledged"
        case .consumers: "consumers"
        case .memory: "memory"
        case .publishRate: "published per second"
        case .deliverRate: "delivered per second"
        case .ackRate: "acknowledged per second"
        }
    }
}
