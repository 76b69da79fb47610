import Monitor

/// Samples brought to the cells of a chart: the last `span` before `end`, oldest first.
enum TimeSeries {
    /// The last minute is what charts show.
    static let span: Duration = .seconds(60)

    /// One value for each of `count` equal parts of the span: the last sample in it, or the one before where a slow
    /// endpoint gave none in that part. `nil` before the first sample and where none was provided.
    static func buckets<Point>(
        _ points: Ring<Point>, time: (Point) -> Duration, value: (Point) -> Double?, end: Duration, count: Int,
        span: Duration = TimeSeries.span
    ) -> [Double?] {
        guard count > 0 else { return [] }
        var result: [Double?] = []
        result.reserveCapacity(count)
        var next = points.startIndex
        var latest: Double?
        for part in 1...count {
            let limit = end - span + span * part / count
            while next < points.endIndex, time(points[next]) <= limit {
                latest = value(points[next])
                next += 1
            }
            result.append(latest)
        }
        return result
    }
}
