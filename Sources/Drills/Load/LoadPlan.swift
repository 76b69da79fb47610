/// What a load generator does to one broker in one round.
public struct LoadPlan: Hashable, Sendable, Codable {
    /// Connections that publish.
    public var publishers = 1
    /// Connections that consume; 0 publishes only.
    public var consumers = 1
    /// Queues: publishers spread their messages over all of them in turn, and every queue has a consumer.
    public var queues = 1
    /// The queues' `x-queue-type`, such as "quorum"; nil declares them without one.
    public var queueType: String?
    /// Octets of a body.
    public var bodyBytes = 100
    /// Whether messages are persistent and the queue durable.
    public var isPersistent = false
    /// Most publishes unconfirmed at once in each publisher; 0 publishes without confirms.
    public var confirmWindow = 0
    /// Publishes of a transaction; 0 uses none.
    public var transactionSize = 0
    /// Deliveries acknowledged at once; 0 is automatic acknowledgement.
    public var ackBatch = 0
    /// Most deliveries unacknowledged at once in each consumer; 0 means no limit.
    public var prefetch: UInt16 = 0
    /// Messages a second of each publisher, at even intervals; 0 is as fast as the broker takes them.
    public var publishRate = 0.0
    /// Messages a second that each consumer acknowledges at most while publishing lasts; 0 is as fast as they come.
    public var consumeRate = 0.0
    /// Seconds of publishing.
    public var seconds = 5.0

    /// Most queues of a round.
    private static let queuesMax = 10_000
    /// Messages a second that pacing can keep apart.
    private static let rates = 0.01...10_000_000

    /// One publisher and one consumer, one queue, transient, without confirms, with automatic acks.
    public init() {}

    /// What is wrong with it, in words; nil when it can be run.
    public var problem: String? {
        if !(1...64).contains(publishers) { return "publishers: use 1 to 64, not \(publishers)" }
        if !(0...64).contains(consumers) { return "consumers: use 0 to 64, not \(consumers)" }
        if !(1...Self.queuesMax).contains(queues) { return "queues: use 1 to \(Self.queuesMax), not \(queues)" }
        if !(0...(16 << 20)).contains(bodyBytes) { return "size: use 0 to 16777216 octets, not \(bodyBytes)" }
        if !(0...1_000_000).contains(confirmWindow) { return "confirms: use 0 to 1000000, not \(confirmWindow)" }
        if !(0...100_000).contains(transactionSize) { return "tx: use 0 to 100000, not \(transactionSize)" }
        if transactionSize > 0, confirmWindow > 0 { return "a channel has transactions or confirms, not both" }
        if !(0...100_000).contains(ackBatch) { return "ack batch: use 0 to 100000, not \(ackBatch)" }
        if ackBatch > 0, prefetch > 0, Int(prefetch) < ackBatch {
            return "prefetch \(prefetch) is below the ack batch of \(ackBatch): nothing would ever be acknowledged"
        }
        for (name, rate) in [("rate", publishRate), ("consume rate", consumeRate)]
        where rate != 0 && !Self.rates.contains(rate) {
            return "\(name): use 0.01 to 10000000 messages a second, or 0 for no limit, not \(rate)"
        }
        if consumeRate > 0, ackBatch == 0 || prefetch == 0 {
            return "a consume rate needs an ack batch and a prefetch: without both the broker sends as fast as it can"
        }
        if !(0.1...86_400).contains(seconds) { return "duration: use 0.1 to 86400 seconds, not \(seconds)" }
        return nil
    }
}
