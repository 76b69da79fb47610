import Management

/// The broker's totals and rates at one moment. `nil` means not provided.
public struct OverviewPoint: Hashable, Sendable {
    /// The monitor's time.
    public var time: Duration
    /// Messages ready.
    public var ready: Double?
    /// Messages unacknowledged.
    public var unacknowledged: Double?
    /// Publishes per second.
    public var publish: Double?
    /// Confirms per second.
    public var confirm: Double?
    /// Deliveries per second (`deliver_get`).
    public var deliver: Double?
    /// Acknowledgements per second.
    public var ack: Double?
    /// Redeliveries per second.
    public var redeliver: Double?
    /// Messages per second that reached no queue, returned or dropped.
    public var unroutable: Double?

    init(_ overview: Overview, at time: Duration) {
        let stats = overview.messageStats
        self.time = time
        ready = overview.queueTotals.messagesReady.map { Double($0.value) }
        unacknowledged = overview.queueTotals.messagesUnacknowledged.map { Double($0.value) }
        publish = stats.publish?.rate
        confirm = stats.confirm?.rate
        deliver = stats.deliverGet?.rate
        ack = stats.ack?.rate
        redeliver = stats.redeliver?.rate
        let parts = [stats.returnUnroutable?.rate, stats.dropUnroutable?.rate].compactMap { $0 }
        unroutable = parts.isEmpty ? nil : parts.reduce(0, +)
    }
}

/// A queue's depth and rates at one moment. `nil` means not provided.
public struct QueuePoint: Hashable, Sendable {
    /// The monitor's time.
    public var time: Duration
    /// Messages ready.
    public var ready: Double?
    /// Messages unacknowledged.
    public var unacknowledged: Double?
    /// Publishes per second.
    public var publish: Double?
    /// Deliveries per second (`deliver_get`).
    public var deliver: Double?
    /// Acknowledgements per second.
    public var ack: Double?

    init(_ queue: QueueInfo, at time: Duration) {
        self.time = time
        ready = queue.messagesReady.map(Double.init)
        unacknowledged = queue.messagesUnacknowledged.map(Double.init)
        publish = queue.messageStats?.publish?.rate
        deliver = queue.messageStats?.deliverGet?.rate
        ack = queue.messageStats?.ack?.rate
    }
}
