import AMQPServer
import ArgumentParser
import Journal
import ManagementServer

/// `warren serve`: the broker alone.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the broker alone, until SIGTERM or SIGINT.",
        discussion: """
            Prints one line when it accepts connections: ready amqp=HOST:PORT http=HOST:PORT
            With --nodes 3 there are three of each, separated by commas.
            The HTTP port takes RabbitMQ's management API: 'warren --connect http://HOST:PORT' opens the console on it.
            User and password are guest/guest. What is durable is kept in --data, by default in
            $XDG_STATE_HOME/warren/data, of a cluster of three in $XDG_STATE_HOME/warren/cluster-3.
            """)

    @OptionGroup var broker: BrokerOptions

    func run() async throws {
        let signals = StopSignals()
        let running = try await broker.start(
            defaultPort: 5672, defaultHTTPPort: 15672, defaultData: broker.standardData)
        if let report = BrokerOptions.report(running.recovered) { Main.standardError(report) }
        Main.standardOutput(
            "ready amqp=\(running.amqpAddresses.joined(separator: ",")) "
                + "http=\(running.httpAddresses.joined(separator: ","))")
        // A disk that fails ends a broker as a signal does; of a cluster it ends the node.
        let watching = Task {
            let failure = await running.storageFailure()
            if failure != nil { signals.cancel() }
            return failure
        }
        await signals.wait()
        try await running.stop()
        if let failure = await watching.value { throw Failure(failure.description, .ioError) }
    }
}
