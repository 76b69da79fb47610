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

    @Option(
        help: "Nodes, 1 to 7. Several make a cluster in this process; more than half must be up for any to serve.")
    var nodes: Int?

    @Flag(help: "Let people on this machine crash, pause and cut off the nodes of a cluster.")
    var faults = false

    @Option(
        name: .customLong("amqp-port"),
        help: "AMQP port, of several nodes the first one's, of the next one more; 0 means any free one.")
    var amqpPort: Int?

    @Option(
        name: .customLong("http-port"),
        help: "Port of the management API, as RabbitMQ's, likewise; 0 means any free one.")
    var httpPort: Int?

    @Option(help: "Address to listen on.")
    var bind = "127.0.0.1"

    @Option(
        name: .customLong("memory-limit"),
        help: "Memory of a node above which publishers are not read, in MiB.")
    var memoryLimitMiB = 1024

    @Option(help: "Directory for what is durable; made where there is none.")
    var data: String?

    @Flag(help: "Keep nothing beyond the end; a cluster keeps in a temporary directory what its nodes restart from.")
    var ephemeral = false

    @Option(
        help: "When something counts as durable: always, once the disk has it; os, once the system has it.")
    var sync = SyncOption.always

    @Flag(
        help:
            "Go on without what is damaged in the data directory; a cluster's node gets what was agreed upon from the others."
    )
    var salvage = false

    func validate() throws {
        if ephemeral, data != nil { throw ValidationError("--data and --ephemeral exclude each other") }
        if let nodes, !(1...ClusterOptions.nodesMax).contains(nodes) {
            throw ValidationError("--nodes \(nodes): use 1 to \(ClusterOptions.nodesMax)")
        }
        if faults, nodes == 1 { throw ValidationError("--faults needs a cluster: use --nodes 3") }
        for (name, port) in [("--amqp-port", amqpPort), ("--http-port", httpPort)] {
            let last = 65536 - (nodes ?? 1)
            guard let port, !(0...last).contains(port) else { continue }
            throw ValidationError("\(name) \(port) is not a port: use 0 (any free one) to \(last)")
        }
        if !(16...1_048_576).contains(memoryLimitMiB) {
            throw ValidationError("--memory-limit \(memoryLimitMiB): use 16 to 1048576 MiB")
        }
    }

    /// How many nodes there are to be.
    var nodeCount: Int { nodes ?? 1 }

    var configuration: NodeConfiguration {
        NodeConfiguration(
            memoryLimit: memoryLimitMiB << 20, seed: .random(in: .min ... .max), version: Self.version)
    }

    /// Where `warren serve` keeps what is durable unless told otherwise (XDG Base Directory Specification: state).
    var standardData: String {
        let environment = ProcessInfo.processInfo.environment
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment["HOME"] ?? NSHomeDirectory()
        // A node alone and a cluster do not understand each other's directories.
        return (state ?? home + "/.local/state") + (nodeCount == 1 ? "/warren/data" : "/warren/cluster-\(nodeCount)")
    }

    /// What was found in the data directory, for a person; nil where nothing needs to be said.
    static func report(_ summaries: [RecoverySummary]) -> String? {
        // Every node of a cluster knows all queues, and has messages of its own.
        let found = RecoverySummary.sum(summaries)
        var parts: [String] = []
        if found.messages > 0 || found.queues > 0 {
            func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
            parts.append("\(count(found.queues, "queue")) and \(count(found.messages, "message")) are back")
        }
        if found.unreadable > 0 { parts.append("\(found.unreadable) records make no sense and were left out") }
        for damage in found.damage {
            parts.append(damage == .gone ? "\(damage)" : "left out, because it is damaged: \(damage)")
        }
        if found.lostMetadata > 0 {
            parts.append(
                "\(found.lostMetadata) node\(found.lostMetadata == 1 ? " gets" : "s get") what the cluster has agreed upon anew "
                    + "from the others")
        }
        return parts.isEmpty ? nil : "warren: " + parts.joined(separator: "; ")
    }
}

/// When something counts as durable, on the command line.
enum SyncOption: String, ExpressibleByArgument, CaseIterable {
    case always, os

    var mode: FileStorage.Sync { self == .always ? .always : .os }
}
