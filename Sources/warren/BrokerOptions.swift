import AMQPServer
import ArgumentParser
import Broker
import Management

/// The options of every command that starts a broker.
struct BrokerOptions: ParsableArguments {
    /// The program's version.
    static let version = "0.1.0"

    @Option(name: .customLong("amqp-port"), help: "AMQP port; 0 means any free one.")
    var amqpPort: Int?

    @Option(help: "Address to listen on.")
    var bind = "127.0.0.1"

    @Option(
        name: .customLong("memory-limit"),
        help: "Memory above which publishers are not read, in MiB.")
    var memoryLimitMiB = 1024

    func validate() throws {
        if let amqpPort, !(0...65535).contains(amqpPort) {
            throw ValidationError("--amqp-port \(amqpPort) is not a port: use 0 (any free one) to 65535")
        }
        if !(16...1_048_576).contains(memoryLimitMiB) {
            throw ValidationError("--memory-limit \(memoryLimitMiB): use 16 to 1048576 MiB")
        }
    }

    var configuration: NodeConfiguration {
        NodeConfiguration(
            memoryLimit: memoryLimitMiB << 20, seed: .random(in: .min ... .max), version: Self.version)
    }

    /// Starts the broker; a taken port ends the program with the ways out.
    func start(defaultPort: Int) async throws -> RunningBroker {
        let port = amqpPort ?? defaultPort
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
