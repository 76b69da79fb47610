import Management
import Monitor
import Terminal
import Testing

@testable import Console

@Test("the queue list at 80×24")
func listAt80() throws {
    var state = try Fixture.console()
    _ = state.press(["j", "j", "j"])
    #expect(
        state.render().text == """
             http://mq.example:15672  vhost:all  nodes 3/3     no alarms  age 1.2s  LIVE 5s
             1 Over  2[Queues] 3 Exch  4 Conn  5 Chan  6 Nodes  7 Failover  8 Pol    ? help
            ────────────────────────────────────────────────────────────────────────────────
             9 queues                                              ready 31.2k  unacked 212
             NAME                  T ST   READY▼    UNACK   IN/s  DLV/s  ACK/s  CONS 60s
             invoices              Q run   28.4k       50    310    190    190     1 ▆▆▆▆▆▆▆
             orders.eu             Q run    1900       96    820    818    818     3 ▆▆▆▆▆▆▆
             orders.us             Q run     640       41    610    612    611     3 ▆▆▆▆▆▆▆
            >payments              C run     211   10/10!    2.0      0      0     1 ▄▄▅▅▅▆▆
             orders.eu.…ead-letter C run      57        0      0      0      0    0! ▆▆▆▆▆▆▆
             audit.tx              C run      12        3     88     88     88     1 ▆▆▆▆▆▆▆
             mail                  C run       4       12    240    239    239     1 ▆▆▆▅▅▅▅
             amq.gen-7f…z0Lk3vB9wA C idle      0        0      0      0      0     1 ▁▁▁▁▁▁▁
             reports               – –         –        –      –      –      –     –





             payments: prefetch 10 is full, nothing acked for 60s. Nothing moves until
             consumer pay-2 acks or dies.
            ────────────────────────────────────────────────────────────────────────────────

             enter open  c declare  p purge  ^d delete  / filter  s sort     ? help  q quit

            """)
}

@Test("the queue list at 40×10 keeps state, alarms and age")
func listAt40() throws {
    let state = try Fixture.console(columns: 40, rows: 10)
    #expect(
        state.render().text == """
             http…672  no alarms  age 0.0s  LIVE 5s
             1 Over  2[Queues] 3 Exch  4 Conn
             NAME         ST   READY▼    UNACK  CONS
            >invoices     run   28.4k       50     1
             orders.eu    run    1900       96     3
             orders.us    run     640       41     3
             payments     run     211   10/10!     1
             orders…etter run      57        0    0!

             enter open              ? help  q quit

            """)
}

@Test("a terminal below 40×10 is too small, and nothing is drawn outside it")
func tooSmall() throws {
    for (columns, rows) in [(39, 10), (40, 9), (5, 1), (0, 0)] {
        let state = try Fixture.console(columns: columns, rows: rows)
        let frame = state.render()
        #expect(frame.size == Size(columns: columns, rows: rows))
        if columns >= 18 { #expect(frame.line(0) == "terminal too small") }
    }
}

@Test(
    "every panel and dialog draws at every size",
    arguments: [(40, 10), (41, 11), (60, 17), (79, 24), (120, 40), (200, 60)])
func everySize(columns: Int, rows: Int) throws {
    let scripts: [[Key]] = [
        [], ["j", .enter], ["?"], ["s"], ["c"], ["p"], [.control("d")], ["q"], ["/", "o"], [":", "q"], ["1"], ["!"],
    ]
    for script in scripts {
        var state = try Fixture.console(columns: columns, rows: rows)
        _ = state.press(script)
        let lines = state.lines
        #expect(lines.count == rows)
        // What must never be cut, unless a dialog lies over it.
        if rows >= 17 || state.dialog == nil {
            #expect(lines[0].contains("no alarms  age ") && lines[0].hasSuffix("LIVE 5s"), "\(script)")
        }
    }
}

@Test("wide screens have more columns and the charts of the selected queue")
func wide() throws {
    let at120 = try Fixture.console(columns: 120, rows: 40).lines
    #expect(at120[4].contains("FEAT  TOTAL  BYTES    MEM"))
    #expect(at120.contains { $0.hasPrefix("── invoices ─") })
    #expect(at120.contains { $0.contains("messages  ━ ready 28.4k  ━ unacked 50") && $0.contains("━ acked 190") })
    let at160 = try Fixture.console(columns: 160, rows: 48).lines
    #expect(at160[4].contains("NODE             POLICY"))
    #expect(at160.contains { $0.contains("rabbit@mq-1") })
}

@Test("the open queue shows what it is, its charts, its consumers and what to make of it")
func detail() throws {
    var state = try Fixture.console()
    let effects = state.press(["j", "j", "j", .enter])
    #expect(effects.last == .select(QueueID(vhost: "/", name: "payments")))
    let lines = state.lines
    #expect(lines[3] == " payments  vhost /  classic, durable  on rabbit@mq-1")
    #expect(lines[4] == " state running  ready 211  unacked 10/10!  consumers 1  bytes –  memory 140k")
    #expect(lines[5] == " messages  ━ ready 211  ━ unacked 10     per second  ━ in 2.0  ━ delivered 0")
    #expect(lines.contains("   CONSUMER                  PREF ACK  USER       CHANNEL"))
    #expect(lines.contains("   pay-2                       10 yes  pay        10.0.4.17:50112 (1)"))
    #expect(lines[23].contains("esc back"))
    _ = state.press([.escape])
    #expect(state.place == .queueList)
}

@Test("a queue that is gone leaves its detail open and says so")
func detailOfGoneQueue() throws {
    var state = try Fixture.console()
    _ = state.press(["j", "j", "j", .enter])
    let without = Fixture.monitor { monitor in
        monitor.queues.value?.items.removeAll { $0.name == "payments" }
        monitor.queue.error = .notFound("queue 'payments' in vhost '/'")
    }
    _ = state.update(.monitor(without), at: state.now)
    #expect(state.queues.opened?.name == "payments")
    #expect(state.lines.contains { $0.contains("queue 'payments' in vhost '/' does not exist") })
}

@Test("stale figures are dimmed, and the header says how old they are")
func stale() throws {
    let monitor = Fixture.monitor { monitor in
        monitor.status = .stale
        monitor.queues.isStale = true
        monitor.queues.error = .timedOut("http://mq.example:15672", after: .seconds(5))
    }
    var state = try Fixture.console(monitor: monitor)
    _ = state.update(.tick, at: .seconds(94))
    let frame = state.render()
    #expect(frame.line(0).hasSuffix("no alarms  age 34s  STALE 5s"))
    #expect(frame[34, 6].style == state.theme.style(.stale))
    #expect(state.lines[19].contains("gave no complete answer within 5 s"))
}

@Test("an unreachable broker keeps its last figures on the screen, with the reason and the way on")
func unreachable() throws {
    let monitor = Fixture.monitor {
        $0.status = .unreachable(.unreachable("http://mq.example:15672", reason: "connection refused"))
    }
    var state = try Fixture.console(monitor: monitor)
    _ = state.update(.tick, at: .seconds(94))
    let lines = state.lines
    #expect(lines[0].hasSuffix("age 34s  UNREACHABLE"))
    #expect(lines[5].contains("invoices"))
    #expect(lines[19].contains("http://mq.example:15672 cannot be reached (connection refused)"))
    #expect(state.render()[34, 6].style == state.theme.style(.stale))
}

@Test("before the first answer the list says whom it asks")
func connecting() throws {
    let state = try Fixture.console(monitor: MonitorState(endpoints: ["http://mq.example:15672"]))
    #expect(state.lines[0].hasSuffix("alarms –  age –  CONNECTING"))
    #expect(state.lines.contains(" Asking http://mq.example:15672 …"))
}

@Test("alarms and nodes that are down stand in the header in words")
func alarms() throws {
    let monitor = Fixture.monitor { $0.nodes.value?[1].running = false }
    let state = try Fixture.console(columns: 100, monitor: monitor)
    #expect(state.lines[0].contains("nodes 2/3") && state.lines[0].contains("! rabbit@mq-2 down"))
}

@Test("a paused console is frozen")
func frozen() throws {
    let state = try Fixture.console(monitor: Fixture.monitor { $0.isPaused = true })
    #expect(state.lines[0].hasSuffix("FROZEN"))
}

@Test("names with control characters cannot reach the terminal as such")
func hostileNames() throws {
    var queue = QueueInfo(vhost: "/", name: "evil\u{1B}[2J\u{202E}\nname")
    queue.messagesReady = 3
    queue.consumers = 0
    var state = try Fixture.console(monitor: Fixture.monitor(queues: [queue]))
    for keys in [[], [Key.enter], [.escape, "p"]] {
        _ = state.press(keys)
        for scalar in state.render().text.unicodeScalars where scalar != "\n" {
            #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
        }
    }
}

@Test("a snapshot is the same picture without keys and selection")
func snapshot() throws {
    let settings = ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:]))
    let text = Snapshot.text(of: Fixture.monitor(), settings: settings, size: Size(columns: 80, rows: 24))
    #expect(text.contains("\n invoices              Q run   28.4k"))
    #expect(!text.contains(">") && !text.contains("quit"))
}

@Test("drawing asks for the visible rows only: ten thousand queues cost what a screenful does")
func tenThousandQueues() throws {
    func time(queues count: Int) throws -> Duration {
        let queues = (0..<count).map {
            Fixture.queue("queue-\($0)", "classic", ready: $0, unacked: 1, rates: (1, 2, 3), consumers: 1)
        }
        let state = try Fixture.console(monitor: Fixture.monitor { $0.queues.value = Page(whole: queues) })
        _ = state.render()
        // The quickest of several: whatever else the machine does only adds.
        return try #require((0..<15).map { _ in ContinuousClock().measure { _ = state.render() } }.min())
    }
    let (few, many) = (try time(queues: 50), try time(queues: 10_000))
    #expect(many < few * 4, "50 queues \(few), 10,000 queues \(many)")
}

@Test("a counter that never counted is 0 beside others, in the chart as in the table")
func absentCounters() throws {
    var queue = Fixture.queue("jobs", "classic", ready: 3, unacked: 0, rates: (5, 0, 0), consumers: 1)
    queue.messageStats?.deliverGet = nil
    queue.messageStats?.ack = nil
    let lines = try Fixture.console(columns: 120, rows: 40, monitor: Fixture.monitor(queues: [queue])).lines
    #expect(lines.contains { $0.contains("━ in 5.0  ━ delivered 0  ━ acked 0") })
    #expect(lines[5].contains("5.0      0      0"))
}
