import AMQPClient
import AMQPServer
import ArgumentParser
import Broker
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
        for policy in DemoWorkload.policies { try await running.endpoint.setPolicy(policy) }
        let workload = DemoWorkload(uris: try running.amqpAddresses.map { try AMQPURI("amqp://\($0)") })
        running.countClients { workload.counts }
        let traffic = Task { await workload.run() }
        let end = await Result(
            ConsoleSession(
                endpoints: [running.endpoint], settings: settings, interval: display.interval ?? .seconds(1)
            ).run)
        traffic.cancel()
        await traffic.value
        try await running.stop()
        try end.get()
    }
}
