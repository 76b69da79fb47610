internal import Histogram

/// Latencies of one publisher or consumer, on its loop until it has ended.
struct LatencyRecorder {
    /// One minute in nanoseconds; slower ones are counted as that.
    private static let highest: UInt64 = 60_000_000_000
    private var histogram = Histogram<UInt64>(highestTrackableValue: highest, numberOfSignificantValueDigits: .three)

    mutating func record(nanoseconds: UInt64) {
        // In range by construction.
        _ = histogram.record(min(nanoseconds, Self.highest))
    }

    /// The percentiles of all together; nil when nothing was recorded.
    static func merged(_ recorders: [LatencyRecorder]) -> LoadReport.Latency? {
        var all = Histogram<UInt64>(highestTrackableValue: highest, numberOfSignificantValueDigits: .three)
        for recorder in recorders { all.add(recorder.histogram) }
        guard all.totalCount > 0 else { return nil }
        func microseconds(_ value: UInt64) -> Double { Double(value) / 1000 }
        return LoadReport.Latency(
            median: microseconds(all.valueAtPercentile(50)), p99: microseconds(all.valueAtPercentile(99)),
            p999: microseconds(all.valueAtPercentile(99.9)), maximum: microseconds(all.max))
    }
}
