internal import AMQP
public import AMQPClient
public import Management
internal import NIOCore
internal import NIOPosix

/// The traffic of `warren demo`: a small business over real AMQP connections on loopback, spread over the nodes of a
/// cluster.
///
/// Orders flow through a topic exchange and are taken, mail likewise; invoices grow towards their queue's limit because
/// their consumer is slow, payments are stuck because a consumer never acknowledges, an audit is published in
/// transactions, and an audit trail to nobody. Each client has a connection of its own and survives whatever becomes of
/// nodes and links: it opens another one, to its node or the next, for ever.
///
/// ```swift
/// let workload = DemoWorkload(uris: cluster.amqpAddresses.map { try AMQPURI("amqp://\($0)") })
/// let traffic = Task { await workload.run() }
/// print(workload.counts)   // confirmed 4711, lost 0, duplicated 0
/// ```
public struct DemoWorkload: Sendable {
    private let uris: [AMQPURI]
    private let rate: Double
    let books = DemoBooks(DemoFlow.all)

    /// A workload for the nodes at `uris`, of which there must be one; `rate` times as many messages as usual.
    public init(uris: [AMQPURI], rate: Double = 1) {
        precondition(!uris.isEmpty, "a workload needs a node")
        self.uris = uris
        self.rate = rate
    }

    /// The policies that its queues are to have, set by whoever may before it begins: payments, whose queue is an old one, are
    /// mirrored.
    public static let policies = [
        PolicyInfo(
            vhost: "/", name: "ha-payments", pattern: "^payments$", appliesTo: "queues",
            definition: ["ha-mode": "all", "ha-sync-mode": "automatic"])
    ]

    /// What its publishers and consumers have counted since they began.
    public var counts: ClusterTimeline.Clients {
        let counts = books.counts
        return ClusterTimeline.Clients(
            confirmed: counts.confirmed, lost: counts.lost, duplicated: counts.duplicated)
    }

    /// How often it is looked whether anything is missing.
    private static let lookInterval = Duration.milliseconds(250)

    /// Declares the demo's queues and runs its traffic until the task is cancelled.
    public func run() async { await run(until: nil, draining: .zero) }

    /// The same until something has come to its end; then nothing more is published, and it is waited for what has not come,
    /// so long at most.
    func run(until end: (@Sendable () async -> Void)?, draining: Duration) async {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let topology = DemoTopology(uris: uris, group: group)
        await topology.declareAll()
        let taking = Task { await consume(topology) }
        let publishing = Task { await publish(group) }
        await withTaskCancellationHandler {
            if let end {
                await end()
                publishing.cancel()
                await publishing.value
                await drain(for: draining)
                taking.cancel()
            }
            await publishing.value
            await taking.value
        } onCancel: {
            publishing.cancel()
            taking.cancel()
        }
        // Nothing is left on it that could fail.
        try? await group.shutdownGracefully()
    }

    private func consume(_ topology: DemoTopology) async {
        await withTaskGroup(of: Void.self) { tasks in
            for flow in DemoFlow.all {
                for place in flow.consumers {
                    let consumer = DemoConsumer(flow: flow, books: books, topology: topology)
                    tasks.addTask { await line(place, topology.group).keep(consumer.run) }
                }
            }
            tasks.addTask {
                while !Task.isCancelled {
                    books.look()
                    try? await Task.sleep(for: Self.lookInterval)
                }
            }
        }
    }

    private func publish(_ group: any EventLoopGroup) async {
        await withTaskGroup(of: Void.self) { tasks in
            for flow in DemoFlow.all {
                for (number, place) in flow.publishers.enumerated() {
                    let publisher = DemoPublisher(flow: flow, publisher: number, rate: rate, books: books)
                    tasks.addTask { await line(place, group).keep(publisher.run) }
                }
            }
            tasks.addTask { await line(1, group).keep(publishUnheard) }
        }
    }

    private func line(_ place: Int, _ group: any EventLoopGroup) -> DemoLine {
        DemoLine(uris: uris, place: place, group: group)
    }

    /// Publishes to an exchange that nobody is bound to, without confirms.
    @Sendable
    private func publishUnheard(_ channel: ClientChannel, _ ending: DemoLine.Ending) async throws {
        let template = PublishTemplate(exchange: DemoFlow.unheard, routingKey: "")
        let ticking = Task {
            var pace = DemoPace(perSecond: DemoFlow.unheardPerSecond)
            while !Task.isCancelled {
                let count = pace.due(at: DemoBooks.now)
                channel.onLoop { channel in
                    let body = [UInt8](repeating: UInt8(ascii: "."), count: 80)
                    for _ in 0..<count { body.withUnsafeBytes { channel.publish(template, body: $0) } }
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { ticking.cancel() }
        try await channel.call(BasicQos())
        try await ending.wait()
    }

    private func drain(for span: Duration) async {
        let end = ContinuousClock.now + span
        while books.awaited > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
        books.close()
    }
}
