/// What one round of a load showed.
public struct LoadReport: Hashable, Sendable, Codable {
    /// What was done.
    public var plan: LoadPlan
    /// The broker, as "HOST:PORT".
    public var broker: String
    /// Product and version, as the broker says.
    public var product: String
    /// Messages published.
    public var published: UInt64
    /// Messages confirmed, by a confirm or a commit; 0 without either.
    public var confirmed: UInt64
    /// Messages refused by `basic.nack`.
    public var refused: UInt64
    /// Messages consumed.
    public var consumed: UInt64
    /// Seconds from the first publish to the last event that counts: confirm, delivery, or publish.
    public var seconds: Double
    /// Messages a second from the first publish to the last event, through to the consumers where there are any. With a
    /// limit on consuming it is `consumeRate`, since what is left when publishing ends comes without that limit.
    public private(set) var rate: Double
    /// Megabytes (10^6 octets) of bodies a second at that rate.
    public private(set) var megabytesPerSecond: Double
    /// Messages a second published while publishing lasted.
    public var publishRate: Double
    /// Messages a second consumed while publishing lasted.
    public var consumeRate: Double
    /// Microseconds from publish to confirm, or from the first publish of a transaction to its commit; nil without
    /// either.
    public var confirmLatency: Latency?
    /// Microseconds from publish to delivery; nil without consumers or with bodies under 8 octets.
    public var deliveryLatency: Latency?
    /// Microseconds of the broker's CPU time for each message; nil without its process id.
    public var serverMicrosecondsPerMessage: Double?

    /// Percentiles in microseconds.
    public struct Latency: Hashable, Sendable, Codable {
        /// Half are faster.
        public var median: Double
        /// 99 of 100 are faster.
        public var p99: Double
        /// 999 of 1000 are faster.
        public var p999: Double
        /// The slowest.
        public var maximum: Double

        /// Percentiles.
        public init(median: Double, p99: Double, p999: Double, maximum: Double) {
            self.median = median
            self.p99 = p99
            self.p999 = p999
            self.maximum = maximum
        }
    }

    /// The counts of a round and the time it took, from which the rates follow.
    public init(
        plan: LoadPlan, broker: String, product: String, published: UInt64, confirmed: UInt64, refused: UInt64,
        consumed: UInt64, seconds: Double, publishRate: Double = 0, consumeRate: Double = 0
    ) {
        self.plan = plan
        self.broker = broker
        self.product = product
        self.published = published
        self.confirmed = confirmed
        self.refused = refused
        self.consumed = consumed
        self.seconds = seconds
        self.publishRate = publishRate
        self.consumeRate = consumeRate
        let overall = seconds > 0 ? Double(consumed > 0 ? consumed : published) / seconds : 0
        rate = plan.consumeRate > 0 ? consumeRate : overall
        megabytesPerSecond = rate * Double(plan.bodyBytes) / 1e6
    }

    /// A table of reports; several rounds of one broker become their median, and each broker is compared with the
    /// first.
    public static func table(_ reports: [LoadReport]) -> String {
        var brokers: [String] = []
        for report in reports where !brokers.contains(report.broker) { brokers.append(report.broker) }
        var rows = [["BROKER", "PRODUCT", "MSG/S", "RATIO", "MB/S", "CPU us/MSG", confirmTitle, deliverTitle]]
        var firstRate: Double?
        for broker in brokers {
            let rounds = reports.filter { $0.broker == broker }.sorted { $0.rate < $1.rate }
            let middle = rounds[rounds.count / 2]
            let base = firstRate ?? middle.rate
            firstRate = base
            rows.append([
                broker, middle.product, String(Int(middle.rate)),
                base > 0 ? decimal(middle.rate / base) : "–", decimal(middle.megabytesPerSecond),
                middle.serverMicrosecondsPerMessage.map(decimal) ?? "–", latency(middle.confirmLatency),
                latency(middle.deliveryLatency),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
                .joined(separator: "  ").trimmingSuffix()
        }.joined(separator: "\n")
    }

    private static let confirmTitle = "CONFIRM us p50/p99/p99.9/max"
    private static let deliverTitle = "DELIVER us p50/p99/p99.9/max"

    private static func latency(_ latency: Latency?) -> String {
        latency.map { "\(Int($0.median))/\(Int($0.p99))/\(Int($0.p999))/\(Int($0.maximum))" } ?? "–"
    }

    private static func decimal(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
