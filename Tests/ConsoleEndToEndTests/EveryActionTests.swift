import Foundation
import TestSupport
import Testing

/// Every change that a key can make, in a real terminal, each looked at through a client of somebody else: on the engine
/// in the console's process, on a `warren serve` and on a RabbitMQ.
@Suite("every change by keystroke", .serialized)
struct EveryActionTests {
    @Test("on the embedded broker")
    func embedded() async throws {
        let port = try FreePort.next()
        try await script(["--amqp-port", "\(port)"], "amqp://guest:guest@127.0.0.1:\(port)/%2F", .seconds(20))
    }

    @Test("on a Warren in another process, through its management API")
    func served() async throws {
        let broker = try await TestBroker.warren()
        try await script(["--connect", try #require(broker.managementURL)], broker.uri, .seconds(40))
    }

    @Test("on a RabbitMQ")
    func rabbitMQ() async throws {
        let broker = try await TestBroker.rabbitMQ()
        try await script(["--connect", try #require(broker.managementURL)], broker.uri, .seconds(60))
    }

    private func script(_ options: [String], _ uri: String, _ deadline: Duration) async throws {
        let folder = try TemporaryFolder()
        // Exports go to the working directory.
        let start = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path, Repository.warren]
        let terminal = try await TmuxSession(start + options)
        try await terminal.wait(forText: "LIVE", within: .seconds(40))
        try Clients.declare("inbox", at: uri)
        try await declareExchange(terminal, uri, deadline)
        try await bind(terminal, uri, deadline)
        try await publishAndGet(terminal, uri, deadline)
        try await lookAtTree(terminal, deadline)
        try await unbind(terminal, uri, deadline)
        try await closeConnection(terminal, uri, deadline)
        try await move(terminal, uri, deadline)
        try await export(terminal, folder.path, deadline)
        try await deleteBoth(terminal, uri, deadline)
        try await undo(terminal, uri, deadline)
        try await purgeAndDeleteMarked(terminal, uri, deadline)
    }

    /// Shows only what has this in its name.
    private func filter(_ terminal: TmuxSession, _ panel: String, _ text: String, _ deadline: Duration) async throws {
        try terminal.press(panel)
        try terminal.press("Escape")
        try terminal.press("/")
        try terminal.type(text)
        try terminal.press("Enter")
        try await terminal.wait(for: "\(text) selected", within: deadline) { screen in
            screen.contains { $0.hasPrefix(">\(text)") }
        }
    }

    private func declareExchange(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try terminal.press("3")
        try await terminal.wait(forText: "amq.topic", within: deadline)
        try terminal.press("c")
        try await terminal.wait(forText: "Declare an exchange")
        try await terminal.fill("name", with: "desk")
        try terminal.press("Tab", "Tab", "Right", "Right")
        try await terminal.wait(forText: "‹ topic ›")
        try await terminal.focus("Declare")
        try terminal.press("Enter")
        try await terminal.wait(forText: "declare desk: accepted", within: deadline)
        #expect(try Clients.exchangeExists("desk", type: "topic", at: uri))
    }

    private func bind(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try await filter(terminal, "3", "desk", deadline)
        try terminal.press("b")
        try await terminal.wait(forText: "Bind to desk")
        try await terminal.fill("queue", with: "inbox")
        try terminal.press("Tab", "Tab")
        try await terminal.fill("key", with: "a.#")
        try await terminal.focus("Bind")
        try terminal.press("Enter")
        try await terminal.wait(forText: "bind desk → inbox: accepted", within: deadline)
        try Clients.publish(to: "desk", key: "a.b", at: uri)
        try Clients.publish(to: "desk", key: "b", at: uri)
        try await eventually("one message in inbox") { try Clients.look(at: "inbox", at: uri).ready == 1 ? true : nil }
    }

    private func publishAndGet(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try await filter(terminal, "2", "inbox", deadline)
        try terminal.press("P")
        try await terminal.wait(forText: "Publish to the default exchange")
        try terminal.press("Tab")
        try await terminal.fill("body", with: "by-hand")
        try await terminal.focus("Publish")
        try terminal.press("Enter")
        try await terminal.wait(forText: "taken by at least one queue", within: deadline)
        #expect(try Clients.look(at: "inbox", at: uri).ready == 2)

        try terminal.press("m")
        try await terminal.wait(forText: "marked redelivered")
        try await terminal.focus("Get")
        try terminal.press("Enter")
        try await terminal.wait(forText: "1 of 1: from desk, key a.b", within: deadline)
        try await terminal.wait(forText: "by a client")
        try terminal.press("Escape")
        #expect(try Clients.look(at: "inbox", at: uri).ready == 2, "it was put back")
    }

    private func unbind(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try await filter(terminal, "3", "desk", deadline)
        try terminal.press("Enter")
        try await terminal.wait(forText: "→ queue inbox  key a.#", within: deadline)
        try terminal.press("G")
        try await terminal.wait(for: "the binding selected") { screen in
            screen.contains { $0.hasPrefix(" >") && $0.contains("→ queue inbox") }
        }
        try terminal.press("x")
        try await terminal.wait(forText: "no longer go from desk to inbox", within: deadline)
        try await terminal.focus("Unbind")
        try terminal.press("Enter")
        try await terminal.wait(forText: "unbind desk → inbox: accepted", within: deadline)
        try Clients.publish(to: "desk", key: "a.b", at: uri)
        #expect(try Clients.look(at: "inbox", at: uri).ready == 2)
    }

    private func closeConnection(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        let (consumer, holding) = try await Clients.hold(2, of: "inbox", prefetch: 2, at: uri)
        #expect(holding.held == 2 && holding.ready == 0)
        try terminal.press("4")
        try await terminal.wait(for: "a connection", within: deadline) { screen in
            screen.contains { $0.hasPrefix(">127.0.0.1:") }
        }
        try terminal.press("x")
        try await terminal.wait(forText: "loses 1 channel", within: deadline)
        try await terminal.focus("Close")
        try terminal.press("Enter")
        try await terminal.wait(forText: ": accepted", within: deadline)
        try await eventually("what it held is back") { try Clients.look(at: "inbox", at: uri).ready == 2 ? true : nil }
        consumer.kill()
    }

    private func deleteBoth(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try await filter(terminal, "3", "desk", deadline)
        try terminal.press("C-d")
        try await terminal.wait(forText: "Nothing is bound to it", within: deadline)
        try await terminal.focus("Delete")
        try terminal.press("Enter")
        try await terminal.wait(forText: "delete desk: accepted", within: deadline)
        #expect(try !Clients.exchangeExists("desk", at: uri))

        try await filter(terminal, "2", "inbox", deadline)
        try terminal.press("C-d")
        try await terminal.wait(forText: "The queue goes with", within: deadline)
        try await terminal.focus("Delete")
        try terminal.press("Enter")
        try await terminal.wait(forText: "delete inbox: accepted", within: deadline)
        #expect(throws: (any Error).self) { try Clients.look(at: "inbox", at: uri) }
    }

    private func lookAtTree(_ terminal: TmuxSession, _ deadline: Duration) async throws {
        try await filter(terminal, "3", "desk", deadline)
        try terminal.press("t")
        try await terminal.wait(forText: "└─ a.# → queue inbox", within: deadline)
        try terminal.press("Escape")
        try await terminal.wait(for: "the list again", within: deadline) { screen in
            screen.contains { $0.hasPrefix(">desk") }
        }
    }

    private func move(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try Clients.declare("attic", durable: true, at: uri)
        try await filter(terminal, "2", "inbox", deadline)
        try terminal.press("M")
        try await terminal.wait(forText: "Move messages of inbox")
        try await terminal.fill("to queue", with: "attic")
        try terminal.press("Tab", "C-u")
        try await terminal.fill("count", with: "1")
        try await terminal.focus("Go")
        try terminal.press("Enter")
        try await terminal.wait(forText: "move from inbox to attic: 1 message moved", within: deadline)
        #expect(try Clients.look(at: "attic", at: uri).ready == 1)
        #expect(try Clients.look(at: "inbox", at: uri).ready == 1)
    }

    private func export(_ terminal: TmuxSession, _ folder: String, _ deadline: Duration) async throws {
        try terminal.press("E")
        try await terminal.wait(forText: "1 row written to", within: deadline)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".csv") }
        let text = try String(contentsOfFile: folder + "/" + (files.first ?? ""), encoding: .utf8)
        #expect(text.hasPrefix("vhost,name,") && text.contains("/,inbox,"))
    }

    private func undo(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try terminal.press("u")
        try await terminal.wait(forText: "Declare inbox again?", within: deadline)
        try await terminal.focus("Declare")
        try terminal.press("Enter")
        try await terminal.wait(forText: "1 of 1 accepted", within: deadline)
        #expect(try Clients.look(at: "inbox", at: uri).ready == 0)
    }

    private func purgeAndDeleteMarked(_ terminal: TmuxSession, _ uri: String, _ deadline: Duration) async throws {
        try terminal.press("2", "Escape")
        try await terminal.wait(for: "both queues", within: deadline) { screen in
            screen.contains { $0.contains("attic ") } && screen.contains { $0.contains("inbox ") }
        }
        for (key, button, question) in [("p", "Purge", "Purge 2 queues?"), ("C-d", "Delete", "Delete 2 queues?")] {
            try terminal.press("*")
            try await terminal.wait(forText: "2 marked", within: deadline)
            try terminal.press(key)
            try await terminal.wait(forText: question, within: deadline)
            try await terminal.focus(button)
            try terminal.press("Enter")
            try await terminal.wait(forText: "\(button.lowercased()): 2 of 2 accepted", within: deadline)
            if key == "p" { #expect(try Clients.look(at: "attic", at: uri).ready == 0) }
        }
        #expect(throws: (any Error).self) { try Clients.look(at: "attic", at: uri) }
        #expect(throws: (any Error).self) { try Clients.look(at: "inbox", at: uri) }
    }
}
