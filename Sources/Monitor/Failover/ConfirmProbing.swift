public import Management

/// Something that publishes to a canary queue with publisher confirms, so that an outage can be measured on a broker
/// that does not record confirms itself. The monitor knows no AMQP: whoever starts it brings one.
public protocol ConfirmProbing: Sendable {
    /// Declares the queue, quorum and durable, and publishes one small message after another until the task is
    /// cancelled; then deletes the queue. When its connection ends it connects again, to another address where there is
    /// one. Returns when nothing of it is left, or when it could not begin.
    func run(_ queue: QueueID, report: @escaping @Sendable (ProbeReport) -> Void) async
}

/// What a probe has to say.
public enum ProbeReport: Hashable, Sendable {
    /// It publishes, through this address.
    case publishing(through: String)
    /// A message was confirmed at this time.
    case confirmed(at: ContinuousClock.Instant)
    /// Its connection ended, for this reason; it goes on trying.
    case interrupted(String)
    /// It has ended by itself, for this reason.
    case failed(String)
}

/// A probe that runs, and what it has measured.
public struct ProbeState: Hashable, Sendable {
    /// The canary queue.
    public var queue: QueueID
    /// The address it publishes through; nil while it has none.
    public var address: String?
    /// Why it is interrupted, or why it ended.
    public var trouble: String?
    /// Whether it has ended by itself.
    public var hasEnded = false
    /// Time of the beginning of the first bucket, milliseconds of the monitor.
    var start: Double
    /// Confirms in buckets of ``ClusterTimeline/bucketMilliseconds``.
    var confirms: [Int] = []

    init(_ queue: QueueID, at now: Duration) {
        self.queue = queue
        start = (now / .milliseconds(1) / ConfirmTrack.width).rounded(.down) * ConfirmTrack.width
    }

    /// Takes in a report.
    mutating func take(_ report: ProbeReport, at time: Duration) {
        switch report {
        case .publishing(let through):
            address = through
            trouble = nil
        case .interrupted(let reason):
            address = nil
            trouble = reason
        case .failed(let reason):
            address = nil
            trouble = reason
            hasEnded = true
        case .confirmed:
            fill(until: time)
            if !confirms.isEmpty { confirms[confirms.count - 1] += 1 }
        }
    }

    /// Fills the buckets up to a time with nothing; forgets those that are old.
    mutating func fill(until time: Duration) {
        let now = time / .milliseconds(1)
        let missing = Int(((now - start) / ConfirmTrack.width).clamped) + 1 - confirms.count
        guard missing > 0 else { return }
        let most = Int(FailoverRecording.span / ConfirmTrack.width)
        if missing >= most {
            start = (now / ConfirmTrack.width).rounded(.down) * ConfirmTrack.width
            confirms = [0]
            return
        }
        confirms += [Int](repeating: 0, count: missing)
        let excess = confirms.count - most
        if excess > 0 {
            confirms.removeFirst(excess)
            start += Double(excess) * ConfirmTrack.width
        }
    }
}
