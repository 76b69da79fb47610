internal import AMQP
public import AMQPClient
internal import NIOCore
internal import NIOPosix

/// Publishes and consumes as a plan says and measures what comes of it.
///
/// It uses queues of its own, under names that nobody else has, and deletes them at the end, whatever the end is.
public struct LoadGenerator: Sendable {
    private let uri: AMQPURI
    private let plan: LoadPlan
    private let serverProcess: Int32?
    private let progressInterval: Duration

    /// A generator for one broker; with its process id on this machine, its CPU time is measured too. It says how far
    /// it is about once an interval.
    public init(
        uri: AMQPURI, plan: LoadPlan, serverProcess: Int32? = nil, progressInterval: Duration = .seconds(1)
    ) {
        self.uri = uri
        self.plan = plan
        self.serverProcess = serverProcess
        self.progressInterval = progressInterval
    }

    /// Runs one round. Throws what the broker refused with; cancelling the task ends the round and deletes its queues.
    public func run(progress: @escaping @Sendable (LoadProgress) -> Void = { _ in }) async throws -> LoadReport {
        // Publishers and consumers on a thread each: on two cores more would only take the broker's.
        let publishing = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let consuming = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let report = try await run(publishing, consuming, progress)
            try await publishing.shutdownGracefully()
            try await consuming.shutdownGracefully()
            return report
        } catch {
            try? await publishing.shutdownGracefully()
            try? await consuming.shutdownGracefully()
            throw error
        }
    }

    private func run(
        _ publishing: any EventLoopGroup, _ consuming: any EventLoopGroup,
        _ progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws -> LoadReport {
        progress(LoadProgress(.preparing))
        let queues = LoadQueues(plan: plan)
        let control = try await ClientConnection.open(uri, on: consuming)
        let result: Result<LoadReport, any Error>
        do {
            try await queues.declare(on: control)
            let product = product(of: control)
            let round = try await prepare(queues, product, publishing, consuming)
            result = .success(try await round.run(progress: progress, every: progressInterval))
        } catch {
            result = .failure(error)
        }
        progress(LoadProgress(.deleting))
        // What the round ended with says more than a connection that is gone.
        try? await queues.delete(on: control)
        await control.close()
        return try result.get()
    }

    /// Everything up to the first publish.
    private func prepare(
        _ queues: LoadQueues, _ product: String, _ publishing: any EventLoopGroup, _ consuming: any EventLoopGroup
    ) async throws -> LoadRound {
        var round = LoadRound(plan: plan, broker: uri.description, product: product, serverProcess: serverProcess)
        for number in 0..<plan.consumers {
            try Task.checkCancellation()
            let connection = try await ClientConnection.open(uri, on: consuming)
            round.connections.append(connection)
            let channel = try await connection.openChannel()
            if plan.prefetch > 0 { try await channel.call(BasicQos(prefetchCount: plan.prefetch)) }
            let consumer = LoadConsumer(plan: plan, channel: channel)
            await consumer.attach()
            let own = queues.names(ofConsumer: number, of: plan.consumers)
            try await channel.call(all: own.map { BasicConsume(queue: $0, noAck: plan.ackBatch == 0) })
            round.consumers.append(consumer)
        }
        let properties = BasicProperties(deliveryMode: plan.isPersistent ? 2 : nil)
        let templates = queues.names.map { PublishTemplate(routingKey: $0, properties: properties) }
        for number in 0..<plan.publishers {
            try Task.checkCancellation()
            let connection = try await ClientConnection.open(uri, on: publishing)
            round.connections.append(connection)
            let channel = try await connection.openChannel()
            if plan.confirmWindow > 0 { try await channel.call(ConfirmSelect()) }
            if plan.transactionSize > 0 { try await channel.call(TxSelect()) }
            let first = queues.firstIndex(ofPublisher: number, of: plan.publishers)
            round.publishers.append(LoadPublisher(plan: plan, templates: templates, first: first, channel: channel))
        }
        return round
    }

    private func product(of connection: ClientConnection) -> String {
        let name = connection.serverProperties["product"]?.text ?? "?"
        let version = connection.serverProperties["version"]?.text ?? "?"
        return "\(name) \(version)"
    }
}
