import TestSupport
import Testing

/// What terminals, people and the system do to a console, and what it leaves behind.
@Suite("the console in all sorts of terminals", .serialized)
struct TerminalTests {
    /// A console on a broker of its own, in a terminal that says it is of some kind.
    private func console(
        term: String? = nil, columns: Int = 80, lines: Int = 24
    ) async throws -> (terminal: TmuxSession, port: Int) {
        let port = try FreePort.next()
        let command = (term.map { ["env", "TERM=\($0)"] } ?? []) + [Repository.warren, "--amqp-port", "\(port)"]
        return (try await TmuxSession(command, columns: columns, lines: lines), port)
    }

    private func processID(_ port: Int) throws -> String {
        try Command.output(["pgrep", "-f", "^[^ ]*warren --amqp-port \(port)$"]).split(separator: "\n").map(String.init)
            .first ?? ""
    }

    @Test(
        "it works where the terminal is",
        arguments: ["xterm-256color", "screen-256color", "tmux-256color", "linux", "vt100"])
    func terminals(term: String) async throws {
        let (terminal, _) = try await console(term: term)
        try await terminal.wait(forText: "LIVE")
        try terminal.press("3")
        try await terminal.wait(forText: "amq.topic")
        try terminal.press("j", "j")
        try await terminal.wait(for: "the third exchange selected") { screen in
            screen.contains { $0.hasPrefix(">amq.fanout") }
        }
        try terminal.press("q")
        try await terminal.wait(forText: "Quit?")
    }

    @Test("a terminal that cannot move its cursor is told so, with what to do")
    func dumb() async throws {
        let (terminal, _) = try await console(term: "dumb")
        let screen = try await terminal.wait(forText: "ended with")
        #expect(screen.contains { $0.contains("TERM=dumb cannot move its cursor") })
        #expect(!screen.contains { $0.contains("ended with 0") })
    }

    @Test("a storm of resizes leaves a whole screen")
    func resizes() async throws {
        let (terminal, _) = try await console()
        try await terminal.wait(forText: "LIVE")
        for step in 0..<40 {
            try terminal.resize(columns: 1 + (step * 37) % 200, lines: 1 + (step * 23) % 60)
        }
        try terminal.resize(columns: 100, lines: 30)
        try await terminal.wait(for: "a screen of 100 columns") { screen in
            screen.first.map { $0.contains("LIVE") && $0.count >= 98 } == true
                && screen.contains { $0.hasSuffix("q quit") }
        }
    }

    @Test("a pasted text of a thousand lines does nothing, and the console goes on")
    func paste() async throws {
        let (terminal, port) = try await console()
        let uri = "amqp://guest:guest@127.0.0.1:\(port)/%2F"
        try await terminal.wait(forText: "LIVE")
        try Clients.declare("kept", at: uri)
        try Clients.publish(10, to: "kept", at: uri)
        try terminal.press("2")
        try await terminal.wait(for: "kept", ready: 10, unacked: 0, within: .seconds(20))
        try terminal.paste(String(repeating: "p\u{4}\tq\ny\n", count: 1000))
        try await terminal.wait(forText: "pasted text is not taken for keys")
        try await terminal.wait(for: "kept", ready: 10, unacked: 0, within: .seconds(20))
        try terminal.press("3")
        try await terminal.wait(forText: "amq.topic")
    }

    @Test("whatever ends it, the terminal is given back", arguments: [("TERM", 143), ("HUP", 129)])
    func signals(signal: String, status: Int) async throws {
        let (terminal, port) = try await console()
        try await terminal.wait(forText: "LIVE")
        _ = try Command.output(["kill", "-\(signal)", try processID(port)])
        let screen = try await terminal.wait(forText: "ended with \(status)")
        #expect(!screen.contains { $0.contains("LIVE") }, "the screen that was there before is back")
        try await checkEcho(terminal)
    }

    @Test("a trap in the program gives the terminal back and says what happened")
    func trap() async throws {
        let (terminal, port) = try await console()
        try await terminal.wait(forText: "LIVE")
        _ = try Command.output(["kill", "-ILL", try processID(port)])
        // Swift's own report of the crash follows.
        let screen = try await terminal.wait(forText: "The console crashed; the terminal has been restored.")
        #expect(!screen.contains { $0.contains("LIVE") || $0.contains("q quit") })
    }

    /// A line editor again: what is typed is shown, and Enter ends the line.
    private func checkEcho(_ terminal: TmuxSession) async throws {
        try terminal.type("typed afterwards")
        try terminal.press("Enter")
        try await terminal.wait(for: "an echo") { screen in
            screen.count { $0.contains("typed afterwards") } == 2
        }
    }
}
