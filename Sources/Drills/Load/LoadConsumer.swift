internal import AMQPClient
internal import Dispatch
internal import Synchronization

/// One consuming connection. Everything but the totals happens on its loop.
final class LoadConsumer: @unchecked Sendable {
    /// The shortest wait until more may be acknowledged, nanoseconds.
    private static let shortestWait: UInt64 = 500_000
    /// What a consumer that was held up catches up on, nanoseconds: its rate is a limit.
    private static let arrears: UInt64 = 10_000_000

    private let plan: LoadPlan
    private let channel: ClientChannel
    private var pace: Pace?
    /// Deliveries that came on the channel, and those of them that were acknowledged. A channel numbers its deliveries
    /// from 1 (AMQP 0-9-1 §3.1.8, delivery-tag), so that both are delivery tags as well.
    private var received: UInt64 = 0
    private var acknowledged: UInt64 = 0
    private var isScheduled = false
    private var now: UInt64 = 0
    /// Deliveries counted but not yet added to the total.
    private var uncounted: UInt64 = 0
    /// Only to be read when the round is over.
    private(set) var latency = LatencyRecorder()

    private let consumedTotal = Atomic<UInt64>(0)
    private let lastEventTime = Atomic<UInt64>(0)
    private let ending = Mutex<ClientError?>(nil)

    init(plan: LoadPlan, channel: ClientChannel) {
        self.plan = plan
        self.channel = channel
    }

    var consumed: UInt64 { consumedTotal.load(ordering: .relaxed) }
    var lastEvent: UInt64 { lastEventTime.load(ordering: .relaxed) }
    /// What ended the channel before its time.
    var failure: ClientError? { ending.withLock { $0 } }

    /// Takes the channel's deliveries from here on.
    func attach() async {
        await withCheckedContinuation { continuation in
            channel.onLoop { [self] channel in
                // A round that failed drops its consumers while their connections still end.
                channel.onDelivery = { [weak self] in self?.take($0) }
                channel.onBatchEnd = { [weak self] in self?.batchEnded() }
                channel.onEnd = { [weak self] error in self?.ending.withLock { $0 = $0 ?? error } }
                if plan.consumeRate > 0 {
                    pace = Pace(
                        rate: plan.consumeRate, from: DispatchTime.now().uptimeNanoseconds,
                        arrearsNanoseconds: Self.arrears)
                }
                continuation.resume()
            }
        }
    }

    /// From here on it takes what comes as fast as it can.
    func liftRate() {
        channel.onLoop { [self] _ in
            pace = nil
            acknowledge()
        }
    }

    private func take(_ delivery: ClientChannel.Delivery) {
        // One look at the clock for all that came in one read.
        if now == 0 { now = DispatchTime.now().uptimeNanoseconds }
        if delivery.body.count >= 8 {
            let sent = delivery.body.loadUnaligned(as: UInt64.self)
            latency.record(nanoseconds: now > sent ? now - sent : 0)
        }
        uncounted += 1
        guard plan.ackBatch > 0 else { return }
        received += 1
        if received - acknowledged >= UInt64(plan.ackBatch) { acknowledge() }
    }

    /// Acknowledges all whole batches that the rate allows.
    private func acknowledge() {
        let batch = UInt64(plan.ackBatch)
        guard batch > 0 else { return }
        while received - acknowledged >= batch {
            if pace != nil, !mayAcknowledge() { return }
            acknowledged += batch
            channel.acknowledge(acknowledged, multiple: true)
        }
    }

    /// Whether a batch is due, which then counts as acknowledged; if not, it asks again when one is.
    private func mayAcknowledge() -> Bool {
        let time = DispatchTime.now().uptimeNanoseconds
        guard let due = pace?.due(at: time) else { return true }
        if due > 0 {
            pace?.take(plan.ackBatch)
            return true
        }
        guard !isScheduled else { return false }
        isScheduled = true
        channel.onLoop(afterNanoseconds: max(pace?.wait(at: time) ?? 0, Self.shortestWait)) { [weak self] _ in
            guard let self else { return }
            isScheduled = false
            acknowledge()
        }
        return false
    }

    private func batchEnded() {
        guard uncounted > 0 else { return }
        consumedTotal.add(uncounted, ordering: .relaxed)
        lastEventTime.store(now, ordering: .relaxed)
        uncounted = 0
        now = 0
    }
}
