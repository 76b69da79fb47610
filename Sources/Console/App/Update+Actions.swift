import Management
import Monitor
import Terminal

extension ConsoleState {
    /// The refresh intervals to choose from, seconds.
    private static let intervals: [Duration] = [1, 2, 5, 10, 30].map(Duration.seconds)

    /// Takes a key where no dialog is open.
    mutating func perform(_ entry: ActionTable.Entry) -> [Effect] {
        if let reason = barred(entry) {
            receipt = .note("\(entry.label): \(reason)")
            return []
        }
        switch entry.action {
        case .showOverview: return show(.overview)
        case .showQueues:
            queues.opened = nil
            return show(.queues)
        case .showExchanges: return show(list: .exchanges)
        case .showConnections: return show(list: .connections)
        case .showChannels: return show(list: .channels)
        case .showNodes: return show(list: .nodes)
        case .showPolicies: return show(list: .policies)
        case .showFailover: return show(.failover)
        case .up, .down, .pageUp, .pageDown, .first, .last: return move(entry.action)
        case .columnsLeft, .columnsRight: scrollColumns(entry.action == .columnsRight ? 1 : -1)
        case .open: return openSelected()
        case .nextPane: turnPane(1)
        case .previousPane: turnPane(-1)
        case .back: return back()
        case .filter: dialog = .filter(TextField(text: panel.kind.map { self[$0].filter } ?? queues.filter.text))
        case .problemsOnly:
            if let kind = panel.kind { self[kind].problemsOnly.toggle() } else { queues.problemsOnly.toggle() }
            arrive()
        case .allColumns:
            showsAllColumns.toggle()
            receipt = .note(showsAllColumns ? "all columns; ←→ scroll them" : "the columns that fit, by importance")
        case .follow: toggleFollowing()
        case .tree: return showTree()
        case .sortMenu: dialog = .sort(SortMenu(self))
        case .sortLeft: return sort(towards: -1)
        case .sortRight: return sort(towards: 1)
        case .sortInvert:
            if let kind = panel.kind {
                self[kind].sort(by: self[kind].sortColumn, monitor)
                return []
            }
            queues.request.descending.toggle()
            return [.list(queues.request)]
        case .pickVhost: dialog = .vhosts(VhostMenu(vhosts, current: queues.request.vhost))
        case .allVhosts: return list(vhost: nil)
        case .declareQueue:
            let vhost = queues.request.vhost ?? queues.selection?.vhost ?? "/"
            dialog = .form(.declareQueue(vhost: vhost, product: monitor.capabilities?.product, at: now))
        case .purgeQueue:
            if place == .queueList, !queues.marks.isEmpty {
                askBulk("purge") { .purgeQueue($0) }
                return []
            }
            return confirm { .purgeQueue($0) }
        case .deleteQueue:
            if place == .queueList, !queues.marks.isEmpty {
                askBulk("delete") { .deleteQueue($0, ifEmpty: false, ifUnused: false) }
                return []
            }
            return confirm { .deleteQueue($0, ifEmpty: false, ifUnused: false) }
        case .mark, .markRange, .markAll, .invertMarks: return mark(entry.action)
        case .undo: askUndo()
        case .faultMenu, .restartNode, .watch, .probe, .rebalance: return disturb(entry.action)
        case .addReplica, .removeReplica, .transferLeader: return changeReplicas(entry.action)
        case .declareExchange, .deleteExchange, .bind, .unbind, .publish, .getMessages, .move, .closeConnection,
            .setPolicy, .clearPolicy:
            return change(entry.action)
        case .pause, .past, .future: return turnTime(entry.action)
        case .copy: return copyName()
        case .export: return export()
        case .refresh: return [.refresh]
        case .interval: return [nextInterval()]
        case .actions: dialog = .actions(ActionMenu(self))
        case .lastView: if let lastPanel { return show(lastPanel) }
        case .command: dialog = .command(CommandPrompt(history: commandHistory))
        case .help: dialog = .help(top: 0)
        case .nextTheme: nextTheme()
        case .redraw: return [.redraw]
        case .suspend: return leave(.suspend)
        case .quit: return leave(.quit)
        }
        return []
    }

    /// Why an action cannot be done now; `nil` where it can.
    func barred(_ entry: ActionTable.Entry) -> String? {
        if entry.isDangerous, let refusal = gate.refusal(at: now) { return refusal }
        if entry.isDangerous, past.shownTime != nil {
            return "this is the past; \(keyName(of: .pause)) shows the present"
        }
        if let reason = barredByEndpoint(entry.action) { return reason }
        if entry.needsSelection {
            if panel == .failover, failover.target(monitor) == nil { return "no queue is selected" }
            if panel == .overview, attentionTarget == nil { return "nothing needs attention" }
            if let kind = panel.kind, self[kind].target == nil { return "nothing is selected" }
            if panel == .queues, queues.target == nil { return "no queue is selected" }
        }
        return nil
    }

    mutating func show(_ panel: Panel) -> [Effect] {
        if panel != self.panel { lastPanel = self.panel }
        self.panel = panel
        cameFrom = []
        // What came while another panel was open shows at once.
        arrive()
        return [.show(panel.resources)]
    }

    private mutating func show(list kind: ObjectKind) -> [Effect] {
        self[kind].opened = nil
        return show(kind.panel)
    }

    /// Holds the selected row at its line, or lets it move with the others.
    private mutating func toggleFollowing() {
        let holds: Bool
        if let kind = panel.kind {
            self[kind].keepSelection()
            self[kind].window.holdsLine.toggle()
            holds = self[kind].window.holdsLine
        } else {
            queues.keepSelection()
            queues.window.holdsLine.toggle()
            holds = queues.window.holdsLine
        }
        receipt = .note(holds ? "the selected row keeps its line" : "the selected row moves with the others")
    }

    /// The vhosts that are known.
    var vhosts: [String] {
        let listed = monitor.queues.value?.items.map(\.vhost) ?? []
        let all = monitor.vhosts.value?.map(\.name) ?? listed
        return Set(all + [queues.request.vhost].compactMap { $0 }).sorted()
    }

    private mutating func sort(towards step: Int) -> [Effect] {
        if let kind = panel.kind {
            let layout = self[kind].table(theme, width: size.columns, all: showsAllColumns).layout(
                width: size.columns, scrolledBy: self[kind].firstColumn)
            let shown = layout.places.map(\.index)
            guard !shown.isEmpty else { return [] }
            let place = shown.firstIndex(of: self[kind].sortColumn) ?? (step > 0 ? -1 : 0)
            self[kind].sort(by: shown[(place + step + shown.count) % shown.count], monitor)
            return []
        }
        let fields = QueueTable(self, width: size.columns).sortFields
        guard !fields.isEmpty else { return [] }
        let place = queues.request.sort.flatMap { fields.firstIndex(of: $0) } ?? (step > 0 ? -1 : 0)
        return sort(by: fields[(place + step + fields.count) % fields.count])
    }

    /// Sorts by a field, or turns its order around.
    mutating func sort(by field: QueueSortField) -> [Effect] {
        queues.sort(by: field)
        return [.list(queues.request)]
    }

    /// Lists what is in a vhost, or in all of them.
    mutating func list(vhost: String?) -> [Effect] {
        queues.request.vhost = vhost
        queues.request.page = 1
        return [.list(queues.request)]
    }

    /// Opens the gate: the dialog, and a fresh look at what would be hit.
    private mutating func confirm(_ mutation: (QueueID) -> Mutation) -> [Effect] {
        guard let id = queues.target else { return [] }
        queues.keepSelection()
        return confirm(mutation(id))
    }

    /// Opens the gate: the dialog, and a fresh look at what would be hit.
    mutating func confirm(_ mutation: Mutation) -> [Effect] {
        let ticket = nextTicket()
        dialog = .confirm(ConfirmDialog(mutation, at: now, ticket: ticket))
        return [.reread(ticket, mutation)]
    }

    private mutating func nextInterval() -> Effect {
        let next = Self.intervals.first { $0 > monitor.interval } ?? Self.intervals[0]
        receipt = .note("refresh every \(Figures.age(next)), lists of a remote broker at most every 5 s")
        return .setInterval(next)
    }

    private mutating func nextTheme() {
        guard let next = settings.themes.theme(after: theme.name) else { return }
        theme = next
        receipt = .note("theme \(next.name)")
    }

    // MARK: Leaving

    /// What ends with this process; `nil` where nothing does.
    var lossOnQuit: String? {
        guard isEmbedded else { return nil }
        let monitor = past.present ?? monitor
        let connections = monitor.overview.value?.objectTotals.connections ?? 0
        let messages = monitor.overview.value?.queueTotals.messages?.value ?? 0
        guard connections > 0 || messages > 0 else {
            return monitor.isPaused || monitor.overview.isStale
                ? "The broker runs in this process; the figures are old, clients may be connected." : nil
        }
        let clients = connections == 1 ? "1 connection is" : "\(Figures.exact(connections)) connections are"
        let held = messages == 1 ? "1 message is" : "\(Figures.exact(messages)) messages are"
        return "The broker runs in this process: \(clients) open and \(held) in it."
    }

    /// Asks before leaving; suspending only costs something where the broker is stopped with the console.
    mutating func leave(_ way: LeaveQuestion.Way) -> [Effect] {
        if way == .suspend, lossOnQuit == nil { return [.suspend] }
        dialog = .leave(LeaveQuestion(way: way, openedAt: now))
        return []
    }
}
