import Management
import Monitor
import Terminal
import Testing

@testable import Console

private func open(_ panel: ConsoleState.Panel, _ change: (inout MonitorState) -> Void = { _ in }) throws -> ConsoleState
{
    try Fixture.console(monitor: Fixture.objects(change), panel: panel)
}

/// What a mutation was performed with, among effects.
private func performed(_ effects: [Effect]) -> Mutation? {
    for case .perform(let mutation) in effects { return mutation }
    return nil
}

@Test("the keys 1 to 6 open the panels, which ask for what they show")
func panelKeys() throws {
    var state = try open(.overview)
    let panels: [(Key, ConsoleState.Panel, Resource.Kind)] = [
        ("2", .queues, .queues), ("3", .exchanges, .exchanges), ("4", .connections, .connections),
        ("5", .channels, .channels), ("6", .nodes, .nodes), ("1", .overview, .overview),
    ]
    for (key, panel, resource) in panels {
        let effects = state.press([key])
        #expect(state.panel == panel)
        #expect(effects.contains { if case .show(let kinds) = $0 { kinds.contains(resource) } else { false } })
    }
}

@Test("exchanges at 80×24")
func exchangesAt80() throws {
    var state = try open(.exchanges)
    _ = state.press(["j", "j"])
    #expect(
        state.lines[3...8].joined(separator: "\n") == """
             5 exchanges
             EXCHANGE▲                 TYPE     FEAT   ALTERNATE          IN/s  OUT/s     IN
             (default)                 direct   D                          240    240  14.4k
             amq.topic                 topic    D                            –      –      –
            >audit                     fanout   D                           12      0    720
             orders                    topic    D AE   orders.unroute      820   1640  49.2k
            """)
    #expect(state.lines.contains { $0.hasPrefix(" audit: 12/s are published here and reach no queue") })
}

@Test("connections at 80×24")
func connectionsAt80() throws {
    let state = try open(.connections)
    #expect(
        state.lines[3...7].joined(separator: "\n") == """
             3 connections
             CONNECTION▲                   USER       STATE    CHAN  FROM/s    TO/s VHOST
            >10.0.4.17:50112 order-taker   orders     running     2    178k     40k /
             10.0.4.18:41000               invoices   blocked     1       –       – –
             stub                          –          –           –       –       – –
            """)
}

@Test("channels at 80×24, the stuck one in plain words")
func channelsAt80() throws {
    var state = try open(.channels)
    _ = state.press(["G"])
    #expect(
        state.lines[3...7].joined(separator: "\n") == """
             3 channels
             CHANNEL▲                  USER      MD  PREF  UNACK UNCONF  PUB/s  CNF/s  ACK/s
             10.0.4.17:50112 (1)       orders    C    100     96     37    820    818    818
             10.0.4.17:50112 (2)       orders    -    100      0      -    360      -      0
            >10.0.4.19:50000 (3)       payments  -     10     10      -      0      -      0
            """)
    #expect(state.lines.contains { $0.contains("its prefetch is full and nothing is acknowledged") })
}

@Test("every panel and every detail is drawn at every size, and whatever key is pressed")
func sizesAndKeys() throws {
    let keys: [Key] = [
        "j", "G", "g", "k", .pageDown, .pageUp, .right, .left, "s", .escape, "<", ">", "I", "!", "!", .enter, "j", "G",
        "x", .escape, "b", .escape, "P", .tab, "a", .escape, "c", .escape, .control("d"), .escape, .escape, "v",
        .escape,
        "0", "?", .pageDown, .escape, "/", "o", .enter, .escape,
    ]
    for size in [Size(columns: 1, rows: 1), Size(columns: 40, rows: 10), Size(columns: 200, rows: 60)] {
        for panel in ConsoleState.Panel.allCases {
            var state = try open(panel)
            _ = state.update(.resize(size), at: state.now)
            for key in keys {
                _ = state.press([key])
                #expect(state.render().size == size)
            }
        }
    }
}

@Test("a resource that is refused greys its panel only and names the tag it needs")
func refused() throws {
    let state = try open(.connections) { monitor in
        monitor.connections = Sample()
        monitor.connections.error = .forbidden("the list of connections", tagNeeded: "monitoring")
    }
    #expect(state.lines.contains { $0.contains("give it the tag 'monitoring'") })
    var other = state
    _ = other.press(["3"])
    #expect(other.lines.contains { $0.contains("orders.unroute") })
}

@Test("a filter of fields, a sort and a selection by identity work on every list")
func arranging() throws {
    var state = try open(.channels)
    _ = state.press(["/", "p", "u", "b", "l", "i", "s", "h", ">", "0", .enter])
    #expect(state[.channels].rows.count == 2)
    _ = state.press(["j"])
    let selected = state[.channels].selection
    _ = state.press(["I"])
    #expect(state[.channels].selection == selected && state[.channels].cursor == 0)
    _ = state.press([.escape])
    #expect(state[.channels].rows.count == 3 && state[.channels].selection == selected)
    _ = state.press(["!"])
    #expect(state[.channels].rows.map(\.ref.name) == ["10.0.4.19:50000 -> 10.0.1.2:5672 (3)"])
}

@Test("declaring an exchange: the form refuses what the broker would, then sends it")
func declareExchange() throws {
    var state = try open(.exchanges)
    _ = state.press(["c", .enter])
    #expect(state.lines.contains { $0.contains("! an exchange needs a name") })
    _ = state.press(["n", "e", "w", .tab, .tab, .right, .right, .enter])
    let effects = state.press([.enter])
    #expect(
        performed(effects)
            == .declareExchange(ObjectID(vhost: "/", name: "new"), ExchangeSettings(type: "topic")))
    #expect(state.lines[22] == " … Declaring new …")
}

@Test("deleting an exchange says what goes with it, from a fresh reading")
func deleteExchange() throws {
    var state = try open(.exchanges)
    _ = state.press(["j", "j", "j"])
    let id = ObjectID(vhost: "/", name: "orders")
    guard case .reread(let ticket, .deleteExchange(id))? = state.press([.control("d")]).first else {
        Issue.record("nothing was read again")
        return
    }
    let exchange = try #require(Fixture.exchanges.first { $0.id == id })
    _ = state.update(.reread(ticket, .success(ReadObject(.exchange(exchange, bindings: 3)))), at: state.now)
    #expect(state.lines.contains { $0.contains("3 bindings go with it") })
    #expect(state.lines.contains { $0.contains("820/s are published to it: their channels will be closed.") })
    #expect(state.press([.enter]).isEmpty, "the focus starts on Cancel")
    _ = state.press([.control("d")])
    guard case .confirm(let dialog)? = state.dialog else { return }
    _ = state.update(.reread(dialog.ticket, .success(ReadObject(.exchange(exchange, bindings: 3)))), at: state.now)
    #expect(performed(state.press([.tab, .enter])) == .deleteExchange(id))
}

@Test("a binding is added to an open exchange, chosen among its bindings and removed")
func bindings() throws {
    let orders = ObjectID(vhost: "/", name: "orders")
    var binding = BindingInfo(vhost: "/", source: "orders", destination: "orders.eu", routingKey: "*.eu.#")
    binding.propertiesKey = "k"
    var state = try open(.exchanges) { monitor in
        var detail = Detail(target: .exchange(orders))
        detail.outgoing = [binding]
        monitor.detail = Sample(value: detail, sampledAt: .seconds(60))
    }
    let opening = state.press(["j", "j", "j", .enter])
    #expect(opening.contains(.open(.exchange(orders))))
    #expect(state.lines.contains { $0.contains("→ queue orders.eu  key *.eu.#") })
    _ = state.press(["x"])
    #expect(state.dialog == nil && state.lines[22].contains("choose a binding"))
    _ = state.press(["G"])
    guard case .reread(_, .unbind(binding))? = state.press(["x"]).first else {
        Issue.record("the binding was not read again")
        return
    }
    _ = state.press([.escape, "b"])
    for key in "orders.us" { _ = state.press([.character(key)]) }
    _ = state.press([.tab, .tab])
    for key in "*.us.#" { _ = state.press([.character(key)]) }
    #expect(
        performed(state.press([.enter, .enter]))
            == .bind(BindingInfo(vhost: "/", source: "orders", destination: "orders.us", routingKey: "*.us.#")))
}

@Test("a message is published to a queue, with headers and the key filled in")
func publishing() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["P", .tab])
    for key in "hello" { _ = state.press([.character(key)]) }
    _ = state.press([.tab, .tab, .tab])
    for key in "a=1 b=x" { _ = state.press([.character(key)]) }
    guard case .publish(let exchange, let message)? = performed(state.press([.enter, .enter])) else {
        Issue.record("nothing was published")
        return
    }
    #expect(exchange == ObjectID(vhost: "/", name: "") && message.routingKey == "invoices")
    #expect(message.payload == Array("hello".utf8))
    #expect(message.properties["headers"] == .object(["a": 1, "b": "x"]))
    _ = state.update(
        .performed(.publish(exchange, message), .success(.published(routed: true))), at: state.now)
    #expect(state.lines[22] == " ✓ publish to invoices: taken by at least one queue")
}

@Test("getting messages warns that it changes them, then shows them without control characters")
func getting() throws {
    var state = try Fixture.console(monitor: Fixture.objects())
    _ = state.press(["m"])
    #expect(state.lines.contains { $0.contains("marked redelivered") })
    let mutation = Mutation.getMessages(QueueID(vhost: "/", name: "invoices"), count: 1, mode: .requeue)
    #expect(performed(state.press([.enter, .enter])) == mutation)
    let message = FetchedMessage(
        exchange: "", routingKey: "invoices", redelivered: true, payload: Array("one\u{1B}[31m\ntwo".utf8),
        payloadBytes: 100_000, properties: ["content_type": "text/plain"], messagesLeft: 4)
    _ = state.update(.performed(mutation, .success(.messages([message]))), at: state.now)
    let text = state.render().text
    #expect(text.contains("1 of 1: from the default exchange, key invoices, redelivered"))
    #expect(text.contains("content_type text/plain") && text.contains("two"))
    #expect(text.contains("100,000 bytes in all") && !text.contains("\u{1B}"))
    _ = state.press([.escape])
    #expect(state.dialog == nil)
}

@Test("closing a connection from its channel asks with what is lost")
func closing() throws {
    var state = try open(.channels)
    guard case .reread(let ticket, let mutation)? = state.press(["x"]).first else {
        Issue.record("nothing was read again")
        return
    }
    #expect(mutation == .closeConnection(Fixture.peer, reason: "closed by hand"))
    _ = state.update(.reread(ticket, .success(ReadObject(.connection(Fixture.connections[0])))), at: state.now)
    #expect(state.lines.contains { $0.contains("The client of user orders loses 2 channels") })
    #expect(performed(state.press([.tab, .enter])) == mutation)
}

@Test("a read-only console bars every change")
func readOnly() throws {
    for (panel, keys) in [
        (ConsoleState.Panel.queues, ["P", "m", "b", "c", "p"] as [Key]), (.exchanges, ["c", "b", "P", .control("d")]),
        (.connections, ["x"]), (.channels, ["x"]),
    ] {
        var state = try Fixture.console(monitor: Fixture.objects(), isReadOnly: true, panel: panel)
        for key in keys {
            #expect(state.press([key]).isEmpty && state.dialog == nil)
            #expect(state.lines[22].contains("read-only"))
        }
    }
}

@Test("the overview names what drops messages, what is stuck and who takes risks")
func overview() throws {
    var state = try open(.overview)
    _ = state.update(.resize(Size(columns: 120, rows: 40)), at: state.now)
    let text = state.render().text
    #expect(text.contains("confirms: 1 channel, 0 late │ 1 channel (360/s) publishes without confirms"))
    #expect(text.contains("! payments: prefetch 10 is full"))
    #expect(text.contains("! audit: 12/s are published here and reach no queue"))
}

@Test("a vhost is picked from those there are, and 0 lists all again")
func vhosts() throws {
    var state = try open(.exchanges) { monitor in
        monitor.vhosts = Sample(value: [VhostInfo(name: "/"), VhostInfo(name: "test")], sampledAt: .seconds(60))
    }
    #expect(state.lines.contains { $0.contains("/ orders") }, "names stand with their vhost")
    let effects = state.press(["v", "j", "j", .enter])
    #expect(effects.contains { if case .list(let request) = $0 { request.vhost == "test" } else { false } })
    #expect(state.press(["0"]).contains { if case .list(let request) = $0 { request.vhost == nil } else { false } })
}
