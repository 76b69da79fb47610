import Management
import Monitor
import Terminal
import Testing

@testable import Console

@Test(
    "moving keeps to the rows, by identity",
    arguments: [
        (["j"], "orders.eu"), (["j", "j", "k"], "orders.eu"), (["k"], "invoices"), (["G"], "reports"),
        (["G", "g"], "invoices"), ([.pageDown], "reports"), ([.pageDown, .pageUp], "invoices"), ([.end], "reports"),
        ([.down, .down, .up], "orders.eu"),
    ] as [([Key], String)])
func moving(keys: [Key], name: String) throws {
    var state = try Fixture.console()
    #expect(state.press(keys).filter { if case .select = $0 { false } else { true } } == [])
    #expect(state.queues.selection?.name == name)
}

@Test("the selection follows its queue when the order changes, and its neighbour when it goes")
func selectionIsAnIdentity() throws {
    var state = try Fixture.console()
    _ = state.press(["j"])
    _ = state.update(.monitor(Fixture.monitor { $0.queues.value?.items.reverse() }), at: state.now)
    #expect(state.queues.selection?.name == "orders.eu")
    #expect(state.queues.cursor == 7)
    let without = Fixture.monitor {
        $0.queues.value?.items.reverse()
        $0.queues.value?.items.removeAll { $0.name == "orders.eu" }
    }
    _ = state.update(.monitor(without), at: state.now)
    #expect(state.queues.selection?.name == "invoices")
}

@Test("until a row is chosen, the first one is selected")
func firstIsSelected() throws {
    var state = try Fixture.console()
    _ = state.update(.monitor(Fixture.monitor { $0.queues.value?.items.reverse() }), at: state.now)
    #expect(state.queues.selection?.name == "reports")
}

@Test("the detail of a remote queue is asked for once the selection rests")
func resting() throws {
    var state = try Fixture.console()
    var effects = state.press(["j", "j", "j"], every: .milliseconds(50))
    #expect(effects == [])
    #expect(state.nextTick == state.now + ConsoleState.restTime)
    effects = state.update(.tick, at: state.nextTick)
    #expect(effects == [.select(QueueID(vhost: "/", name: "payments"))])
    #expect(state.update(.tick, at: state.now + .seconds(1)) == [])
}

/// The queue requests among effects.
private func lists(_ effects: [Effect]) -> [QueuePageRequest] {
    effects.compactMap { if case .list(let request) = $0 { request } else { nil } }
}

@Test("sorting: by column, by menu, inverted")
func sorting() throws {
    var state = try Fixture.console()
    #expect(lists(state.press([">"])).last?.sort == .messagesUnacknowledged)
    #expect(lists(state.press(["<", "<"])).last?.sort == .state)
    #expect(state.queues.request.descending == false)
    #expect(lists(state.press(["I"])).last?.descending == true)
    let chosen = lists(state.press(["s", "j", "j", .enter])).last
    #expect(chosen?.sort == .messages && chosen?.descending == true)
    #expect(lists(state.press(["s", .enter])).last?.descending == false)
    #expect(state.press(["s", .escape]) == [])
    #expect(state.dialog == nil)
}

@Test("a filter previews what is loaded and asks the broker on Enter")
func filtering() throws {
    var state = try Fixture.console()
    #expect(lists(state.press(["/", "o", "r", "d"])) == [])
    #expect(state.queues.rows.map(\.id.name) == ["orders.eu", "orders.us", "orders.eu.de.retail.dead-letter"])
    #expect(state.lines[3].contains("3 of 9 loaded match"))
    let request = try #require(lists(state.press([.enter])).last)
    #expect(request.nameFilter == "ord" && !request.usesRegex && request.page == 1)
    #expect(state.lines[3].contains("with \"ord\""))
    #expect(lists(state.press([.escape])).last?.nameFilter == "")
}

@Test("cancelling a filter keeps the one in force")
func filterCancelled() throws {
    var state = try Fixture.console()
    _ = state.press(["/", "x", .escape])
    #expect(state.queues.filter.isEmpty && state.queues.rows.count == 9)
}

@Test("an inverse filter means the same to the preview and to the broker")
func inverseFilter() throws {
    let filter = QueueFilter(text: "!a.b(")
    var request = QueuePageRequest()
    filter.apply(to: &request)
    #expect(request.usesRegex)
    let queues = ["xa.b(y", "XA.B(", "axb(", "other"].map { QueueInfo(vhost: "/", name: $0) }
    let broker = try request.page(of: queues).items.map(\.name)
    #expect(broker == queues.filter(filter.passes).map(\.name))
    #expect(broker == ["axb(", "other"])
}

@Test("a part of a list says which part it is, and moving past its end asks for the next")
func paging() throws {
    let monitor = Fixture.monitor { monitor in
        let items = monitor.queues.value?.items ?? []
        monitor.queues.value = Page(items: items, page: 1, pageSize: 9, filteredCount: 10_000, totalCount: 10_000)
    }
    var state = try Fixture.console(monitor: monitor)
    #expect(state.lines[3].contains("1–9 of 10,000 queues  page 1/1112"))
    #expect(lists(state.press(["G", "j"])).map(\.page) == [2])
    // The page asked for has not come: nothing is asked for twice.
    #expect(lists(state.press(["j"])) == [])
}

@Test("a queue is declared by keystroke, and the form refuses what RabbitMQ refuses")
func declaring() throws {
    var state = try Fixture.console()
    var effects = state.press(["c", .enter])
    #expect(state.lines.contains { $0.contains("a queue needs a name") })
    effects = state.press(["a", "m", "q", ".", "x", .enter])
    #expect(effects == [])
    #expect(state.lines.contains { $0.contains("belong to the broker") })
    effects = state.press([.control("u"), "j", "o", "b", "s", .enter, .enter])
    #expect(
        effects == [.perform(.declareQueue(QueueID(vhost: "/", name: "jobs"), QueueSettings(type: "classic")))])
    #expect(state.dialog == nil && state.receipt?.text == "Declaring jobs …")
}

@Test("the form: types, limits of the name, arguments, paste, and no Enter in its first 300 ms")
func form() throws {
    var form = Form.declareQueue(vhost: "/", product: .rabbitMQ, at: .zero)
    let later = Duration.seconds(1)
    form.paste(String(repeating: "é", count: 128))
    #expect(form.problem?.text == "256 bytes; a name has at most 255")
    for key in [Key.backspace, "x", .tab, .tab, .right, .tab, " "] { _ = form.press(key, at: later) }
    #expect(form.problem == Form.Problem(3, "a quorum queue is always durable"))
    for key in [Key.character(" "), .tab, .tab] { _ = form.press(key, at: later) }
    form.paste("x-max-length=5 broken")
    #expect(form.problem == Form.Problem(5, "'broken' is not name=value"))
    for _ in " broken" { _ = form.press(.backspace, at: later) }
    let deaf = Duration.milliseconds(100)
    for _ in 0..<2 { #expect(form.pressed(.enter, at: deaf) == .stays) }
    let id = QueueID(vhost: "/", name: String(repeating: "é", count: 127) + "x")
    let settings = QueueSettings(type: "quorum", arguments: ["x-max-length": 5])
    #expect(form.pressed(.enter, at: later) == .sent(.declareQueue(id, settings)))
    let own = Form.declareQueue(vhost: "/", product: .warren, at: .zero)
    guard case .choice(["classic", "quorum"], 0) = own.fields[2].value else {
        Issue.record("Warren's own types are not the only choice")
        return
    }
}

extension Form {
    fileprivate mutating func pressed(_ key: Key, at now: Duration) -> Outcome { press(key, at: now) }
}

@Test("purge, delete: dialog, fresh reading, confirmation, request, receipt, refresh")
func purging() throws {
    var state = try Fixture.console()
    let id = QueueID(vhost: "/", name: "payments")
    _ = state.press(["j", "j", "j"])
    guard case .reread(let ticket, .purgeQueue(id)) = try #require(state.press(["p"]).first) else {
        Issue.record("the queue was not read again")
        return
    }
    _ = state.update(.reread(ticket, .success(ReadObject(Fixture.stalled(ready: 990)))), at: state.now)
    #expect(state.lines.contains { $0.contains("990 ready will go (0.0s old, the broker counts every 5.0s).") })
    #expect(state.lines.contains { $0.contains("10 unacked stay with their consumers and may return.") })
    #expect(state.press([.tab, .enter]).first == .perform(.purgeQueue(id)))
    let after = state.update(.performed(.purgeQueue(id), .success(.accepted)), at: state.now)
    #expect(after.contains(.refresh))
    #expect(state.lines[22] == " ✓ purge payments: accepted")
}

@Test("deleting the open queue goes back to the list")
func deleting() throws {
    var state = try Fixture.console()
    _ = state.press([.enter])
    let id = QueueID(vhost: "/", name: "invoices")
    _ = state.update(.performed(.deleteQueue(id, ifEmpty: false, ifUnused: false), .success(.accepted)), at: state.now)
    #expect(state.place == .queueList)
}

@Test("quitting a remote console asks; y or Tab Enter quits, Escape and ctrl-c stay")
func quitting() throws {
    for (keys, quits) in [
        (["q", "y"], true), (["q", .tab, .enter], true), (["q", .enter], false), (["q", .escape], false),
        ([.control("c"), .control("c")], false), (["q", "q"], false), ([":", "q", .enter], true),
    ] as [([Key], Bool)] {
        var state = try Fixture.console()
        #expect(state.press(keys).contains(.quit) == quits, "\(keys)")
    }
}

@Test("quitting the embedded broker says how many connections and messages are hit, and y is not enough")
func quittingEmbedded() throws {
    let monitor = Fixture.monitor(
        { $0.overview.value?.queueTotals.messages = Measured(28_412) },
        capabilities: EndpointCapabilities.embedded(version: "1"))
    for (key, effect) in [(Key.character("q"), Effect.quit), (.control("z"), .suspend)] {
        var state = try Fixture.console(monitor: monitor)
        #expect(!state.press([key, "y"]).contains(effect))
        let text = state.lines.joined(separator: " ")
        #expect(text.contains("9 connections are") && text.contains("28,412 messages"))
        #expect(state.press([.tab, .enter]).contains(effect))
    }
}

@Test("suspending a remote console needs no question")
func suspending() throws {
    var state = try Fixture.console()
    #expect(state.press([.control("z")]) == [.suspend])
}

@Test("pause, refresh, interval, redraw, theme")
func consoleKeys() throws {
    var state = try Fixture.console()
    #expect(
        state.press(["z", .control("r"), "R", .control("l")]) == [
            .pause(true), .refresh, .setInterval(.seconds(2)), .redraw,
        ])
    #expect(state.theme.name == "dark")
    _ = state.press(["T"])
    #expect(state.theme.name == "light")
}

@Test("Escape never quits, and a key without meaning does nothing")
func escapeNeverQuits() throws {
    var state = try Fixture.console()
    let effects = state.press(Array(repeating: .escape, count: 5) + ["Q", "X", .function(7)])
    #expect(effects == [])
}

@Test("only problems: queues that need attention")
func problems() throws {
    var state = try Fixture.console()
    _ = state.press(["!"])
    #expect(state.queues.rows.map(\.id.name) == ["payments", "orders.eu.de.retail.dead-letter"])
    #expect(state.lines[3].contains("only problems"))
    _ = state.press([.escape])
    #expect(state.queues.rows.count == 9)
}

@Test("the mouse selects rows, opens tabs and sorts, but never reaches a dialog")
func mouse() throws {
    var state = try Fixture.console()
    _ = state.update(.mouse(MouseEvent(column: 5, row: 7, button: .left)), at: state.now)
    #expect(state.queues.selection?.name == "orders.us")
    let sorted = state.update(.mouse(MouseEvent(column: 2, row: 4, button: .left)), at: state.now)
    #expect(lists(sorted).last?.sort == .name)
    _ = state.press(["p"])
    _ = state.update(.mouse(MouseEvent(column: 3, row: 1, button: .left)), at: state.now)
    #expect(state.panel == .queues)
    _ = state.press([.escape])
    _ = state.update(.mouse(MouseEvent(column: 3, row: 1, button: .left)), at: state.now)
    #expect(state.panel == .overview)
}

@Test("without queues no action about one opens a dialog")
func noQueues() throws {
    var state = try Fixture.console(monitor: Fixture.monitor(queues: []))
    for key in [Key.character("p"), .control("d"), .enter, "j", "G"] {
        _ = state.press([key])
        #expect(state.dialog == nil && state.queues.opened == nil)
    }
    #expect(state.lines.contains { $0.contains("There are no queues yet. c declares one.") })
}
