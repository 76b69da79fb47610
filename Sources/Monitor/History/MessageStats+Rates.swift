import Management

extension MessageStats {
    /// Two samples closer than this give no rate worth showing.
    private static let shortestSpan: Duration = .milliseconds(100)

    private static var counters: [WritableKeyPath<MessageStats, Measured?>] {
        [
            \.publish, \.confirm, \.deliver, \.deliverNoAck, \.get, \.getNoAck, \.getEmpty, \.deliverGet, \.ack,
            \.redeliver, \.returnUnroutable, \.dropUnroutable,
        ]
    }

    /// Gives every counter without a rate the rate since an earlier sample. A counter that went down was reset
    /// (the broker restarted, the queue was declared anew) and has no rate this once.
    mutating func fillRates(since earlier: (time: Duration, stats: MessageStats)?, at time: Duration) {
        guard let earlier else { return }
        let span = time - earlier.time
        for path in Self.counters {
            guard let now = self[keyPath: path], now.rate == nil, let before = earlier.stats[keyPath: path] else {
                continue
            }
            if span < Self.shortestSpan {
                self[keyPath: path]?.rate = before.rate
            } else if now.value >= before.value {
                // As floating point: the difference of two arbitrary counters may not fit an integer.
                self[keyPath: path]?.rate = (Double(now.value) - Double(before.value)) / (span / .seconds(1))
            }
        }
    }
}
