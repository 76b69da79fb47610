internal import Management

/// What has happened to messages in a queue, on a channel or on a node since it came to be. What does not happen there
/// stays 0.
struct MessageCounters {
    var publish: UInt64 = 0
    var confirm: UInt64 = 0
    var deliver: UInt64 = 0
    var deliverNoAck: UInt64 = 0
    var get: UInt64 = 0
    var getNoAck: UInt64 = 0
    var getEmpty: UInt64 = 0
    var ack: UInt64 = 0
    var redeliver: UInt64 = 0
    var returnUnroutable: UInt64 = 0
    var dropUnroutable: UInt64 = 0

    /// Without what is in others as well.
    func minus(_ others: MessageCounters) -> MessageCounters { combined(others, &-) }

    /// With others.
    func plus(_ others: MessageCounters) -> MessageCounters { combined(others, &+) }

    private func combined(
        _ others: MessageCounters, _ combine: (UInt64, UInt64) -> UInt64
    ) -> MessageCounters {
        MessageCounters(
            publish: combine(publish, others.publish), confirm: combine(confirm, others.confirm),
            deliver: combine(deliver, others.deliver), deliverNoAck: combine(deliverNoAck, others.deliverNoAck),
            get: combine(get, others.get), getNoAck: combine(getNoAck, others.getNoAck),
            getEmpty: combine(getEmpty, others.getEmpty), ack: combine(ack, others.ack),
            redeliver: combine(redeliver, others.redeliver),
            returnUnroutable: combine(returnUnroutable, others.returnUnroutable),
            dropUnroutable: combine(dropUnroutable, others.dropUnroutable))
    }

    var deliverGet: UInt64 { deliver &+ deliverNoAck &+ get &+ getNoAck }
}

/// Two readings of something that only grows, for its rate: what RabbitMQ gives beside every counter.
struct Readings<Counters> {
    private var before: Counters
    private var last: Counters
    private var seconds = 0.0
    private var lastAt: Instant?

    init(_ zero: Counters) {
        before = zero
        last = zero
    }

    mutating func take(_ counters: Counters, at now: Instant) {
        if let lastAt { seconds = Double(now.nanoseconds &- lastAt.nanoseconds) / 1e9 }
        before = last
        last = counters
        lastAt = now
    }

    /// A counter's present value with its growth per second between the two readings; no rate before there are two.
    func measured(_ value: UInt64, _ field: (Counters) -> UInt64) -> Measured {
        let rate = seconds > 0 ? Double(field(last) &- field(before)) / seconds : nil
        return Measured(Int(clamping: value), rate: rate)
    }
}

extension Readings<MessageCounters> {
    /// What RabbitMQ's `message_stats` of a queue hold; of a channel or a node also what publishing came to.
    func stats(_ now: MessageCounters, withPublisher: Bool) -> MessageStats {
        var stats = MessageStats()
        stats.publish = measured(now.publish, \.publish)
        stats.deliver = measured(now.deliver, \.deliver)
        stats.deliverNoAck = measured(now.deliverNoAck, \.deliverNoAck)
        stats.get = measured(now.get, \.get)
        stats.getNoAck = measured(now.getNoAck, \.getNoAck)
        stats.getEmpty = measured(now.getEmpty, \.getEmpty)
        stats.deliverGet = measured(now.deliverGet, \.deliverGet)
        stats.ack = measured(now.ack, \.ack)
        stats.redeliver = measured(now.redeliver, \.redeliver)
        guard withPublisher else { return stats }
        stats.confirm = measured(now.confirm, \.confirm)
        stats.returnUnroutable = measured(now.returnUnroutable, \.returnUnroutable)
        stats.dropUnroutable = measured(now.dropUnroutable, \.dropUnroutable)
        return stats
    }
}

/// What an exchange has seen.
struct ExchangeCounters {
    /// Messages published to it.
    var publishIn: UInt64 = 0
    /// What they became: one for each queue that each went to.
    var publishOut: UInt64 = 0
}

/// What a connection has moved.
struct OctetCounters {
    var received: UInt64 = 0
    var sent: UInt64 = 0
}
