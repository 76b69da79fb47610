import AMQPServer
import ArgumentParser
import Broker
import Management
import ManagementServer

/// The options of every command that starts a broker.
struct BrokerOptions: ParsableArguments {
    /// The program's version.
    static let version = "0.1.0"

    @Option(name: .customLong("amqp-port"), help: "AMQP port; 0 means any free one.")
    var amqpPort: Int?

    @Option(
        name: .customLong("http-port"),
        help: "Port of the management API, as RabbitMQ's; 0 means any free one.")
    var httpPort: Int?

    @Option(help: "Address to listen on.")
    var bind = "127.0.0.1"

    @Option(
        name: .customLong("memory-limit"),
        help: "Memory above which publishers are not read, in MiB.")
    var memoryLimitMiB = 1024

    func validate() throws {
        for (name, port) in [("--amqp-port", amqpPort), ("--http-port", httpPort)] {
            guard let port, !(0...65535).contains(port) else { continue }
            throw ValidationError("\(name) \(port) is not a port: use 0 (any free one) to 65535")
        }
        if !(16...1_048_576).contains(memoryLimitMiB) {
            throw ValidationError("--memory-limit \(memoryLimitMiB): use 16 to 1048576 MiB")
        }
    }

    var configuration: NodeConfiguration {
        NodeConfiguration(
            memoryLimit: memoryLimitMiB << 20, seed: .random(in: .min ... .max), version: Self.version)
    }

    /// Starts the broker, and its management API where a port is named or `defaultHTTPPort` is one; a taken port ends the
    /// program with the ways out.
    func start(defaultPort: Int, defaultHTTPPort: Int? = nil) async throws -> RunningServices {
        let configuration = configuration
        let broker = try await startBroker(configuration, port: amqpPort ?? defaultPort)
        guard let httpPort = httpPort ?? defaultHTTPPort else { return RunningServices(broker: broker) }
        do {
            let management = try await ManagementListener.start(
                broker.endpoint, host: bind, port: httpPort, passwords: configuration.passwords)
            return RunningServices(broker: broker, management: management)
        } catch let error as ManagementListenError {
            try? await broker.stop()
            throw Failure(
                """
                \(error). Ways out:
                  another port:                 --http-port 0 (any free one) or --http-port \(min(error.port + 1, 65535))
                  look at what listens there:   warren --connect http://\(error.host):\(error.port)
                """, .unavailable)
        }
    }

    private func startBroker(_ configuration: NodeConfiguration, port: Int) async throws -> RunningBroker {
        do {
            return try await RunningBroker.start(configuration, host: bind, port: port)
        } catch let error as ListenError where error.isTaken {
            throw Failure(
                """
                \(error). Ways out:
                  another port:                 --amqp-port 0 (any free one) or --amqp-port \(min(error.port + 1, 65535))
                  look at what listens there:   warren --connect http://\(error.host):15672
                """, .unavailable)
        } catch let error as ListenError {
            throw Failure("\(error). Choose an address of this machine with --bind", .unavailable)
        }
    }
}

/// A broker with what serves it.
struct RunningServices {
    let broker: RunningBroker
    var management: ManagementListener?

    var endpoint: EmbeddedEndpoint { broker.endpoint }

    /// Ends both, the way in first.
    func stop() async throws {
        await management?.stop()
        try await broker.stop()
    }
}
