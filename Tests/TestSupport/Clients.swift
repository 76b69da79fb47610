internal import Foundation

/// AMQP clients of other people: amqp-tools and pika.
public enum Clients {
    /// A consumer that acknowledges nothing.
    public struct Holder: Decodable, Sendable {
        /// Messages ready beside those held.
        public let ready: Int
        /// Messages held.
        public let held: Int
        /// How many of these were flagged redelivered.
        public let redelivered: Int
    }

    /// Declares a queue with amqp-declare-queue.
    public static func declare(_ queue: String, durable: Bool = false, at uri: String) throws {
        _ = try Command.output(["amqp-declare-queue", "-u", uri, "-q", queue] + (durable ? ["-d"] : []))
    }

    /// Declares a quorum queue with pika: amqp-declare-queue knows no arguments.
    public static func declareQuorum(_ queue: String, at uri: String) throws {
        let script = """
            import pika, sys
            connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
            connection.channel().queue_declare(sys.argv[2], durable=True, arguments={"x-queue-type": "quorum"})
            connection.close()
            """
        _ = try Command.output([Repository.python, "-c", script, uri, queue])
    }

    /// Publishes so many messages with amqp-publish, one line each.
    public static func publish(_ count: Int, to queue: String, at uri: String) throws {
        let lines = (1...count).map { "message \($0)\n" }.joined()
        _ = try Command.output(["amqp-publish", "-u", uri, "-r", queue, "-l"], input: Data(lines.utf8))
    }

    /// Starts a pika consumer that holds messages until its process is stopped; waits until it holds `count`.
    public static func hold(
        _ count: Int, of queue: String, prefetch: Int, at uri: String
    ) async throws -> (process: ChildProcess, holding: Holder) {
        let process = try ChildProcess(command(queue, uri, ["--prefetch", "\(prefetch)", "--count", "\(count)"]))
        let line = try await process.line(within: .seconds(20))
        return (process, try JSONDecoder().decode(Holder.self, from: Data(line.utf8)))
    }

    /// What pika sees of a queue; throws when there is none.
    public static func look(at queue: String, at uri: String) throws -> Holder {
        let line = try Command.output(command(queue, uri, []))
        return try JSONDecoder().decode(Holder.self, from: Data(line.utf8))
    }

    /// Publishes one message to an exchange with amqp-publish.
    public static func publish(to exchange: String, key: String, at uri: String) throws {
        _ = try Command.output(["amqp-publish", "-u", uri, "-e", exchange, "-r", key, "-b", "by a client"])
    }

    /// Whether pika finds an exchange, and of this durable type where one is named.
    public static func exchangeExists(_ exchange: String, type: String? = nil, at uri: String) throws -> Bool {
        struct Answer: Decodable {
            let exists: Bool
        }
        var command = [
            Repository.python, Repository.script("exchange.py"), "--uri", uri, "--exchange", exchange,
        ]
        if let type { command += ["--type", type] }
        return try JSONDecoder().decode(Answer.self, from: Data(try Command.output(command).utf8)).exists
    }

    private static func command(_ queue: String, _ uri: String, _ options: [String]) -> [String] {
        [Repository.python, Repository.script("hold.py"), "--uri", uri, "--queue", queue] + options
    }
}
