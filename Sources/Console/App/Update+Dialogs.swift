import Management
import Terminal

extension ConsoleState {
    /// Takes a key: the dialog's where one is open, else the action table's.
    mutating func press(_ key: Key) -> [Effect] {
        guard !isTooSmall else {
            // Nothing is seen, so nothing is done but leaving.
            guard let entry = settings.keys.entry(for: key, in: .overview) else { return [] }
            switch entry.action {
            case .suspend, .redraw: return perform(entry)
            case .quit where lossOnQuit == nil: return [.quit]
            default: return []
            }
        }
        guard let dialog else {
            guard let entry = settings.keys.entry(for: key, in: place) else { return [] }
            return perform(entry)
        }
        if let entry = settings.keys.entry(for: key, in: place), entry.action == .redraw {
            return perform(entry)
        }
        switch dialog {
        case .help(let top): pressInHelp(key, top: top)
        case .confirm(let confirmation): return press(key, in: confirmation)
        case .sort(let menu): return press(key, in: menu)
        case .form(let form): return press(key, in: form)
        case .bulk(let bulk): return press(key, in: bulk)
        case .actions(let menu): return press(key, in: menu)
        case .fault(let menu): return press(key, in: menu)
        case .messages(let messages): press(key, in: messages)
        case .vhosts(let menu): return press(key, in: menu)
        case .leave(let question): return press(key, in: question)
        case .filter(let field): return pressInFilter(key, field)
        case .command(let prompt): return press(key, in: prompt)
        }
        return []
    }

    /// Closes the dialog and lets the rows move again.
    mutating func closeDialog() {
        dialog = unseenMessages.isEmpty ? nil : .messages(unseenMessages.removeFirst())
        arrive()
    }

    private mutating func pressInHelp(_ key: Key, top: Int) {
        let page = max(1, size.rows - 4)
        let last = max(0, HelpScreen.lines(for: self, width: size.columns).count - page)
        switch key {
        case .up, "k": dialog = .help(top: max(0, top - 1))
        case .down, "j": dialog = .help(top: min(last, top + 1))
        case .pageUp: dialog = .help(top: max(0, top - page))
        case .pageDown, " ": dialog = .help(top: min(last, top + page))
        case .home, "g": dialog = .help(top: 0)
        case .end, "G": dialog = .help(top: last)
        case .escape, .enter, "q", "?", .control("c"): closeDialog()
        default: break
        }
    }

    private mutating func press(_ key: Key, in confirmation: ConfirmDialog) -> [Effect] {
        var confirmation = confirmation
        switch confirmation.press(key, at: now) {
        case .stays: dialog = .confirm(confirmation)
        case .cancelled:
            closeDialog()
            receipt = .note("\(confirmation.mutation.verb) \(confirmation.mutation.title): cancelled")
        case .confirmed:
            remember(confirmation)
            return send(confirmation.mutation)
        }
        return []
    }

    /// Keeps what a deletion takes away, as it was read for its confirmation.
    private mutating func remember(_ confirmation: ConfirmDialog) {
        guard case .deleteQueue = confirmation.mutation, case .known(let radius) = confirmation.reading,
            let queue = radius.queue
        else { return }
        deleting = DeletedQueue(queue: queue, bindings: radius.bindings)
    }

    mutating func send(_ mutation: Mutation) -> [Effect] {
        closeDialog()
        // The gate's own check: whatever opened the dialog, nothing is sent from a read-only console, nor after the
        // lock has closed again.
        if let refusal = gate.refusal(at: now) {
            receipt = .note("\(mutation.verb): \(refusal)")
            return []
        }
        receipt = .pending(mutation)
        return [.perform(mutation)]
    }

    private mutating func press(_ key: Key, in menu: SortMenu) -> [Effect] {
        var menu = menu
        switch key {
        case .up, "k": menu.move(-1)
        case .down, "j", "s": menu.move(1)
        case .enter:
            closeDialog()
            switch menu.choice {
            case .field(let field): return sort(by: field)
            case .column(let column): if let kind = panel.kind { self[kind].sort(by: column, monitor) }
            }
            return []
        case .escape, "q", .control("c"):
            closeDialog()
            return []
        default: break
        }
        dialog = .sort(menu)
        return []
    }

    private mutating func press(_ key: Key, in menu: ActionMenu) -> [Effect] {
        var menu = menu
        switch key {
        case .up, "k": menu.move(-1)
        case .down, "j", "a": menu.move(1)
        case .enter:
            closeDialog()
            return menu.entries.indices.contains(menu.cursor) ? perform(menu.entries[menu.cursor]) : []
        case .escape, "q", .control("c"):
            closeDialog()
            return []
        default: break
        }
        dialog = .actions(menu)
        return []
    }

    private mutating func press(_ key: Key, in menu: VhostMenu) -> [Effect] {
        var menu = menu
        switch key {
        case .up, "k": menu.move(-1)
        case .down, "j", "v": menu.move(1)
        case .enter:
            closeDialog()
            return list(vhost: menu.vhost)
        case .escape, "q", .control("c"):
            closeDialog()
            return []
        default: break
        }
        dialog = .vhosts(menu)
        return []
    }

    private mutating func press(_ key: Key, in question: LeaveQuestion) -> [Effect] {
        var question = question
        switch question.press(key, at: now, isHarmless: lossOnQuit == nil) {
        case .stays: dialog = .leave(question)
        case .cancelled: closeDialog()
        case .confirmed:
            closeDialog()
            return [question.effect]
        }
        return []
    }

    private mutating func pressInFilter(_ key: Key, _ field: TextField) -> [Effect] {
        var field = field
        switch key {
        case .escape, .control("c"):
            closeDialog()
            return []
        case .enter, .tab:
            if let kind = panel.kind {
                guard self[kind].filterError == nil else { return [] }
                self[kind].filter = field.text
                closeDialog()
                return []
            }
            let filter = QueueFilter(text: field.text)
            // What is wrong stands beside the field.
            guard filter.error == nil else { return [] }
            queues.setFilter(filter)
            dialog = nil
            return [.list(queues.request)]
        case .up, .down:
            let step = key == .up ? -1 : 1
            if let kind = panel.kind { self[kind].move(by: step) } else { queues.move(by: step) }
            selectedAt = now
        default:
            field.handle(key)
            dialog = .filter(field)
            arrive()
        }
        return []
    }
}
