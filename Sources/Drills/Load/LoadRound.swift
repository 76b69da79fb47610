internal import AMQPClient
internal import Dispatch

/// One round of load, from the first publish until everything is accounted for.
struct LoadRound {
    /// How long nothing may happen before what is missing counts as lost, nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    /// Between two looks at whether everything has come, milliseconds.
    private static let lookMilliseconds = 2

    let plan: LoadPlan
    /// "HOST:PORT".
    let broker: String
    let product: String
    let serverProcess: Int32?
    var publishers: [LoadPublisher] = []
    var consumers: [LoadConsumer] = []
    /// All connections of the publishers and consumers; they are closed at the end.
    var connections: [ClientConnection] = []

    init(plan: LoadPlan, broker: String, product: String, serverProcess: Int32?) {
        self.plan = plan
        self.broker = broker
        self.product = product
        self.serverProcess = serverProcess
    }

    /// Publishes for as long as the plan says, waits for what is under way and sums up. Throws what ended a channel, and
    /// `LoadError` when the sums do not add up.
    func run(progress: (LoadProgress) -> Void, every interval: Duration) async throws -> LoadReport {
        let cpuBefore = serverProcess.flatMap(ProcessTime.seconds)
        let begin = DispatchTime.now().uptimeNanoseconds
        for publisher in publishers { publisher.start() }
        var meter = Meter(begin: begin)
        let end = begin + UInt64(plan.seconds * 1e9)
        while DispatchTime.now().uptimeNanoseconds < end {
            let left = Duration.nanoseconds(Int64(end - min(end, DispatchTime.now().uptimeNanoseconds)))
            try await Task.sleep(for: min(left, interval))
            progress(meter.look(.publishing, published: published, consumed: consumed))
            try checkFailures()
        }
        let stopped = DispatchTime.now().uptimeNanoseconds
        let (publishedInTime, consumedInTime) = (published, consumed)
        for publisher in publishers { await publisher.stop() }
        for consumer in consumers { consumer.liftRate() }
        try await drained { progress(meter.look(.draining, published: published, consumed: consumed)) }
        let last = lastEvent ?? begin
        let cpuAfter = serverProcess.flatMap(ProcessTime.seconds)
        // Nothing more is recorded on loops whose connections have ended.
        for connection in connections { await connection.close() }

        let publishing = Double(stopped - begin) / 1e9
        var report = LoadReport(
            plan: plan, broker: broker, product: product, published: published,
            confirmed: publishers.reduce(0) { $0 + $1.confirmed }, refused: publishers.reduce(0) { $0 + $1.refused },
            consumed: consumed, seconds: Double(last - begin) / 1e9,
            publishRate: Double(publishedInTime) / publishing, consumeRate: Double(consumedInTime) / publishing)
        report.confirmLatency = LatencyRecorder.merged(publishers.map(\.latency))
        report.deliveryLatency = LatencyRecorder.merged(consumers.map(\.latency))
        if let cpuBefore, let cpuAfter, published > 0 {
            report.serverMicrosecondsPerMessage = (cpuAfter - cpuBefore) * 1e6 / Double(published)
        }
        return report
    }

    private var published: UInt64 { publishers.reduce(0) { $0 + $1.published } }
    private var consumed: UInt64 { consumers.reduce(0) { $0 + $1.consumed } }
    private var lastEvent: UInt64? { (publishers.map(\.lastEvent) + consumers.map(\.lastEvent)).max() }

    private func checkFailures() throws {
        if let failure = publishers.lazy.compactMap(\.failure).first { throw failure }
        if let failure = consumers.lazy.compactMap(\.failure).first { throw failure }
    }

    /// Waits until everything published is confirmed and consumed.
    private func drained(progress: () -> Void) async throws {
        var looks = 0
        while true {
            // In this order: what is confirmed or consumed was published before.
            let settled = publishers.reduce(0) { $0 + $1.confirmed + $1.refused }
            let (consumed, published) = (consumed, published)
            let isConfirmed = (plan.confirmWindow == 0 && plan.transactionSize == 0) || settled == published
            if isConfirmed, plan.consumers == 0 || consumed == published { return }
            if plan.consumers > 0, consumed > published {
                throw LoadError.miscounted("\(consumed) messages were consumed and \(published) published")
            }
            try checkFailures()
            if DispatchTime.now().uptimeNanoseconds > (lastEvent ?? 0) + Self.patience {
                throw LoadError.miscounted(
                    "of \(published) messages published, \(settled) were confirmed and \(consumed) consumed; then "
                        + "nothing came for \(Self.patience / 1_000_000_000) s")
            }
            looks += 1
            if looks % 500 == 0 { progress() }
            try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
        }
    }

    /// Turns totals into progress with rates.
    private struct Meter {
        private var latest = LoadProgress(.publishing)
        private var time: UInt64

        init(begin: UInt64) { time = begin }

        mutating func look(_ phase: LoadProgress.Phase, published: UInt64, consumed: UInt64) -> LoadProgress {
            let now = DispatchTime.now().uptimeNanoseconds
            latest = latest.next(phase, published: published, consumed: consumed, seconds: Double(now - time) / 1e9)
            time = now
            return latest
        }
    }
}
