import ArgumentParser
import Console
import Foundation
import Management
import ManagementClient
import Monitor
import Terminal

/// `warren snapshot`: one look at a broker, as text or JSON.
struct SnapshotCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Print one look at a broker and exit.")

    @OptionGroup var remote: EndpointOptions

    @Option(help: "text or json.")
    var format = Format.text

    @Option(
        help: ArgumentHelp(
            "overview, queues, exchanges, connections, channels, nodes, failover or policies.", valueName: "name"),
        transform: Self.panel)
    var panel = ConsoleState.Panel.queues

    @Option(help: ArgumentHelp("Columns and rows of the text.", valueName: "120x40"), transform: Self.size)
    var size = ConsoleSession.snapshotSize

    private static func panel(_ name: String) throws -> ConsoleState.Panel {
        guard let panel = ConsoleState.Panel(rawValue: name) else {
            let names = ConsoleState.Panel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no panel '\(name)': use \(names)")
        }
        return panel
    }

    private static func size(_ text: String) throws -> Size {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let columns = parts[0], let rows = parts[1], (1...1000).contains(columns),
            (1...1000).contains(rows)
        else { throw ValidationError("'\(text)' is not a size: use columns x rows, such as 120x40") }
        return Size(columns: columns, rows: rows)
    }

    func run() async throws {
        guard let target = try remote.target() else {
            throw Failure("snapshot needs --connect URL or --context NAME: a broker of its own would be empty", .usage)
        }
        let endpoints = target.endpoints
        let session = ConsoleSession(
            endpoints: endpoints, settings: try DisplayOptions.parse([]).settings(), interval: .seconds(1))
        let taken = await Result { try await session.snapshot(at: size, panel: panel) }
        for endpoint in endpoints { await endpoint.shutdown() }
        let snapshot = try taken.get()
        switch format {
        case .text: print(snapshot.text)
        case .json: print(try json(snapshot.monitor))
        }
    }

    /// What was seen, in the field names of RabbitMQ's HTTP API.
    private struct Document: Encodable {
        let endpoint: String
        let overview: Overview?
        let nodes: [NodeInfo]?
        let queues: [QueueInfo]?
        /// What the cluster recorded, where the panel is about that.
        let timeline: ClusterTimeline?
        let faults: FaultState?
        let failover: FailoverReport?
    }

    private func json(_ monitor: MonitorState) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            endpoint: monitor.endpoint, overview: monitor.overview.value, nodes: monitor.nodes.value,
            queues: monitor.queues.value?.items, timeline: panel == .failover ? monitor.timeline.value : nil,
            faults: monitor.faults.value,
            failover: panel == .failover ? FailoverReport(monitor.recording) : nil)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
