import AMQPServer
import ArgumentParser
import ManagementServer

/// `warren serve`: the broker alone.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the broker alone, until SIGTERM or SIGINT.",
        discussion: """
            Prints one line when it accepts connections: ready amqp=HOST:PORT http=HOST:PORT
            The HTTP port takes RabbitMQ's management API: 'warren --connect http://HOST:PORT' opens the console on it.
            User and password are guest/guest.
            """)

    @OptionGroup var broker: BrokerOptions

    func run() async throws {
        let signals = StopSignals()
        let running = try await broker.start(defaultPort: 5672, defaultHTTPPort: 15672)
        Main.standardOutput(
            "ready amqp=\(running.broker.amqpAddress ?? "") http=\(running.management?.address ?? "")")
        await signals.wait()
        try await running.stop()
    }
}
