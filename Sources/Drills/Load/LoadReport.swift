/// What one round of a load showed.
public struct LoadReport: Hashable, Sendable, Codable {
    /// The broker, as "HOST:PORT".
    public var broker: String
    /// Product and version, as the broker says.
    public var product: String
    /// Messages published.
    public var published: UInt64
    /// Messages confirmed; 0 without confirms.
    public var confirmed: UInt64
    /// Messages refused by `basic.nack`.
    public var refused: UInt64
    /// Messages consumed.
    public var consumed: UInt64
    /// Seconds from the first publish to the last event that counts: confirm, delivery, or publish.
    public var seconds: Double
    /// Microseconds from publish to confirm: median, 99th percentile, maximum; nil without confirms.
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
        /// The slowest.
        public var maximum: Double

        /// Percentiles.
        public init(median: Double, p99: Double, maximum: Double) {
            self.median = median
            self.p99 = p99
            self.maximum = maximum
        }
    }

    /// Messages a second, through to the consumers where there are any.
    public var rate: Double { seconds > 0 ? Double(consumed > 0 ? consumed : published) / seconds : 0 }

    /// A table of reports; several rounds of one broker become their median, and each broker is compared with the
    /// first.
    public static func table(_ reports: [LoadReport]) -> String {
        var brokers: [String] = []
        for report in reports where !brokers.contains(report.broker) { brokers.append(report.broker) }
        var rows = [["BROKER", "PRODUCT", "MSG/S", "RATIO", "CPU us/MSG", "CONFIRM p50/p99 us", "DELIVER p50/p99 us"]]
        var firstRate: Double?
        for broker in brokers {
            let rounds = reports.filter { $0.broker == broker }.sorted { $0.rate < $1.rate }
            let middle = rounds[rounds.count / 2]
            let base = firstRate ?? middle.rate
            firstRate = base
            rows.append([
                broker, middle.product, String(Int(middle.rate)),
                base > 0 ? decimal(middle.rate / base) : "–",
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

    private static func latency(_ latency: Latency?) -> String {
        latency.map { "\(Int($0.median))/\(Int($0.p99))" } ?? "–"
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
