import Management
import Terminal
import Testing

@testable import Console
@testable import Monitor

/// A console on the cluster of ``FailoverFixture`` with queues that are led, followed and mirrored.
private func console(
    columns: Int = 80, rows: Int = 24, panel: ConsoleState.Panel = .nodes,
    _ change: (inout MonitorState) -> Void = { _ in }
) throws -> ConsoleState {
    let monitor = FailoverFixture.monitor(now: 9_750) { monitor in
        monitor.queues.value = Page(whole: FailoverFixture.infos)
        monitor.leadership.value = [leadership]
        change(&monitor)
    }
    return try Fixture.console(columns: columns, rows: rows, monitor: monitor, panel: panel)
}

private func status(_ node: String, _ state: String, last: Int, commit: Int) -> ReplicaStatus {
    var status = ReplicaStatus(node: node)
    status.state = state
    status.term = 8
    status.lastLogIndex = last
    status.lastWritten = last
    status.commitIndex = commit
    status.lastApplied = commit
    return status
}

private let replicas = [
    status("warren1", "follower", last: 24_800, commit: 24_799),
    status("warren2", "leader", last: 24_812, commit: 24_810),
    status("warren3", "follower", last: 24_812, commit: 24_810),
]

private let leadership = QueueLeadership(FailoverFixture.infos[0], replicas: replicas)

@Test("the nodes say what they lead, follow and mirror, how far they lie behind and how their links are")
func nodeRoles() throws {
    let state = try console(columns: 160) { monitor in
        monitor.faults.value?.links[0].isCut = true
        monitor.faults.value?.links[2].slowMilliseconds = 100
    }
    #expect(state.lines[4].hasPrefix(" NODE▲"))
    #expect(state.lines[5].contains("running        0         1     0/1    12 cut warren2"))
    #expect(state.lines[6].contains("running        3         0       0     0 cut war…arren3"))
    #expect(state.lines[7].contains("running        0         1       1     0 slow warren2"))
}

@Test("under the nodes stand their links as a matrix")
func links() throws {
    let state = try console { monitor in
        monitor.faults.value?.links[0].isCut = true
        monitor.faults.value?.links[2].slowMilliseconds = 100
    }
    let lines = state.lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains("LINKS warren1 warren2 warren3"))
    #expect(lines.contains("warren1 · CUT whole"))
    #expect(lines.contains("warren3 whole slow +100 ms ·"))
    let remote = try Fixture.console(panel: .nodes)
    #expect(!remote.lines.contains { $0.contains("LINKS") })
}

@Test(
    "a node's state has a word, in the list, in the header and in the sentence under it",
    arguments: [
        (FaultState.State.paused, "paused", "it stands still"),
        (.minority, "minority", "it runs and reaches no majority"),
        (.starting, "starting", "it starts and has not caught up"), (.crashed, "crashed", "its process is dead"),
    ])
func states(state: FaultState.State, word: String, sentence: String) throws {
    let shown = try console { monitor in
        monitor.faults.value?.nodes[0].state = state
        monitor.downSince["warren1"] = .seconds(57)
    }
    #expect(shown.lines[0].contains("nodes 2/3"))
    #expect(shown.lines[0].contains("! warren1 \(state == .crashed ? "down" : word) 3.0s"))
    #expect(shown.lines[5].contains(word))
    #expect(shown.lines.contains { $0.contains("warren1: \(sentence)") })
}

@Test("an open quorum queue shows its members with term, log and commit, and the leader first by name")
func members() throws {
    var detail = Detail(target: .quorumQueue(QueueID(vhost: "/", name: "orders.eu")))
    detail.replicas = replicas
    var state = try console(columns: 120, rows: 30, panel: .queues) { $0.detail.value = detail }
    let effects = state.press([.enter, .tab, .tab])
    #expect(effects.contains(.open(.quorumQueue(QueueID(vhost: "/", name: "orders.eu")))))
    let lines = state.lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains { $0.contains("[MEMBERS 3]") })
    #expect(lines.contains("MEMBER ROLE TERM LOG WRITTEN COMMIT APPLIED SNAPSHOT"))
    #expect(lines.contains { $0.hasSuffix("warren1 follower 8 24800 24800 24799 24799 –") })
    #expect(lines.contains("warren2 LEADER 8 24812 24812 24810 24810 –"))
}

@Test("a mirrored queue shows which mirrors are in sync and says that it is deprecated")
func mirrored() throws {
    var state = try console(columns: 120, rows: 30, panel: .queues)
    #expect(state.lines.contains { $0.contains("payments") && $0.contains(" M ") })
    let row = try #require(state.queues.rows.firstIndex { $0.id.name == "payments" })
    _ = state.press([Key](repeating: "j", count: row) + [.enter, .tab, .tab])
    let text = state.lines.joined(separator: "\n")
    #expect(text.contains("warren2              LEADER"))
    #expect(text.contains("warren1              mirror, NOT in sync"))
    #expect(text.contains("warren3              mirror, in sync"))
    #expect(text.contains("Mirrored classic queues are deprecated: use a quorum queue."))
}

@Test("members are added, removed and made leader by forms, of quorum queues only and not in a read-only console")
func replicaForms() throws {
    var state = try console(panel: .queues) { $0.queues.value?.items[0].members = ["warren1", "warren2"] }
    let row = try #require(state.queues.rows.firstIndex { $0.id.name == "orders.eu" })
    _ = state.press([Key](repeating: "j", count: row) + [.enter])
    let id = QueueID(vhost: "/", name: "orders.eu")
    #expect(state.press(["+", .tab, .tab, .enter]) == [.perform(.addReplica(id, node: "warren3"))])
    #expect(state.press(["_", .tab, .tab, .enter]) == [.perform(.removeReplica(id, node: "warren1"))])
    #expect(state.press(["L", .tab, .tab, .enter]) == [.perform(.transferLeader(id, to: "warren1"))])
    var mail = try console(panel: .queues)
    let other = try #require(mail.queues.rows.firstIndex { $0.id.name == "mail" })
    #expect(
        mail.press([Key](repeating: "j", count: other) + [.enter, "L"]).allSatisfy {
            if case .perform = $0 { false } else { true }
        })
    #expect(mail.receipt?.text == "move leader: only a quorum queue has members")
}

@Test("the leaders of quorum queues are spread behind a question that says who leads how many")
func spreadLeaders() throws {
    var state = try console(panel: .nodes)
    guard case .reread(let ticket, .rebalance)? = state.press(["B"]).first else {
        Issue.record("nothing was read")
        return
    }
    let queues = FailoverFixture.infos
    let reading = ClusterReading(queues: queues, queueCount: queues.count, nodes: state.monitor.clusterNodes)
    _ = state.update(.reread(ticket, .success(ReadObject(.cluster(reading)))), at: state.now)
    let text = state.lines.joined(separator: "\n")
    #expect(text.contains("Spread leaders?"))
    #expect(text.contains("Quorum queues led now: warren1"))
    #expect(state.press([.enter]).isEmpty, "the focus is on Cancel")
}

@Test("on a broker that records nothing the panel shows leaders, how closely they are known, and no confirms")
func polledCluster() throws {
    var state = try Fixture.console(panel: .failover)
    for (second, leader) in [(61, "rabbit@mq-1"), (62, nil), (63, nil), (64, "rabbit@mq-3")] as [(Int, String?)] {
        var next = state.monitor
        next.time = .seconds(second)
        var timeline = ClusterTimeline(now: Double(second) * 1_000, wallClock: Double(second))
        timeline.nodes = Fixture.nodes.map { .init(name: $0.name, state: .running) }
        timeline.queues = [
            .init(vhost: "/", name: "invoices", type: "quorum", leader: leader, members: Fixture.nodes.map(\.name))
        ]
        let lost = ClusterTimeline.Event(
            at: 62_000, kind: .leaderLost, node: "rabbit@mq-1", vhost: "/", queue: "invoices")
        let found = ClusterTimeline.Event(
            at: 64_000, kind: .leaderElected, node: "rabbit@mq-3", vhost: "/", queue: "invoices")
        timeline.events = [lost, found].filter { $0.at <= timeline.now }
        next.recording.take(timeline)
        next.recording.precision = 1_000
        next.watched = [QueueID(vhost: "/", name: "invoices")]
        _ = state.update(.monitor(next), at: next.time)
    }
    let text = state.lines.joined(separator: "\n")
    #expect(text.contains("invoices lost its leader 00:01:02.000  confirmed –  LOST –  duplicated –"))
    #expect(text.contains("1 s/cell"))
    #expect(text.contains("leaders, seen every 1.00 s; confirms are not measured here"))
    #expect(text.contains("2.00s ±1.00s"))
    #expect(text.contains("░ no leader seen"))
    #expect(text.contains("+2.0  invoices          rabbit@mq-3 elected"))
}

@Test("a probe is started only by a person, after a question, where nothing records confirms and an address is known")
func probe() throws {
    var settings = ConsoleSettings(themes: try ThemeLibrary(wanted: nil, environment: [:]))
    let canary = QueueID(vhost: "/", name: "warren.canary.x")
    func console(_ canary: String?, _ monitor: MonitorState) -> ConsoleState {
        settings.canary = canary
        var state = ConsoleState(
            settings: settings, monitor: monitor, size: Size(columns: 80, rows: 24), panel: .failover)
        _ = state.update(.tick, at: .seconds(60))
        return state
    }
    var without = console(nil, Fixture.monitor())
    #expect(without.press(["p"]).isEmpty && without.receipt?.text.contains("no AMQP address is known") == true)
    var recorded = console("warren.canary.x", FailoverFixture.monitor(now: 9_750))
    #expect(recorded.press(["p"]).isEmpty && recorded.receipt?.text.contains("recorded here already") == true)
    var state = console("warren.canary.x", Fixture.monitor())
    #expect(state.lines.contains { $0.contains("confirms are not measured; p starts a probe") })
    guard case .reread(let ticket, .startProbe(canary))? = state.press(["p"]).first else {
        Issue.record("nothing was asked")
        return
    }
    _ = state.update(.reread(ticket, .success(ReadObject(.canary))), at: state.now)
    #expect(state.lines.contains { $0.contains("A quorum queue of this name is declared") })
    #expect(state.press([.tab, .enter]) == [.perform(.startProbe(canary))])
    var running = Fixture.monitor()
    running.probe = ProbeState(canary, at: .seconds(60))
    _ = state.update(.monitor(running), at: state.now)
    guard case .reread(_, .stopProbe(canary))? = state.press(["p"]).first else {
        Issue.record("it is not asked to stop")
        return
    }
}
