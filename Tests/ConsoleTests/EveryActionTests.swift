import Management
import Terminal
import Testing

@testable import Console
@testable import Monitor

/// One check for each action, by its first key in the first place it applies. The switch is exhaustive: an action
/// without a check does not compile.
private struct ActionCheck {
    let action: Action
    var state: ConsoleState
    let key: Key

    init(_ action: Action) throws {
        self.action = action
        let entry = try #require(ActionTable.entry(of: action))
        key = entry.keys[0]
        state = try Fixture.console(columns: 120, rows: 40, monitor: Fixture.objects())
        try go(to: entry.places.contains(.queueList) ? .queueList : entry.places[0])
    }

    private mutating func go(to place: Place) throws {
        let panels: [Place: (Key, Bool)] = [
            .overview: ("1", false), .queueList: ("2", false), .queueDetail: ("2", true), .exchangeList: ("3", false),
            .exchangeDetail: ("3", true), .connectionList: ("4", false), .connectionDetail: ("4", true),
            .channelList: ("5", false), .channelDetail: ("5", true), .nodeList: ("6", false), .nodeDetail: ("6", true),
            .failover: ("7", false), .policyList: ("8", false), .policyDetail: ("8", true),
        ]
        let (panel, isOpen) = try #require(panels[place])
        _ = state.press([panel] + (isOpen ? [.enter] : []))
        #expect(state.place == place)
    }

    /// Presses the key and returns what is to be done.
    mutating func press(after keys: [Key] = []) -> [Effect] {
        _ = state.press(keys)
        return state.press([key])
    }

    mutating func check() throws {
        switch action {
        case .showOverview, .showQueues, .showExchanges, .showConnections, .showChannels, .showNodes,
            .showFailover, .showPolicies:
            let effects = press(after: [action == .showQueues ? "1" : "2"])
            #expect(effects.contains(.show(state.panel.resources)) && state.panel.action == action)
        case .up: checkRow(after: ["j", "j"], is: 1)
        case .down: checkRow(after: [], is: 1)
        case .pageUp: checkRow(after: ["G"], is: 0)
        case .pageDown, .last: checkRow(after: [], is: state.queues.rows.count - 1)
        case .first: checkRow(after: ["G"], is: 0)
        case .columnsLeft, .columnsRight, .allColumns: checkColumns()
        case .open, .back, .nextPane, .previousPane, .lastView, .tree: checkOpening()
        case .filter, .sortMenu, .command, .help, .actions, .pickVhost, .quit: checkDialog()
        case .problemsOnly:
            _ = press()
            #expect(state.queues.rows.count < Fixture.names.count && state.queues.rows.allSatisfy(\.isProblem))
        case .sortLeft, .sortRight, .sortInvert: checkSorting()
        case .allVhosts:
            state.queues.request.vhost = "/"
            #expect(press().contains { if case .list(let page) = $0 { page.vhost == nil } else { false } })
        case .declareQueue, .declareExchange, .bind, .publish, .getMessages, .move, .setPolicy: checkForm()
        case .purgeQueue, .deleteQueue, .deleteExchange, .closeConnection, .clearPolicy: checkConfirmation()
        case .unbind:
            _ = press()
            #expect(state.receipt?.text.hasPrefix("unbind: choose a binding") == true)
        case .undo:
            _ = press()
            #expect(state.receipt?.text == "undo: no queue was deleted here")
        case .mark, .markRange, .markAll, .invertMarks: checkMarks()
        case .faultMenu, .restartNode, .watch, .probe, .addReplica, .removeReplica, .transferLeader,
            .rebalance:
            checkCluster()
        case .pause: #expect(press() == [.pause(true)])
        case .refresh: #expect(press() == [.refresh])
        case .interval: #expect(press() == [.setInterval(.seconds(2))])
        case .past, .future: checkTime()
        case .follow:
            _ = press()
            #expect(state.queues.window.holdsLine)
        case .copy: #expect(press() == [.copy("invoices")])
        case .export: #expect(press() == [.export(TableExport(state.queues))])
        case .nextTheme:
            let before = state.theme.name
            _ = press()
            #expect(state.theme.name != before)
        case .redraw: #expect(press() == [.redraw])
        case .suspend: #expect(press() == [.suspend])
        }
    }

    private mutating func checkRow(after keys: [Key], is row: Int) {
        _ = press(after: keys)
        #expect(state.queues.cursor == row)
    }

    private mutating func checkColumns() {
        _ = state.update(.resize(Size(columns: 80, rows: 24)), at: state.now)
        let before = state.lines[4]
        switch action {
        case .columnsLeft:
            _ = press(after: [.right, .right])
            #expect(state.queues.firstColumn == 1)
        default:
            _ = press()
            #expect(state.lines[4] != before)
        }
    }

    private mutating func checkOpening() {
        switch action {
        case .open:
            #expect(press().contains(.open(.queue(QueueID(vhost: "/", name: "invoices")))))
            #expect(state.place == .queueDetail)
        case .back:
            _ = press(after: [.enter])
            #expect(state.place == .queueList)
        case .nextPane, .previousPane:
            _ = press()
            #expect(state.queues.pane == (action == .nextPane ? .bindings : .arguments))
        case .lastView:
            _ = press(after: ["3"])
            #expect(state.panel == .queues)
        default:
            #expect(press().contains(.open(.topology(vhost: nil))))
            #expect(state[.exchanges].opened == .tree(from: nil))
        }
    }

    private mutating func checkDialog() {
        _ = press()
        let isOpen =
            switch (action, state.dialog) {
            case (.filter, .filter?), (.sortMenu, .sort?), (.command, .command?), (.help, .help?),
                (.actions, .actions?), (.pickVhost, .vhosts?), (.quit, .leave?):
                true
            default: false
            }
        #expect(isOpen, "\(action)")
    }

    private mutating func checkSorting() {
        let sorts: [QueuePageRequest] = press().compactMap { if case .list(let page) = $0 { page } else { nil } }
        switch action {
        case .sortLeft: #expect(sorts.last?.sort == .state)
        case .sortRight: #expect(sorts.last?.sort == .messagesUnacknowledged)
        default: #expect(sorts.last?.sort == .messagesReady && sorts.last?.descending == false)
        }
    }

    private mutating func checkForm() {
        #expect(press().isEmpty)
        guard case .form(let form)? = state.dialog else {
            Issue.record("no form for \(action)")
            return
        }
        let words: [Action: String] = [
            .declareQueue: "Declare a queue", .declareExchange: "Declare an exchange", .bind: "Bind invoices",
            .publish: "Publish to the default exchange", .getMessages: "Get messages of invoices",
            .move: "Move messages of invoices", .setPolicy: "Set a policy",
        ]
        #expect(form.title == words[action])
    }

    private mutating func checkConfirmation() {
        var mutation: Mutation?
        for case .reread(_, let read) in press() { mutation = read }
        let queue = QueueID(vhost: "/", name: "invoices")
        switch action {
        case .purgeQueue: #expect(mutation == .purgeQueue(queue))
        case .deleteQueue: #expect(mutation == .deleteQueue(queue, ifEmpty: false, ifUnused: false))
        case .deleteExchange: #expect(mutation == .deleteExchange(ObjectID(vhost: "/", name: "")))
        case .clearPolicy: #expect(mutation == .clearPolicy(ObjectID(vhost: "/", name: "mirrored")))
        default: #expect(mutation == .closeConnection(Fixture.peer, reason: "closed by hand"))
        }
        guard case .confirm? = state.dialog else {
            Issue.record("no confirmation for \(action)")
            return
        }
    }

    private mutating func checkCluster() {
        // What an endpoint cannot do is said; what it can, the tests of the Failover panel press.
        let effects = press()
        switch action {
        case .watch: #expect(effects == [.watch([state.failover.target(state.monitor)].compactMap { $0 })])
        case .faultMenu, .restartNode: #expect(state.receipt?.text.contains("only Warren's own cluster") == true)
        case .probe: #expect(state.receipt?.text.contains("no AMQP address is known") == true)
        case .rebalance: #expect(state.receipt?.text.contains("does not move leaders") == true)
        default: #expect(state.receipt?.text.contains("does not change the members") == true)
        }
    }

    private mutating func checkMarks() {
        switch action {
        case .mark:
            _ = press()
            #expect(state.queues.marks.map(\.name) == ["invoices"] && state.queues.cursor == 1)
        case .markRange:
            _ = press(after: [" ", "j"])
            #expect(state.queues.marks.count == 3)
        case .markAll:
            _ = press()
            #expect(state.queues.marks.count == Fixture.names.count)
        default:
            _ = press(after: [" "])
            #expect(state.queues.marks.count == Fixture.names.count - 1)
        }
    }

    private mutating func checkTime() {
        for step in 1...3 {
            let monitor = Fixture.objects {
                $0.overview.sampledAt = .seconds(60 + step); $0.time = .seconds(60 + step)
            }
            _ = state.update(.monitor(monitor), at: monitor.time)
        }
        _ = press(after: action == .past ? [] : [",", ","])
        #expect(state.past.shownTime == .seconds(62))
    }
}

@Test("every action does by its key what it is there for", arguments: Action.allCases)
private func everyAction(action: Action) throws {
    var check = try ActionCheck(action)
    try check.check()
}
