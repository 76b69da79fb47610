import AMQPServer
import ArgumentParser

/// `warren serve`: the broker alone.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the broker alone, until SIGTERM or SIGINT.",
        discussion: "Prints one line when it accepts connections: ready amqp=HOST:PORT")

    @OptionGroup var broker: BrokerOptions

    func run() async throws {
        let signals = StopSignals()
        let running = try await broker.start(defaultPort: 5672)
        Main.standardOutput("ready amqp=\(running.amqpAddress ?? "")")
        await signals.wait()
        try await running.stop()
    }
}
