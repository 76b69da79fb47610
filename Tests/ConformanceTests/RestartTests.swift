import Foundation
import TestSupport
import Testing

/// What is left after a broker was killed and started again: the same on both.
@Suite("restarts", .timeLimit(.minutes(10)))
struct RestartTests {
    private static let script = Repository.root.appending(path: "Tests/ConformanceTests/restart.py").path

    /// Fills a broker, kills it, starts it again on the same data and says what is there.
    private func outcome(_ start: (String) async throws -> TestBroker) async throws -> String {
        let folder = try TemporaryFolder()
        let broker = try await start(folder.path)
        _ = try Command.output([Repository.python, Self.script, "fill", broker.uri])
        broker.kill()
        let again = try await start(folder.path)
        return try Command.output([Repository.python, Self.script, "look", again.uri])
    }

    @Test("exchanges, bindings, queues and messages come back only where they are durable in all their parts")
    func combinations() async throws {
        async let warren = outcome { try await TestBroker.warren(data: $0) }
        async let rabbitMQ = outcome { folder in
            try await TestBroker.rabbitMQ(data: folder)
        }
        let (ours, theirs) = try await (warren, rabbitMQ)
        // After a kill RabbitMQ calls everything redelivered, because it may have been; Warren knows what was.
        func messages(_ found: String) -> String { found.replacing(", redelivered", with: "") }
        #expect(messages(ours) == messages(theirs))
        #expect(ours.contains(#""topic-durable -> durable": ["persistent"]"#), "\(ours)")
        // What a client held when the broker was killed.
        #expect(ours.contains(#""default -> settled": ["1, redelivered", "2", "3", "last"]"#), "\(ours)")
        #expect(theirs.contains(#""default -> settled": ["1, redelivered""#), "\(theirs)")
    }
}
