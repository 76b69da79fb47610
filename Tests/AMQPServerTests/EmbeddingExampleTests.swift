import AMQPServer
import Broker
import Foundation
import Testing

@Suite("Embedding the engine")
struct EmbeddingExampleTests {
    @Test("the README's example runs")
    func example() async throws {
        // README: begin
        let broker = try await RunningBroker.start()
        let connection = try await EmbeddedConnection.open(on: broker.loop)
        try await connection.declareQueue("orders")
        for number in 1...3 {
            // Returns when the broker has confirmed it; throws when no queue takes it.
            try await connection.publish(Array("order \(number)".utf8), routingKey: "orders")
        }
        var seen: [String] = []
        for try await delivery in try await connection.consume("orders", prefetch: 10) {
            seen.append(String(decoding: delivery.body, as: UTF8.self))
            try await delivery.acknowledge()
            if seen.count == 3 { break }
        }
        await connection.close()
        try await broker.stop()
        // README: end
        #expect(seen == ["order 1", "order 2", "order 3"])
    }

    @Test("the README shows the example that this test runs")
    func readme() throws {
        let here = URL(filePath: #filePath)
        let readme = try String(
            contentsOf: here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOf: here, encoding: .utf8)
        let body = source.split(separator: "// README: begin\n")[1].split(separator: "        // README: end")[0]
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map { $0.dropFirst(8) }
        let example = lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(readme.contains(example))
    }

    @Test("a publish that no queue takes throws, and the others are confirmed")
    func returned() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let connection = try await EmbeddedConnection.open(on: broker.loop)
        try await connection.declareQueue("here")
        await #expect(throws: BrokerError.returned) {
            try await connection.publish([1], routingKey: "nowhere")
        }
        try await connection.publish([2], routingKey: "here")
        try await broker.stop()
    }

    @Test("what an embedded consumer did not acknowledge comes back, flagged as redelivered")
    func redelivery() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let first = try await EmbeddedConnection.open(on: broker.loop)
        try await first.declareQueue("work")
        try await first.publish([7], routingKey: "work")
        for try await delivery in try await first.consume("work") {
            #expect(!delivery.isRedelivered)
            break
        }
        await first.close()
        let second = try await EmbeddedConnection.open(on: broker.loop)
        for try await delivery in try await second.consume("work") {
            #expect(delivery.isRedelivered)
            #expect(delivery.body == [7])
            break
        }
        try await broker.stop()
    }

    @Test("a body of several megabytes arrives whole")
    func largeBody() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let connection = try await EmbeddedConnection.open(on: broker.loop)
        try await connection.declareQueue("large")
        let body = (0..<5_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await connection.publish(body, routingKey: "large")
        for try await delivery in try await connection.consume("large") {
            #expect(delivery.body == body)
            break
        }
        try await broker.stop()
    }

    @Test("wrong credentials are refused with RabbitMQ's words")
    func credentials() async throws {
        let broker = try await RunningBroker.start(port: nil)
        await #expect(
            throws: BrokerError.refused(
                code: 403,
                text: "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the "
                    + "broker logfile.")
        ) {
            try await EmbeddedConnection.open(on: broker.loop, password: "wrong")
        }
        try await broker.stop()
    }

    @Test("a stopped broker fails calls instead of leaving them waiting")
    func stopped() async throws {
        let broker = try await RunningBroker.start(port: nil)
        let connection = try await EmbeddedConnection.open(on: broker.loop)
        let loop = broker.loop
        try await broker.stop()
        await #expect(throws: BrokerError.stopped) { try await connection.declareQueue("late") }
        await #expect(throws: BrokerError.stopped) { _ = try await EmbeddedConnection.open(on: loop) }
    }
}
