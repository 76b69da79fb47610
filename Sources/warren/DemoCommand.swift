import AMQPClient
import AMQPServer
import ArgumentParser
import Console
import Drills

/// `warren demo`: the console on a throw-away broker with traffic.
struct DemoCommand: AsyncParsableCommand, ConsoleHost {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Open the console on a throw-away cluster with a live sample workload.",
        discussion: """
            There are three nodes, and they may be crashed, paused and cut off, unless --nodes says otherwise.
            """)

    @OptionGroup(title: "The broker") var broker: BrokerOptions
    @OptionGroup(title: "The console") var display: DisplayOptions

    func run() async throws {
        var settings = try display.settings(label: broker.data == nil ? "demo, ephemeral" : "demo")
        settings.hasTour = true
        settings.opensFailover = true
        var broker = broker
        broker.nodes = broker.nodes ?? 3
        broker.faults = broker.nodeCount > 1
        let running = try await broker.start(defaultPort: 0)
        let workload = DemoWorkload(uri: try AMQPURI("amqp://\(running.amqpAddresses.first ?? "")"))
        let traffic = Task { try await workload.run() }
        let end = await Result(
            ConsoleSession(
                endpoints: [running.endpoint], settings: settings, interval: display.interval ?? .seconds(1)
            ).run)
        traffic.cancel()
        // It ends by being cancelled; there is nothing to say about that.
        _ = try? await traffic.value
        try await running.stop()
        try end.get()
    }
}
