import AMQPServer
import ArgumentParser
import Console
import Management
import ManagementClient
import Monitor

/// `warren`: the console, on a remote broker or on the one in this process.
struct WarrenCommand: AsyncParsableCommand, ConsoleHost {
    static let configuration = CommandConfiguration(
        commandName: "warren",
        abstract: "A terminal administration console for RabbitMQ-style brokers, with a broker inside.",
        discussion: """
            Without --connect the console opens on a broker of its own, which keeps nothing unless --data says where and ends with \
            the console. For anything that others use, run 'warren serve' and keep the console apart. \
            Without a terminal it prints a snapshot and exits.

            Exit codes: 0 done, 1 the answer is no, 2 usage, 69 endpoint unreachable, 77 not permitted.
            """,
        version: "warren \(BrokerOptions.version)",
        subcommands: [DemoCommand.self, ServeCommand.self, SnapshotCommand.self, PerfCommand.self])

    @OptionGroup(title: "A remote broker") var remote: EndpointOptions
    @OptionGroup(title: "The broker of its own") var broker: BrokerOptions
    @OptionGroup(title: "The console") var display: DisplayOptions

    func run() async throws {
        if let target = try remote.target() {
            var settings = try display.settings(theme: target.context?.theme)
            settings.lock = target.lock
            settings.isReadOnly = settings.isReadOnly || target.context?.isReadOnly == true
            settings.queues.vhost = target.context?.vhost
            let probe = try remote.probe()
            settings.canary = probe.map { _ in CanaryProbe.name() }
            let interval = display.interval ?? target.context?.refresh ?? .seconds(1)
            let end = await Result(
                ConsoleSession(
                    endpoints: target.endpoints, settings: settings, interval: interval, probe: probe
                ).run)
            for endpoint in target.endpoints { await endpoint.shutdown() }
            return try end.get()
        }
        let settings = try display.settings(label: broker.data == nil ? "ephemeral" : nil)
        let running = try await broker.start(defaultPort: 5672)
        let end = await Result(
            ConsoleSession(
                endpoints: [running.endpoint], settings: settings, interval: display.interval ?? .seconds(1)
            ).run)
        try await running.stop()
        try end.get()
    }
}
