import TestSupport
import Testing

/// Failovers in a real terminal: a node of the demo is crashed and restarted by keystroke, and a RabbitMQ cluster loses
/// the process of one.
@Suite("the Failover panel in a terminal", .serialized, .timeLimit(.minutes(10)))
struct FailoverPanelTests {
    @Test("a node of the demo is crashed and restarted by keystroke, and what that did to its queues is shown")
    func demo() async throws {
        let terminal = try await TmuxSession([Repository.warren, "demo"], columns: 100, lines: 40)
        try await terminal.wait(forText: "nodes 3/3", within: .seconds(40))
        try terminal.press("6")
        let name = try await select(terminal)
        try terminal.press("f")
        try await terminal.wait(forText: "Fault: ‹ \(name) ›")
        try await terminal.insist(on: "c", until: "Crash node?")
        try await terminal.focus("Crash")
        try terminal.press("Enter")

        // It opens by itself.
        try await terminal.wait(forText: "[Failover]")
        try await terminal.wait(for: "\(name) is down, another node leads, and the outage is measured") { screen in
            screen.contains { $0.hasPrefix(" \(name) crashed ") } && Self.lane(name, on: screen)?.last == "down"
                && screen.contains { $0.contains("leader lost") } && screen.contains { $0.contains(" elected, term ") }
                // A classic queue of the node stands still until it is back.
                && Self.outages(on: screen).contains { $0.hasSuffix("…") }
        }

        try terminal.press("r")
        try await terminal.wait(forText: "Restart node?")
        try await terminal.focus("Restart")
        try terminal.press("Enter")
        try await terminal.wait(forText: "restart \(name): accepted")
        try await terminal.wait(for: "\(name) to catch up") { screen in
            screen.contains { $0.contains("nodes 3/3") } && screen.contains { $0.contains("serves again") }
        }
        try await terminal.wait(for: "the outage to be over, and how long it was") { screen in
            !Self.outages(on: screen).isEmpty && !Self.outages(on: screen).contains { $0.hasSuffix("…") }
        }
    }

    @Test("a RabbitMQ cluster that loses a process: the next leader, and the outage that a probe measures")
    func rabbitMQ() async throws {
        let cluster = try await TestBroker.rabbitMQCluster(nodes: 3)
        try Clients.declareQuorum("orders", at: cluster.uri)
        var command = [Repository.warren]
        for port in cluster.httpPorts { command += ["--connect", "http://127.0.0.1:\(port)"] }
        for port in cluster.amqpPorts { command += ["--amqp", "amqp://guest:guest@127.0.0.1:\(port)"] }
        let terminal = try await TmuxSession(command, columns: 100, lines: 40)
        try await terminal.wait(forText: "nodes 3/3", within: .seconds(40))

        // A queue is led where it was declared.
        try terminal.press("2")
        try await terminal.wait(forText: ">orders", within: .seconds(20))
        try terminal.press("Enter")
        try await terminal.wait(forText: "on rabbit1@localhost  members 3/3")
        try terminal.press("7")
        try await terminal.wait(forText: "p starts a probe")
        try await terminal.wait(for: "rabbit1 leads") { Self.lane("rabbit1@localhost", on: $0)?.last == "LEADER" }
        try terminal.press("p")
        try await terminal.wait(forText: "Start probe?")
        try await terminal.focus("Start")
        try terminal.press("Enter")
        // What is usual must be known before anything unusual can be seen; a cell is a second.
        try await terminal.wait(for: "confirms of the probe in ten cells", within: .seconds(40)) { screen in
            screen.contains { line in
                line.contains("warre") && line.contains("quorum") && line.hasSuffix("/s")
                    && line.count { "▁▂▃▄▅▆▇█".contains($0) } >= 10
            }
        }

        try await cluster.killNode(1)
        try await terminal.wait(for: "the loss, the next leader and an outage", within: .seconds(40)) { screen in
            Self.lane("rabbit1@localhost", on: screen)?.last == "down"
                && ["rabbit2@localhost", "rabbit3@localhost"].contains {
                    Self.lane($0, on: screen)?.last == "LEADER"
                }
                && screen.contains { $0.contains("leader lost") }
                && screen.contains { $0.contains("elected") }
                && Self.outages(on: screen).contains { !$0.hasSuffix("…") }
        }
    }

    /// Selects the node that leads the most queues.
    private func select(_ terminal: TmuxSession) async throws -> String {
        func nodes(_ screen: [String]) -> [(name: String, leads: Int, isSelected: Bool)] {
            screen.compactMap { line in
                let cells = line.drop { $0 == ">" || $0 == " " }.split(separator: " ")
                guard cells.count > 3, cells[1] == "running", let leads = Int(cells[2]) else { return nil }
                return (String(cells[0]), leads, line.hasPrefix(">"))
            }
        }
        let screen = try await terminal.wait(for: "three nodes that lead the demo's seven queues") { screen in
            nodes(screen).count == 3 && nodes(screen).reduce(0) { $0 + $1.leads } == 7
        }
        let wanted = nodes(screen).max { $0.leads < $1.leads }?.name ?? ""
        try await eventually("\(wanted) selected", every: .milliseconds(300)) { () -> Bool? in
            if nodes(try terminal.screen()).contains(where: { $0.name == wanted && $0.isSelected }) { return true }
            try terminal.press("Down")
            return nil
        }
        return wanted
    }

    /// The words of a node's line on the panel, which draws what it was; the last one is what it is now.
    private static func lane(_ node: String, on screen: [String]) -> [Substring]? {
        screen.map { $0.split(separator: " ") }.first { words in
            words.count > 2 && words[0] == node && words[1].allSatisfy { "█▒─·×+!/".contains($0) }
        }
    }

    /// What stands at the right of each queue that had, or has, an outage: "84 ms", "3.3 s…".
    private static func outages(on screen: [String]) -> [String] {
        screen.compactMap { line in
            let words = line.split(separator: " ")
            guard words.contains(where: { ["quorum", "classic", "mirrored"].contains($0) }), words.count > 3,
                words.last == "ms" || words.last == "s" || words.last?.hasSuffix("…") == true,
                Double(words[words.count - 2]) != nil
            else { return nil }
            return words.suffix(2).joined(separator: " ")
        }
    }
}

extension TmuxSession {
    /// Presses a key until a text is there: a menu takes no keys in its first moments.
    func insist(on key: String, until text: String) async throws {
        try await eventually("“\(text)”", every: .milliseconds(400)) { () -> Bool? in
            if try screen().contains(where: { $0.contains(text) }) { return true }
            try press(key)
            return nil
        }
    }
}
