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
             1 Over  2 Queues  3 Exch  4 Conn  5 Chan  6 Nodes  7[Failover]          ? help
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
                +0.142  mail              lives on warren2, which is down; 404 until it re…
             Still safe: 2 of 3 is a majority. One more down: orders.eu stops, 0 lost.
            """)
}

@Test("print")
func printFrames() throws {
    for (columns, rows) in [(60, 20), (40, 10), (120, 40), (200, 60)] {
        print(body(try FailoverFixture.console(columns: columns, rows: rows)).joined(separator: "\n"))
    }
    print(body(try FailoverFixture.console(now: 9_750)).joined(separator: "\n"))
    var nodes = try FailoverFixture.console(panel: .nodes)
    print(body(nodes).joined(separator: "\n"))
    _ = nodes.press([.enter])
    print(body(nodes).joined(separator: "\n"))
    print(body(try FailoverFixture.console(columns: 160, panel: .nodes)).joined(separator: "\n"))
    print(body(try FailoverFixture.console(panel: .overview)).joined(separator: "\n"))
}
