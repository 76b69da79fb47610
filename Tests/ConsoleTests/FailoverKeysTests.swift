import Management
import Terminal
import Testing

@testable import Console
@testable import Monitor

/// What the monitor says of the cluster at a time, after what the console has seen.
private func answer(_ now: Double, _ state: ConsoleState, _ change: (inout ClusterTimeline) -> Void = { _ in })
    -> MonitorState
{
    var next = FailoverFixture.monitor(now: now)
    next.recording = state.monitor.recording
    var timeline = FailoverFixture.answer(now: now)
    change(&timeline)
    next.recording.take(timeline)
    return next
}

private func type(_ text: String, in state: inout ConsoleState) -> [Effect] {
    state.press(text.map(Key.character) + [.enter])
}

@Test("the picture freezes once all is seen, goes on with the figures, and z leads to the present and back")
func freezing() throws {
    var state = try FailoverFixture.console(now: 10_250)
    #expect(state.failover.frozen == nil && state.lines[0].hasSuffix("LIVE 0.3s"))
    #expect(state.lines[11].hasSuffix("260 ms…"))
    state = try FailoverFixture.console(now: 12_000)
    #expect(state.lines[0].hasSuffix("FROZEN"))
    #expect(state.lines[11].hasSuffix("2.0 s…"))
    let next = answer(13_000, state)
    _ = state.update(.monitor(next), at: next.time)
    #expect(state.lines[0].hasSuffix("FROZEN") && state.lines[11].hasSuffix("3.0 s…"))
    #expect(state.press(["z"]).isEmpty)
    #expect(state.lines[0].hasSuffix("LIVE 0.3s") && state.lines[4].contains("now"))
    _ = state.press(["z"])
    #expect(state.lines[0].hasSuffix("FROZEN"))
}

@Test("another loss makes a picture move again that froze by itself, not one that a person froze")
func secondLoss() throws {
    for byHand in [false, true] {
        var state = try FailoverFixture.console(now: 12_000)
        if byHand { _ = state.press(["z", "z"]) }
        let next = answer(14_000, state) {
            $0.events.append(FailoverFixture.event(3_900, .nodeDown, "warren3", by: true))
        }
        _ = state.update(.monitor(next), at: next.time)
        #expect((state.failover.frozen == nil) == !byHand)
        if !byHand { #expect(state.lines[3].hasPrefix(" warren3 went down 11:02:17.900 by you")) }
    }
}

@Test("comma and period go through the recording by half a width, and say where it ends")
func stepping() throws {
    var state = try FailoverFixture.console()
    let start = state.failoverPicture(state.size).window
    _ = state.press([","])
    #expect(state.failoverPicture(state.size).window.start == start.start - 23 * start.cell)
    _ = state.press(["."])
    #expect(state.failoverPicture(state.size).window == start)
    for _ in 0..<200 { _ = state.press([","]) }
    #expect(state.receipt?.text == "nothing older is kept")
    for _ in 0..<400 { _ = state.press(["."]) }
    #expect(state.receipt?.text == "this is now")
}

@Test("space watches a queue or watches it no more, at most ten")
func watching() throws {
    var state = try FailoverFixture.console()
    let three = ["orders.eu", "payments", "mail"].map { QueueID(vhost: "/", name: $0) }
    #expect(state.press([" "]) == [.watch([three[1], three[2]])])
    _ = state.press(["G"])
    #expect(state.lines.contains { $0.hasPrefix(">amq.") && $0.contains("not watched") })
    #expect(state.press([" "]) == [.watch(three + [QueueID(vhost: "/", name: Fixture.names[7])])])
    var full = state.monitor
    full.watched = (0..<10).map { QueueID(vhost: "/", name: "q\($0)") }
    _ = state.update(.monitor(full), at: state.now)
    #expect(state.press([" "]).isEmpty)
    #expect(state.receipt?.text == "watch: at most 10 queues; take one away first")
}

@Test("the selected queue is the one that the lanes are about, and Enter opens it")
func focus() throws {
    var state = try FailoverFixture.console()
    _ = state.press(["j", "j"])
    #expect(state.lines[6].contains("██████████████×") && state.lines[5].contains("────"))
    let effects = state.press([.enter])
    #expect(state.place == .queueDetail && effects.contains(.open(.queue(QueueID(vhost: "/", name: "mail")))))
    _ = state.press([.escape])
    #expect(state.place == .failover)
}

@Test("tab leads to what happened; Enter there opens what it is about, or shows the loss")
func events() throws {
    var state = try FailoverFixture.console()
    _ = state.press([.tab, "j"])
    #expect(state.lines[15].hasPrefix(">"))
    _ = state.press([.enter])
    #expect(state.place == .queueDetail && state.queues.opened?.name == "orders.eu")
    state = try FailoverFixture.console()
    _ = state.press([.tab, .enter])
    #expect(state.receipt?.text.hasPrefix("the picture is around this loss") == true)
}

@Test("up to now what happened last is on top, and the selected event stays selected when another comes")
func newestFirst() throws {
    var state = try FailoverFixture.console()
    _ = state.press(["z", .tab, "j"])
    func row(_ text: String) -> Int? { state.lines.firstIndex { $0.contains(text) } }
    let (last, first) = (try #require(row("lives on warren2")), try #require(row("process died")))
    #expect(last < first)
    #expect(state.lines[last + 1].hasPrefix(">") && state.lines[last + 1].contains("warren3 promoted"))
    let next = answer(18_000, state) { $0.events.append(FailoverFixture.event(7_900, .nodeUp, "warren2", by: true)) }
    _ = state.update(.monitor(next), at: next.time)
    #expect(state.lines[last].contains("warren2") && state.lines[last].contains("starts"))
    #expect(state.lines[last + 2].hasPrefix(">") && state.lines[last + 2].contains("warren3 promoted"))
}

@Test("of a loss with more events than fit the beginning and the end are shown, and all of them one by one")
func manyEvents() throws {
    var state = try FailoverFixture.console()
    let next = answer(19_000, state) {
        $0.events.append(FailoverFixture.event(7_900, .nodeUp, "warren2", by: true))
        $0.events.append(FailoverFixture.event(8_200, .nodeServing, "warren2"))
        $0.events.append(FailoverFixture.event(8_300, .available, "warren2", queue: "mail"))
    }
    _ = state.update(.monitor(next), at: next.time)
    #expect(state.lines[14].contains("process died") && state.lines[15].contains("leader lost"))
    #expect(state.lines[16].hasPrefix("   … 4 more"))
    #expect(state.lines[18].contains("serves again") && state.lines[19].contains("back on warren2"))
    _ = state.press([.tab, "G"])
    #expect(state.lines[19].hasPrefix(">") && state.lines[19].contains("back on warren2"))
    #expect(state.lines[14].contains("warren3 has caught up"))
}

// MARK: Faults

@Test("f opens the menu on the node that leads, a key chooses, and nothing happens without Tab Enter")
func faultMenu() throws {
    var state = try FailoverFixture.console(now: 9_750)
    var effects = state.press(["f"])
    #expect(state.lines.contains { $0.contains("Fault: ‹ warren1 ›") })
    #expect(state.press([.right]).isEmpty)
    #expect(state.lines.contains { $0.contains("Fault: ‹ warren2 ›") })
    effects = state.press(["c"])
    guard case .reread(let ticket, let mutation)? = effects.first else {
        Issue.record("nothing was read: \(effects)")
        return
    }
    #expect(mutation == .inject(.node("warren2", .crash)))
    let reading = FailoverFixture.reading(state)
    _ = state.update(.reread(ticket, .success(ReadObject(.cluster(reading)))), at: state.now)
    let text = state.lines.joined(separator: "\n")
    #expect(text.contains("Crash node?"))
    #expect(text.contains("orders.eu, payments lose their leaders; other members take over."))
    #expect(text.contains("mail lives there alone and cannot be reached until it is back."))
    #expect(state.press([.enter]).isEmpty, "the focus is on Cancel")
    #expect(state.dialog == nil)
    effects = state.press(["f", .right, "c"])
    guard case .reread(let second, _)? = effects.first else { return }
    _ = state.update(.reread(second, .success(ReadObject(.cluster(reading)))), at: state.now)
    #expect(state.press([.tab, .enter]) == [.perform(.inject(.node("warren2", .crash)))])
}

@Test("whoever slows a link is told by how much, and what waits for it")
func slowLink() throws {
    var state = try FailoverFixture.console(now: 9_750)
    let fault = Fault.link("warren1", "warren2", .slow)
    guard case .reread(let ticket, .inject(fault))? = state.press(["f", "5"]).first else {
        Issue.record("nothing was read")
        return
    }
    let reading = FailoverFixture.reading(state)
    _ = state.update(.reread(ticket, .success(ReadObject(.cluster(reading)))), at: state.now)
    let text = state.lines.joined(separator: "\n")
    #expect(text.contains("No queue stops and none loses its leader."))
    #expect(text.contains("Confirms that need both nodes take 50 ms longer each way."))
    #expect(state.press([.tab, .enter]) == [.perform(.inject(fault))])
}

@Test("the key that opened the menu does nothing in it while it repeats, and what cannot be done says why")
func faultMenuIsDeaf() throws {
    var state = try FailoverFixture.console(now: 9_750)
    _ = state.press(["f"])
    #expect(state.press(["c"], every: .milliseconds(100)).isEmpty)
    guard case .fault? = state.dialog else {
        Issue.record("the menu is gone")
        return
    }
    #expect(state.press(["u"]).isEmpty)
    #expect(state.receipt?.text == "resume warren1: not now, it is not paused")
}

@Test("r restarts what is down, and says so where nothing is")
func restartKey() throws {
    var state = try FailoverFixture.console()
    let effects = state.press(["r"])
    guard case .reread(_, let mutation)? = effects.first else {
        Issue.record("nothing was read")
        return
    }
    #expect(mutation == .inject(.node("warren2", .restart)))
    var calm = try FailoverFixture.console(now: 9_750)
    #expect(calm.press(["r"]).isEmpty)
    #expect(calm.receipt?.text == "restart: every node is up and every link is whole")
    var cut = try FailoverFixture.console(now: 9_750) { $0.faults.value?.links[2].isCut = true }
    guard case .reread(_, let heal)? = cut.press(["r"]).first else {
        Issue.record("nothing was read")
        return
    }
    #expect(heal == .inject(.node("warren2", .heal)))
}

@Test("a read-only console injects nothing, by key or command, nor does one whose endpoint cannot")
func barredFaults() throws {
    var state = try FailoverFixture.console(isReadOnly: true)
    #expect(state.press(["f", "r"]).isEmpty && state.dialog == nil)
    #expect(state.receipt?.text.contains("read-only") == true)
    _ = type(":fault crash warren1", in: &state)
    #expect(state.dialog == nil && state.receipt?.text.contains("read-only") == true)
    #expect(!state.lines[23].contains("fault"))
    var other = try Fixture.console(panel: .failover)
    _ = other.press(["f"])
    #expect(other.receipt?.text.contains("only Warren's own cluster can be hurt") == true)
    #expect(!other.lines[23].contains("fault"))
}

@Test("a fault can be typed, completed by tab")
func faultCommand() throws {
    var state = try FailoverFixture.console(now: 9_750)
    guard case .reread(_, let mutation)? = type(":fault crash warren2", in: &state).first else {
        Issue.record("nothing was read")
        return
    }
    #expect(mutation == .inject(.node("warren2", .crash)))
    #expect(try Command.parse("fault cut warren1 warren3") == .fault(.link("warren1", "warren3", .cut)))
    for wrong in ["fault explode warren1", "fault cut warren1", "fault cut warren1 warren1", "fault crash"] {
        #expect(throws: CommandError.self) { _ = try Command.parse(wrong) }
    }
    let candidates = CommandCandidates(nodes: ["warren1", "warren2"])
    #expect(candidates.completions(of: "fault cr") == ["fault crash"])
    #expect(candidates.completions(of: "fault crash w") == ["fault crash warren1", "fault crash warren2"])
    #expect(candidates.completions(of: "fault cut warren1 ") == ["fault cut warren1 warren2"])
}

@Test("while a fault is chosen the timeline is asked for, and no longer once it is not")
func timelineBeforeFault() throws {
    var state = try FailoverFixture.console(now: 9_750, panel: .nodes)
    #expect(state.press(["f"]).contains(.show(ConsoleState.Panel.nodes.resources.union([.timeline]))))
    #expect(state.press([.escape]).contains(.show(ConsoleState.Panel.nodes.resources)))
}

@Test("in the demo the panel opens itself after a loss, elsewhere not, and never over a dialog")
func opensItself() throws {
    let opened = try FailoverFixture.console(now: 10_250, panel: .queues, opens: true)
    #expect(opened.panel == .failover)
    let elsewhere = try FailoverFixture.console(now: 10_250, panel: .queues)
    #expect(elsewhere.panel == .queues && elsewhere.lines[0].contains("! warren2 down"))
    var busy = try FailoverFixture.console(now: 9_750, panel: .queues, opens: true)
    _ = busy.press(["?"])
    let next = answer(10_250, busy)
    _ = busy.update(.monitor(next), at: next.time)
    #expect(busy.panel == .queues)
    #expect(busy.press([.escape]).contains(.show(ConsoleState.Panel.failover.resources)))
    #expect(busy.panel == .failover)
}

@Test("the demo's tour leads to a crash and a restart where there is a cluster")
func clusterTour() throws {
    var settings = ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:]))
    settings.hasTour = true
    var state = ConsoleState(
        settings: settings, monitor: FailoverFixture.monitor(now: 9_500), size: Size(columns: 80, rows: 24))
    #expect(state.lines[22].hasPrefix(" Tour 1/7"))
    state.tour = .crash
    #expect(state.lines[22].hasPrefix(" Tour 5/7: press 6, choose a node, press f and crash it"))
    let next = answer(10_250, state)
    _ = state.update(.monitor(next), at: next.time)
    #expect(state.lines[22].hasPrefix(" Tour 6/7: press r to restart warren2 and watch it catch up"))
}

@Test("the menu of a node that is down begins at what can be done to it")
func faultMenuOfDeadNode() throws {
    var state = try FailoverFixture.console()
    _ = state.press(["f"])
    #expect(state.lines.contains { $0.contains("Fault: ‹ warren2 ›  crashed") })
    guard case .reread(_, let mutation)? = state.press([.enter]).first else {
        Issue.record("nothing was asked")
        return
    }
    #expect(mutation == .inject(.node("warren2", .restart)))
}

@Test("a panel that is opened shows at once what came while another was open")
func panelIsFresh() throws {
    var state = try FailoverFixture.console()
    _ = state.press(["6"])
    #expect(state.lines[6].contains("crashed"))
}
