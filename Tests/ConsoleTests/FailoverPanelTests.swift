import Management
import Terminal
import Testing

@testable import Console
@testable import Monitor

/// The lines of the panel's body, without blanks at their ends.
private func body(_ state: ConsoleState) -> [String] {
    state.lines.map { String($0.reversed().drop(while: { $0 == " " }).reversed()) }
}

@Test("after a crash the panel shows who led, what was confirmed, what happened and what is still safe")
func crash() throws {
    let state = try FailoverFixture.console()
    #expect(
        body(state)[0...20].joined(separator: "\n") == """
             demo@local  vhost:all  nodes 2/3         ! warren2 down 7.0s  age 0.0s  FROZEN
             1 Over  2 Queues  3 Exch  4 Conn  5 Chan  6 Nodes  7[Failover] 8 Pol    ? help
            ────────────────────────────────────────────────────────────────────────────────
             warren2 crashed 11:02:14.000 by you  confirmed 24,812  LOST 0  duplicated 0
             20 ms/cell             -0.2s     0         +0.2s     +0.4s   +0.6s      OUTAGE
             warren1            ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒██████████████████████████████      LEADER
             warren2            ██████████████×································        down
             warren3            ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒    follower
             confirms of 3 of 8 queues:                                       space watches
            >orders.eu quorum   ▇▆▇▇▇▇▆▇▇▇▇▆▇▇░░░░▇▇▇▆▇▇▇▇▆▇▇▇▇▆▇▇▇▇▆▇▇▇▇▆▇▇▇▇▆       90 ms
             payments mirrored  ▆▇▇▆▇▇▆▇▇▆▇▇▆▇░░░░░░░▆▇▇▆▇▇▆▇▇▆▇▇▆▇▇▆▇▇▆▇▇▆▇▇▆▇      150 ms
             mail classic       ▇▆▇▇▆▇▇▆▇▇▆▇▇▆░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░      7.0 s…
             ░ nothing confirmed  █ leads orders.eu  ▒ follows  × down  / cut off
            ────────────────────────────────────────────────────────────────────────────────
                +0.000  warren2           process died, links closed
                +0.002  orders.eu         leader lost; 37 publishes wait
                +0.061  orders.eu         warren1 elected, term 8
                +0.084  orders.eu         warren3 has caught up; the 37 confirmed, none tw…
                +0.141  payments          mirror warren3 promoted; 10 unacked requeued
                +0.142  mail              lives on warren2 only; 404 until it returns
             Still safe: 2 of 3 is a majority. One more down: orders.eu stops, 0 lost.
            """)
}

@Test("before anything happens the panel shows the last two seconds and says what to press")
func calm() throws {
    let state = try FailoverFixture.console(now: 9_750)
    let text = body(state).joined(separator: "\n")
    #expect(text.contains("Nothing has happened: press f to crash, pause or cut off a node."))
    #expect(text.contains("-2.0s") && text.contains("now    CONFIRMS"))
    #expect(text.contains("860/s") && !text.contains("░░"))
    #expect(text.contains("Still safe: 3 of 3 is a majority. One may fail and nothing replicated stops."))
}

@Test("a narrow screen keeps what was lost, how long each queue stood still, and what is safe")
func narrow() throws {
    let lines = body(try FailoverFixture.console(columns: 40, rows: 10))
    #expect(lines[0] == "  ! warren2 down 7.0s  age 0.0s  FROZEN")
    #expect(lines[2] == " warren2 crashed 11:02:14.000 …  LOST 0")
    #expect(lines[3].hasPrefix(">orde….eu Q ") && lines[3].hasSuffix("90 ms"))
    #expect(lines[5].hasPrefix(" mail C") && lines[5].hasSuffix("7.0 s…"))
    #expect(lines[6] == " Still safe: 2 of 3 is a majority. One")
    #expect(lines[7] == " more down: orders.eu stops, 0 lost.")
}

@Test(
    "the panel fits every size, and in ASCII the gap has a sign of its own",
    arguments: [(40, 10), (52, 14), (60, 20), (80, 24), (120, 40), (200, 60)])
func sizes(columns: Int, rows: Int) throws {
    var state = try FailoverFixture.console(columns: columns, rows: rows)
    let frame = state.render()
    #expect(frame.size == Size(columns: columns, rows: rows))
    #expect(body(state).contains { $0.hasSuffix("7.0 s…") })
    state.glyphs = .ascii
    let ascii = state.render().degraded(to: .ascii)
    let mail = (0..<rows).map(ascii.line).first { $0.contains("mail") && $0.contains("7.0 s~") }
    #expect(mail?.contains("!!!!") == true)
    #expect(ascii.text.unicodeScalars.allSatisfy(\.isASCII) && !ascii.text.contains("?!"))
}

@Test("no state of a node, and no gap, is told by colour alone")
func notByColourAlone() throws {
    let state = try FailoverFixture.console()
    let lines = body(state)
    #expect(lines[5].hasSuffix("LEADER") && lines[6].hasSuffix("down") && lines[7].hasSuffix("follower"))
    let phases: [NodeLane.Phase] = [.leader, .follower, .other, .down, .starting, .minority, .cutOff]
    #expect(Set(phases.map { $0.look(isFirst: true).sign }).count == phases.count)
}

@Test("a screen without a cluster says what is missing instead of guessing")
func nothingKnown() throws {
    let state = try Fixture.console(panel: .failover)
    let text = body(state).joined(separator: "\n")
    #expect(text.contains("Nothing has happened. A leader that is lost shows here as it is seen."))
    #expect(text.contains("Nothing is known of the nodes yet."))
}

@Test("at 80 columns and 24 rows there is room for all queues that are usually watched, whatever happened")
func fiveQueues() {
    let layout = FailoverLayout(Size(columns: 80, rows: 24), nodes: 3, queues: WatchList.usual, events: 30, safe: 2)
    #expect(layout.queues.count == WatchList.usual && layout.queueHeight == 1)
    #expect(layout.events.count == 3 && layout.safe.count == 2 && layout.lanes.count == 3)
}
