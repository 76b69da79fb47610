import Management
import Terminal
import Testing

@testable import Console
@testable import Monitor

private func console(
    _ panel: ConsoleState.Panel = .queues, columns: Int = 80, _ change: (inout MonitorState) -> Void = { _ in }
) throws -> ConsoleState {
    try Fixture.console(columns: columns, monitor: Fixture.objects(change), panel: panel)
}

@Test("w keeps all columns in their order, and the arrows scroll to those at the right")
func allColumns() throws {
    var state = try console(.channels)
    #expect(!state.lines[4].contains("DLV/s") && state.lines[4].contains("ACK/s"))
    _ = state.press(["w"])
    #expect(state.lines[4].contains("DLV/s") && !state.lines[4].contains("VHOST"))
    _ = state.press([.right, .right, .right, .right, .right, .right])
    #expect(state.lines[4].contains("VHOST") && state.lines[4].contains("CHANNEL"))
    var queues = try console()
    _ = queues.press(["w", .right, .right, .right, .right, .right, .right])
    #expect(queues.lines[4].contains("60s") && queues.lines[4].contains("TOTAL"))
}

@Test("F holds the selected row at its line while the others move around it")
func following() throws {
    let many = (0..<60).map { number in
        Fixture.queue("q\(10 + number)", "classic", ready: 1_000 - number, unacked: 0, rates: (0, 0, 0), consumers: 1)
    }
    var state = try Fixture.console(monitor: Fixture.monitor(queues: many))
    _ = state.press([.pageDown, .pageDown, "k", "k", "k", "F"])
    let name = try #require(state.queues.selection?.name)
    let line = try #require(state.lines.firstIndex { $0.hasPrefix(">") })
    var moved = many
    moved.move(named: name, to: 30)
    _ = state.update(.monitor(Fixture.monitor { $0.queues.value?.items = moved }), at: state.now)
    #expect(state.lines.firstIndex { $0.hasPrefix(">") } == line)
    #expect(state.lines[line].contains(name))
    _ = state.press(["F"])
    moved.move(named: name, to: 25)
    _ = state.update(.monitor(Fixture.monitor { $0.queues.value?.items = moved }), at: state.now)
    #expect(state.lines.firstIndex { $0.hasPrefix(">") } != line)
}

extension [QueueInfo] {
    fileprivate mutating func move(named name: String, to place: Int) {
        guard let index = firstIndex(where: { $0.name == name }) else { return }
        insert(remove(at: index), at: place)
    }
}

@Test("y copies the whole name of what is selected")
func copying() throws {
    var state = try console()
    #expect(state.press(["j", "y"]).contains(.copy("orders.eu")))
    var exchanges = try console(.exchanges)
    #expect(exchanges.press(["y"]).isEmpty && exchanges.receipt?.text == "copy: it has no name")
    #expect(exchanges.press(["G", "y"]).contains(.copy("orders.unroute")))
}

@Test("E exports what is listed with exact figures, and no name becomes a formula")
func exporting() throws {
    var state = try console { monitor in
        monitor.queues.value?.items[3].name = "=cmd|' /C calc'!A0,\"x\"\r\n"
    }
    guard case .export(let table)? = state.press(["E"]).first else {
        Issue.record("nothing is exported")
        return
    }
    let lines = table.text.split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines[0].hasPrefix("vhost,name,type,state,durable,auto_delete,exclusive,ready,unacked,"))
    #expect(lines[1].hasPrefix("/,invoices,quorum,running,true,,,28400,50,28450,,1,310,190,190,143360,"))
    #expect(table.text.contains("/,\"'=cmd|' /C calc'!A0,\"\"x\"\"\r\n\",classic"))
    var other = try console(.channels)
    guard case .export(let channels)? = other.press([.control("s")]).first else {
        Issue.record("channels are not exported")
        return
    }
    #expect(channels.name == "channels" && channels.rows.count == 3)
    #expect(channels.rows[0][6] == "820")
    _ = state.press(["/", "z", "z", "z", .enter])
    #expect(state.press(["E"]).isEmpty && state.receipt?.text == "export: nothing is listed")
}

@Test("the help of a list begins with what it is sorted by")
func columnInFocus() throws {
    var state = try console()
    #expect(
        HelpScreen.lines(for: state, width: 80).prefix(2) == [
            .head("Sorted by"), .item(keys: "READY", text: "messages waiting for a consumer", isBarred: false),
        ])
    state = try console(.channels)
    _ = state.press([">"])
    guard case .item("USER", "the user of its connection", _) = HelpScreen.lines(for: state, width: 80)[1] else {
        Issue.record("not the column in focus")
        return
    }
}

@Test("the sort menu of a list of objects has its columns")
func sortMenu() throws {
    var state = try console(.channels)
    _ = state.press(["s"])
    #expect(state.lines.contains { $0.contains("▲ CHANNEL") } && state.lines.contains { $0.contains("UNCONF") })
    _ = state.press(["j", "j", "j", "j", .enter])
    #expect(state[.channels].sortColumn == 4 && state[.channels].isDescending)
    #expect(state[.channels].rows.first?.ref == .channel(Fixture.channels[0].name))
}

@Test("on the overview what needs attention is chosen and opened, and back leads there again")
func lookHere() throws {
    var state = try console(.overview, columns: 120)
    _ = state.update(.resize(Size(columns: 120, rows: 40)), at: state.now)
    #expect(state.lines.contains { $0.hasPrefix(">!") })
    let items = Attention(state).items
    let audit = try #require(items.firstIndex { $0.text.hasPrefix("audit") })
    for _ in 0..<audit { _ = state.press(["j"]) }
    let effects = state.press([.enter])
    #expect(state.place == .exchangeDetail && state[.exchanges].opened?.name == "audit")
    #expect(effects.contains(.open(.exchange(ObjectID(vhost: "/", name: "audit")))))
    _ = state.press([.escape])
    #expect(state.place == .overview)
    _ = state.press(["g", .enter])
    #expect(state.place == .queueDetail)
    _ = state.press(["2"])
    #expect(state.place == .queueList)
    _ = state.press([.escape])
    #expect(state.panel == .queues, "a panel that was asked for is not left by going back")
}

@Test("from a stuck queue Enter leads to the channel that holds the deliveries, and Tab to bindings and arguments")
func panes() throws {
    let id = QueueID(vhost: "/", name: "payments")
    var state = try console { monitor in
        var queue = Fixture.stalled(ready: 211)
        queue.consumerDetails?[0].channelDetails?.name = Fixture.channels[2].name
        queue.arguments = ["x-max-length": 50_000]
        monitor.queue = Sample(value: queue, sampledAt: .seconds(61))
        var detail = Detail(target: .queue(id))
        detail.incoming = [
            BindingInfo(vhost: "/", source: "", destination: "payments", routingKey: "payments"),
            BindingInfo(vhost: "/", source: "orders", destination: "payments", routingKey: "*.pay.#"),
        ]
        monitor.detail = Sample(value: detail, sampledAt: .seconds(61))
    }
    _ = state.press(["j", "j", "j", .enter])
    #expect(state.lines.contains { $0.contains("[CONSUMERS 1]  BINDINGS 2   MEMBERS 1   ARGUMENTS 1") })
    _ = state.press([.enter])
    #expect(state.place == .channelDetail && state[.channels].opened?.name == Fixture.channels[2].name)
    _ = state.press([.escape])
    #expect(state.place == .queueDetail)
    _ = state.press([.tab])
    #expect(state.lines.contains { $0.contains("← the default exchange  key payments") })
    _ = state.press(["j"])
    #expect(state.lines.contains { $0.contains(">") && $0.contains("← exchange orders  key *.pay.#") })
    _ = state.press([.enter])
    #expect(state[.exchanges].opened?.name == "orders")
    _ = state.press([.escape, .tab, .tab])
    #expect(state.queues.pane == .arguments && state.lines.contains { $0.contains("x-max-length  50000") })
    _ = state.press([.backTab, .backTab, .backTab, .backTab])
    #expect(state.queues.pane == .arguments)
    _ = state.update(.resize(Size(columns: 200, rows: 60)), at: state.now)
    #expect(
        state.lines.contains { line in
            ["CONSUMERS 1", "BINDINGS 2", "MEMBERS 1", "ARGUMENTS 1"].allSatisfy(line.contains)
        })
}

@Test("the tree shows who leads where, circles included, and Enter opens what it shows")
func tree() throws {
    func binding(
        _ from: String, _ to: String, _ kind: BindingInfo.Destination = .queue, key: String = ""
    ) -> BindingInfo {
        BindingInfo(vhost: "/", source: from, destination: to, destinationType: kind, routingKey: key)
    }
    var state = try console(.exchanges) { monitor in
        var detail = Detail(target: .topology(vhost: nil))
        detail.outgoing = [
            binding("", "invoices", key: "invoices"), binding("orders", "orders.eu", key: "*.eu.#"),
            binding("orders", "audit", .exchange, key: "#"), binding("audit", "audit.tx"),
            binding("audit", "orders", .exchange),
        ]
        monitor.detail = Sample(value: detail, sampledAt: .seconds(60))
    }
    let effects = state.press(["t"])
    #expect(effects.contains(.open(.topology(vhost: nil))))
    let tree = state.lines[4...].prefix { !$0.hasPrefix("───") }.map { $0.drop { $0 == " " || $0 == ">" } }
    #expect(
        tree.prefix(6).joined(separator: "\n") == """
            audit (fanout)
            ├─ → queue audit.tx
            └─ → orders (topic)
            ├─ # → audit (fanout) ↺
            └─ *.eu.# → queue orders.eu

            """)
    _ = state.press(["j", .enter])
    #expect(state.place == .queueDetail && state.queues.opened?.name == "audit.tx")
    _ = state.press([.escape])
    #expect(state.place == .exchangeDetail)
    _ = state.press([.escape])
    #expect(state.place == .exchangeList)
}

@Test(", and . go back and forward in time, changes are barred there, and z is now again")
func travelling() throws {
    var state = try Fixture.console()
    for step in 1...3 {
        let monitor = Fixture.monitor { monitor in
            monitor.time = .seconds(60 + step)
            monitor.overview.sampledAt = monitor.time
            monitor.queues.value?.items[0].messagesReady = 28_000 + step
        }
        _ = state.update(.monitor(monitor), at: monitor.time)
    }
    func ready() -> Int? { state.queues.rows.first { $0.id.name == "invoices" }?.queue.messagesReady }
    #expect(ready() == 28_003)
    _ = state.press([","])
    #expect(ready() == 28_002 && state.lines[0].contains("FROZEN -"))
    _ = state.press([","])
    #expect(ready() == 28_001)
    _ = state.press([","])
    #expect(ready() == 28_001 && state.receipt?.text == "nothing older is kept")
    _ = state.press(["p"])
    #expect(state.dialog == nil && state.receipt?.text.contains("this is the past") == true)
    _ = state.press(["."])
    #expect(ready() == 28_002)
    let newest = Fixture.monitor { monitor in
        monitor.time = .seconds(90)
        monitor.overview.sampledAt = monitor.time
        monitor.queues.value?.items[0].messagesReady = 30_000
    }
    _ = state.update(.monitor(newest), at: newest.time)
    #expect(ready() == 28_002, "what is looked at stays")
    _ = state.press(["z"])
    #expect(ready() == 30_000 && !state.lines[0].contains("FROZEN"))
    _ = state.press([",", ".", "."])
    #expect(ready() == 30_000 && state.receipt?.text == "this is now")
}

@Test("the past is bounded by pictures and by rows")
func pastIsBounded() throws {
    var past = Past()
    for step in 0..<500 {
        past.record(
            Fixture.monitor { monitor in
                monitor.overview.sampledAt = .seconds(100 + step)
            })
    }
    #expect(past.pictures.count == Past.pictureLimit)
    let many = (0..<500).map { Fixture.stub("q\($0)") }
    for step in 0..<50 {
        past.record(
            Fixture.monitor { monitor in
                monitor.overview.sampledAt = .seconds(1_000 + step)
                monitor.queues.value?.items = many
            })
    }
    #expect(past.pictures.reduce(0) { $0 + ($1.queues.value?.items.count ?? 0) } <= Past.rowLimit)
    #expect(past.pictures.last?.overview.sampledAt == .seconds(1_049))
}
