internal import AMQP
public import AMQPClient
internal import Dispatch
internal import Histogram
internal import NIOCore
internal import NIOPosix

/// Publishes and consumes as a plan says and measures what comes of it.
///
/// It uses a queue of its own, named after the process and deleted at the end, whatever the end is.
public struct LoadGenerator: Sendable {
    private let uri: AMQPURI
    private let plan: LoadPlan
    private let serverProcess: Int32?

    /// A generator for one broker; with its process id on this machine, its CPU time is measured too.
    public init(uri: AMQPURI, plan: LoadPlan, serverProcess: Int32? = nil) {
        self.uri = uri
        self.plan = plan
        self.serverProcess = serverProcess
    }

    /// Runs one round. `progress` is called about once a second with what has been published and consumed so far.
    /// Throws what the broker refused with; cancelling the task ends the round.
    public func run(progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }) async throws -> LoadReport {
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
        _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws -> LoadReport {
        let queue = "warren.perf.\(UInt64.random(in: .min ... .max))"
        let control = try await ClientConnection.open(uri, on: consuming)
        let channel = try await control.openChannel()
        try await channel.call(QueueDeclare(queue: queue, durable: plan.isPersistent))
        let result: Result<LoadReport, any Error>
        do {
            result = .success(try await measure(queue, control, publishing, consuming, progress))
        } catch {
            result = .failure(error)
        }
        _ = try? await channel.call(QueueDelete(queue: queue))
        await control.close()
        return try result.get()
    }

    private func measure(
        _ queue: String, _ control: ClientConnection, _ publishing: any EventLoopGroup,
        _ consuming: any EventLoopGroup, _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws -> LoadReport {
        var consumers: [LoadConsumer] = []
        var connections: [ClientConnection] = []
        for _ in 0..<plan.consumers {
            let connection = try await ClientConnection.open(uri, on: consuming)
            connections.append(connection)
            let channel = try await connection.openChannel()
            if plan.prefetch > 0 { try await channel.call(BasicQos(prefetchCount: plan.prefetch)) }
            let consumer = LoadConsumer(plan: plan)
            await consumer.attach(to: channel)
            try await channel.call(BasicConsume(queue: queue, noAck: plan.ackBatch == 0))
            consumers.append(consumer)
        }
        var publishers: [LoadPublisher] = []
        for _ in 0..<plan.publishers {
            let connection = try await ClientConnection.open(uri, on: publishing)
            connections.append(connection)
            let channel = try await connection.openChannel()
            if plan.confirmWindow > 0 { try await channel.call(ConfirmSelect()) }
            if plan.transactionSize > 0 { try await channel.call(TxSelect()) }
            publishers.append(LoadPublisher(plan: plan, queue: queue, channel: channel))
        }

        let cpuBefore = serverProcess.flatMap(ProcessTime.seconds)
        let begin = DispatchTime.now().uptimeNanoseconds
        for publisher in publishers { publisher.start() }
        let end = begin + UInt64(plan.seconds * 1e9)
        func totals() -> (published: UInt64, consumed: UInt64) {
            (publishers.reduce(0) { $0 + $1.published }, consumers.reduce(0) { $0 + $1.consumed })
        }
        while DispatchTime.now().uptimeNanoseconds < end {
            let left = end - min(end, DispatchTime.now().uptimeNanoseconds)
            try await Task.sleep(for: .nanoseconds(min(left, 1_000_000_000)))
            let (published, consumed) = totals()
            progress(published, consumed)
            if let failure = publishers.lazy.compactMap(\.failure).first { throw failure }
        }
        for publisher in publishers { publisher.stop() }
        try await drained(publishers, consumers)
        let last = (publishers.map(\.lastEvent) + consumers.map(\.lastEvent)).max() ?? begin
        let cpuAfter = serverProcess.flatMap(ProcessTime.seconds)
        for connection in connections { await connection.close() }

        let (published, consumed) = totals()
        var report = LoadReport(
            broker: uri.description, product: product(of: control), published: published,
            confirmed: publishers.reduce(0) { $0 + $1.confirmed }, refused: publishers.reduce(0) { $0 + $1.refused },
            consumed: consumed, seconds: Double(last - begin) / 1e9)
        report.confirmLatency = LatencyRecorder.merged(publishers.map(\.latency))
        report.deliveryLatency = LatencyRecorder.merged(consumers.map(\.latency))
        if let cpuBefore, let cpuAfter, published > 0 {
            report.serverMicrosecondsPerMessage = (cpuAfter - cpuBefore) * 1e6 / Double(published)
        }
        return report
    }

    /// How long nothing may happen before what is missing counts as lost.
    private static let patience: UInt64 = 10_000_000_000

    /// Waits until everything published is confirmed and consumed.
    private func drained(_ publishers: [LoadPublisher], _ consumers: [LoadConsumer]) async throws {
        while true {
            let published = publishers.reduce(0) { $0 + $1.published }
            let consumed = consumers.reduce(0) { $0 + $1.consumed }
            let settled = publishers.reduce(0) { $0 + $1.confirmed + $1.refused }
            let isConfirmed = (plan.confirmWindow == 0 && plan.transactionSize == 0) || settled == published
            if isConfirmed, plan.consumers == 0 || consumed == published { return }
            if plan.consumers > 0, consumed > published {
                throw LoadError.miscounted("\(consumed) messages were consumed and \(published) published")
            }
            let last = (publishers.map(\.lastEvent) + consumers.map(\.lastEvent)).max() ?? 0
            if DispatchTime.now().uptimeNanoseconds > last + Self.patience {
                throw LoadError.miscounted(
                    "of \(published) messages published, \(settled) were confirmed and \(consumed) consumed")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func product(of connection: ClientConnection) -> String {
        let name = connection.serverProperties["product"]?.text ?? "?"
        let version = connection.serverProperties["version"]?.text ?? "?"
        return "\(name) \(version)"
    }
}

/// A load whose sums do not add up.
public enum LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Messages are missing or too many.
    case miscounted(String)

    /// What was counted.
    public var description: String {
        switch self {
        case .miscounted(let what): "the sums do not add up: \(what)"
        }
    }
}
