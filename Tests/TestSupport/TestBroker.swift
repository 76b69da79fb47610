/// A broker that a test started: a RabbitMQ or a `warren serve`. It ends with the test.
public final class TestBroker: Sendable {
    /// Ports of its AMQP listeners on 127.0.0.1, one for each node.
    public let amqpPorts: [Int]
    /// Ports of its management listeners on 127.0.0.1, if it has any.
    public let httpPorts: [Int]
    private let process: ChildProcess

    /// How long a broker may take to accept connections. A RabbitMQ on a busy machine takes tens of seconds.
    private static let startDeadline = Duration.seconds(240)

    private init(_ process: ChildProcess) async throws {
        self.process = process
        let line = try await process.line(within: Self.startDeadline)
        let ready = ReadyLine(line)
        guard !ready.amqpPorts.isEmpty else {
            throw ChildEnded(command: "a broker", said: "unexpected first line: \(line)\n" + process.errorText)
        }
        amqpPorts = ready.amqpPorts
        httpPorts = ready.httpPorts
    }

    /// Starts a RabbitMQ of the test's own, management included. With `data` it keeps its data there, so that another
    /// start with the same folder and ports is a restart.
    public static func rabbitMQ(amqpPort: Int = 0, httpPort: Int = 0, data: String? = nil) async throws -> TestBroker {
        var command = [
            Repository.python, Repository.script("rabbitmq.py"), "--amqp-port", "\(amqpPort)", "--http-port",
            "\(httpPort)",
        ]
        if let data { command += ["--data", data] }
        return try await TestBroker(ChildProcess(command))
    }

    /// Starts a cluster of RabbitMQ nodes, named rabbit1@localhost and so on.
    public static func rabbitMQCluster(nodes: Int) async throws -> TestBroker {
        try await TestBroker(
            ChildProcess([Repository.python, Repository.script("rabbitmq.py"), "--nodes", "\(nodes)"]))
    }

    /// Starts `warren serve` on free ports. With `data` it keeps its data there, so that another start is a restart;
    /// without, nothing survives it.
    public static func warren(_ options: [String] = [], data: String? = nil) async throws -> TestBroker {
        let place = data.map { ["--data", $0] } ?? ["--ephemeral"]
        let command = [Repository.warren, "serve", "--amqp-port", "0", "--http-port", "0"] + place + options
        return try await TestBroker(.guarded(command))
    }

    /// Port of its first AMQP listener on 127.0.0.1.
    public var amqpPort: Int { amqpPorts[0] }

    /// Port of its first management listener on 127.0.0.1, if it has one.
    public var httpPort: Int? { httpPorts.first }

    /// The AMQP URI of the virtual host `/`.
    public var uri: String { "amqp://guest:guest@127.0.0.1:\(amqpPort)/%2F" }

    /// The URL of its management API; nil where it has none.
    public var managementURL: String? { httpPort.map { "http://127.0.0.1:\($0)" } }

    /// Whether the broker still runs.
    public var isRunning: Bool { process.isRunning }

    /// Kills the process of one node of a RabbitMQ cluster; the first is 1.
    public func killNode(_ number: Int) async throws {
        let answer = try await process.ask("kill \(number)", within: .seconds(20))
        guard answer == "killed \(number)" else { throw ChildEnded(command: "kill \(number)", said: answer) }
    }

    /// Kills the broker.
    public func kill() { process.stop() }
}
