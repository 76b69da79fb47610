internal import AMQPClient
internal import Dispatch
internal import Synchronization

/// One consuming connection. Everything but the totals happens on its loop.
final class LoadConsumer: @unchecked Sendable {
    private let plan: LoadPlan
    private var unacknowledged = 0
    private var now: UInt64 = 0
    /// Deliveries counted but not yet added to the total.
    private var uncounted: UInt64 = 0
    /// Only to be read when the round is over.
    private(set) var latency = LatencyRecorder()

    private let consumedTotal = Atomic<UInt64>(0)
    private let lastEventTime = Atomic<UInt64>(0)

    init(plan: LoadPlan) { self.plan = plan }

    var consumed: UInt64 { consumedTotal.load(ordering: .relaxed) }
    var lastEvent: UInt64 { lastEventTime.load(ordering: .relaxed) }

    /// Takes the channel's deliveries from here on.
    func attach(to channel: ClientChannel) async {
        await withCheckedContinuation { continuation in
            channel.onLoop { [self] channel in
                // A round that failed drops its consumers while their connections still end.
                channel.onDelivery = { [weak self, unowned channel] in self?.take($0, channel) }
                channel.onBatchEnd = { [weak self] in self?.batchEnded() }
                continuation.resume()
            }
        }
    }

    private func take(_ delivery: ClientChannel.Delivery, _ channel: ClientChannel) {
        // One look at the clock for all that came in one read.
        if now == 0 { now = DispatchTime.now().uptimeNanoseconds }
        if delivery.body.count >= 8 {
            let sent = delivery.body.loadUnaligned(as: UInt64.self)
            latency.record(nanoseconds: now > sent ? now - sent : 0)
        }
        uncounted += 1
        guard plan.ackBatch > 0 else { return }
        unacknowledged += 1
        if unacknowledged >= plan.ackBatch {
            channel.acknowledge(delivery.tag, multiple: true)
            unacknowledged = 0
        }
    }

    private func batchEnded() {
        guard uncounted > 0 else { return }
        consumedTotal.add(uncounted, ordering: .relaxed)
        lastEventTime.store(now, ordering: .relaxed)
        uncounted = 0
        now = 0
    }
}
