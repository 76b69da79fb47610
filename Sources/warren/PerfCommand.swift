import AMQPClient
import ArgumentParser
import Drills
import Foundation

/// `warren perf`: load on one broker, or on several side by side.
struct PerfCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "perf",
        abstract: "Load brokers side by side and measure them.",
        discussion: """
            Several brokers are loaded in turn, round by round, so that all see the same machine. Each round uses \
            queues of its own and fails when not as many are consumed as were published. Ctrl-c ends it and deletes them.
            """)

    @Option(name: .customLong("uri"), help: ArgumentHelp("AMQP URI; one for each broker.", valueName: "amqp-uri"))
    var uris: [String] = ["amqp://127.0.0.1:5672"]

    @Option(
        name: .customLong("server-pid"),
        help: "The broker's process on this machine, for its CPU time; in the order of the URIs.")
    var serverPIDs: [Int32] = []

    @Option(help: "Connections that publish.")
    var publishers = 1

    @Option(help: "Connections that consume; 0 only publishes.")
    var consumers = 1

    @Option(help: "Queues: publishers take turns through all of them, every queue has a consumer.")
    var queues = 1

    @Option(name: .customLong("queue-type"), help: "Type of the queues, such as quorum.")
    var queueType: String?

    @Option(help: "Octets of a body.")
    var size = 100

    @Flag(help: "Persistent messages in a durable queue.")
    var persistent = false

    @Option(help: ArgumentHelp("Publisher confirms, with so many outstanding at most.", valueName: "window"))
    var confirms = 0

    @Option(help: ArgumentHelp("Publish in transactions of so many, one after the other.", valueName: "size"))
    var tx = 0

    @Option(
        name: .customLong("ack-batch"),
        help: "Acknowledge by hand, so many at once; 0 is automatic acknowledgement.")
    var ackBatch = 0

    @Option(help: "Most deliveries unacknowledged at once in each consumer; 0 means no limit.")
    var prefetch: UInt16 = 0

    @Option(help: "Messages a second of each publisher, at even intervals; 0 means no limit.")
    var rate = 0.0

    @Option(
        name: .customLong("consume-rate"),
        help: ArgumentHelp(
            "Messages a second that each consumer acknowledges; 0 means no limit.",
            discussion: "It lasts as long as publishing: what is left then comes as fast as it can.",
            valueName: "rate"))
    var consumeRate = 0.0

    @Option(help: "Seconds of each round.")
    var duration = 5.0

    @Option(help: "Rounds; the table shows each broker's median.")
    var rounds = 3

    @Option(help: "text or json.")
    var format = Format.text

    private var plan: LoadPlan {
        var plan = LoadPlan()
        plan.publishers = publishers
        plan.consumers = consumers
        plan.queues = queues
        plan.queueType = queueType
        plan.bodyBytes = size
        plan.isPersistent = persistent
        plan.confirmWindow = confirms
        plan.transactionSize = tx
        plan.ackBatch = ackBatch
        plan.prefetch = prefetch
        plan.publishRate = rate
        plan.consumeRate = consumeRate
        plan.seconds = duration
        return plan
    }

    func validate() throws {
        if let problem = plan.problem { throw ValidationError(problem) }
        if !(1...1000).contains(rounds) { throw ValidationError("--rounds \(rounds): use 1 to 1000") }
        if serverPIDs.count > uris.count { throw ValidationError("there are more --server-pid than --uri") }
        for uri in uris {
            do {
                _ = try AMQPURI(uri)
            } catch {
                throw ValidationError("--uri: \(error)")
            }
        }
    }

    func run() async throws {
        let signals = StopSignals()
        let work = Task { try await measure() }
        let watch = Task {
            guard let number = await signals.wait() else { return nil as Int32? }
            work.cancel()
            // Whoever asks twice does not want to wait for the queues to be deleted.
            Task {
                if let number = await signals.wait() { Foundation.exit(128 + number) }
            }
            return number
        }
        let reports = await Result { try await work.value }
        if case .failure(let error) = reports, error is CancellationError, let number = await watch.value {
            throw Interrupted(signal: number)
        }
        signals.cancel()
        try show(reports.get())
    }

    /// All rounds of all brokers.
    private func measure() async throws -> [LoadReport] {
        var reports: [LoadReport] = []
        let line = ProgressLine()
        defer { line.end() }
        for round in 1...rounds {
            for (index, text) in uris.enumerated() {
                let uri = try AMQPURI(text)
                let generator = LoadGenerator(
                    uri: uri, plan: plan, serverProcess: index < serverPIDs.count ? serverPIDs[index] : nil,
                    progressInterval: line.interval)
                do {
                    reports.append(
                        try await generator.run { [rounds] progress in
                            line.show("round \(round)/\(rounds)  \(uri)  \(progress)")
                        })
                } catch let error as ClientError {
                    throw Failure("\(uri): \(error)", .unavailable)
                } catch let error as LoadError {
                    throw Failure("\(uri): \(error)", .no)
                }
            }
        }
        return reports
    }

    private func show(_ reports: [LoadReport]) throws {
        switch format {
        case .text:
            print(LoadReport.table(reports))
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(reports), as: UTF8.self))
        }
    }
}
