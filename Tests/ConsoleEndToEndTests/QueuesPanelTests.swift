import TestSupport
import Testing

/// The console in a real terminal, on the engine of its own and on a RabbitMQ: the same script.
@Suite("the Queues panel in a terminal", .serialized)
struct QueuesPanelTests {
    @Test("clients of the embedded broker move the panel, and keystrokes change the broker")
    func embedded() async throws {
        let port = try FreePort.next()
        let terminal = try await TmuxSession([Repository.warren, "--amqp-port", "\(port)"])
        try await terminal.wait(forText: "LIVE", within: .seconds(20))
        try await script(
            terminal, uri: "amqp://guest:guest@127.0.0.1:\(port)/%2F", receipt: "1,000 messages gone",
            within: .seconds(15))
    }

    @Test("clients of a RabbitMQ move the panel, and keystrokes change the RabbitMQ")
    func remote() async throws {
        let broker = try await TestBroker.rabbitMQ()
        let terminal = try await TmuxSession([Repository.warren, "--connect", try #require(broker.managementURL)])
        try await terminal.wait(forText: "LIVE", within: .seconds(30))
        // RabbitMQ's statistics are up to 5 s old, and a remote list is refreshed every 5 s at most.
        try await script(terminal, uri: broker.uri, receipt: "purge work", within: .seconds(40))
    }

    @Test("a RabbitMQ that is killed makes the console stale, and its return makes it live again")
    func restart() async throws {
        let data = try TemporaryFolder()
        let broker = try await TestBroker.rabbitMQ(data: data.path)
        try Clients.declare("survivor", durable: true, at: broker.uri)
        let terminal = try await TmuxSession([Repository.warren, "--connect", try #require(broker.managementURL)])
        try terminal.press("2")
        try await terminal.wait(for: "survivor", ready: 0, unacked: 0, within: .seconds(40))
        try await terminal.wait(forText: "LIVE", within: .seconds(20))

        broker.kill()
        // Two refreshes of 5 s, and a moment to look.
        try await terminal.wait(for: "stale figures", within: .seconds(13)) { screen in
            screen[0].contains("STALE") || screen[0].contains("UNREACHABLE")
        }
        #expect(QueueLine("survivor", on: try terminal.screen()) != nil, "the last figures stay in sight")

        let again = try await TestBroker.rabbitMQ(
            amqpPort: broker.amqpPort, httpPort: try #require(broker.httpPort), data: data.path)
        try await terminal.wait(for: "a live screen", within: .seconds(60)) { screen in
            screen[0].contains("LIVE") && QueueLine("survivor", on: screen) == QueueLine(ready: 0, unacked: 0)
        }
        #expect(again.isRunning)
    }

    private func script(
        _ terminal: TmuxSession, uri: String, receipt: String, within deadline: Duration
    ) async throws {
        try terminal.press("2")
        try Clients.declare("work", at: uri)
        try Clients.publish(1000, to: "work", at: uri)
        try await terminal.wait(for: "work", ready: 1000, unacked: 0, within: deadline)

        let (consumer, holding) = try await Clients.hold(10, of: "work", prefetch: 10, at: uri)
        #expect(holding.held == 10 && holding.redelivered == 0 && holding.ready == 990)
        try await terminal.wait(for: "work", ready: 990, unacked: 10, within: deadline)

        consumer.kill()
        try await terminal.wait(for: "work", ready: 1000, unacked: 0, within: deadline)
        let (next, again) = try await Clients.hold(1, of: "work", prefetch: 1, at: uri)
        #expect(again.held == 1 && again.redelivered == 1, "the next delivery is flagged redelivered")
        next.kill()
        try await terminal.wait(for: "work", ready: 1000, unacked: 0, within: deadline)

        try terminal.press("p")
        try await terminal.wait(forText: "1,000 ready will go", within: deadline)
        try await terminal.focus("Purge")
        try terminal.press("Enter")
        try await terminal.wait(forText: receipt, within: deadline)
        try await terminal.wait(for: "work", ready: 0, unacked: 0, within: deadline)
        #expect(try Clients.look(at: "work", at: uri).ready == 0)

        try terminal.press("c")
        try await terminal.wait(forText: "Declare a queue")
        try await terminal.fill("name", with: "made-by-hand")
        try await terminal.focus("Declare")
        try terminal.press("Enter")
        try await terminal.wait(for: "made-by-hand", ready: 0, unacked: 0, within: deadline)
        #expect(try Clients.look(at: "made-by-hand", at: uri).ready == 0)
    }
}
