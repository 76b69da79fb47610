import AMQPServer
import ArgumentParser
import Broker
import Foundation
import Journal
import Management
import ManagementServer
import Terminal

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

    @Option(help: "Directory for what is durable; made where there is none.")
    var data: String?

    @Flag(help: "Keep nothing on disk.")
    var ephemeral = false

    @Option(
        help: "When something counts as durable: always, once the disk has it; os, once the system has it.")
    var sync = SyncOption.always

    @Flag(help: "Go on without what is damaged in the data directory.")
    var salvage = false

    func validate() throws {
        if ephemeral, data != nil { throw ValidationError("--data and --ephemeral exclude each other") }
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
    func start(
        defaultPort: Int, defaultHTTPPort: Int? = nil, defaultData: String? = nil
    ) async throws -> RunningServices {
        let configuration = configuration
        let path = ephemeral ? nil : data ?? defaultData
        let broker = try await startBroker(
            configuration, port: amqpPort ?? defaultPort,
            data: path.map { DataOptions(path: $0, sync: sync.mode, salvages: salvage) })
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

    /// Where `warren serve` keeps what is durable unless told otherwise (XDG Base Directory Specification: state).
    static var standardData: String {
        let environment = ProcessInfo.processInfo.environment
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment["HOME"] ?? NSHomeDirectory()
        return (state ?? home + "/.local/state") + "/warren/data"
    }

    /// What was found in the data directory, for a person; nil where nothing needs to be said.
    static func report(_ found: RecoverySummary?) -> String? {
        guard let found else { return nil }
        var parts: [String] = []
        if found.messages > 0 || found.queues > 0 {
            func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
            parts.append("\(count(found.queues, "queue")) and \(count(found.messages, "message")) are back")
        }
        if found.unreadable > 0 { parts.append("\(found.unreadable) records make no sense and were left out") }
        for damage in found.damage { parts.append("left out, because it is damaged: \(damage)") }
        return parts.isEmpty ? nil : "warren: " + parts.joined(separator: "; ")
    }

    private func startBroker(
        _ configuration: NodeConfiguration, port: Int, data: DataOptions?
    ) async throws -> RunningBroker {
        do {
            let begin = ContinuousClock.now
            return try await RunningBroker.start(configuration, host: bind, port: port, data: data) { progress in
                guard ContinuousClock.now - begin > .seconds(1), !Screen.isAvailable else { return }
                Main.standardError("warren: reading segment \(progress.segments) of \(progress.total) …")
            }
        } catch let error as StorageError {
            throw Failure(error.description, .ioError)
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

/// When something counts as durable, on the command line.
enum SyncOption: String, ExpressibleByArgument, CaseIterable {
    case always, os

    var mode: FileStorage.Sync { self == .always ? .always : .os }
}
