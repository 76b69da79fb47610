internal import Management

/// Counts by time in a ring: a bucket of 10 ms each, as far back as a timeline goes and a little further.
struct ConfirmBuckets {
    private static let width = UInt64(ClusterTimeline.bucketMilliseconds) * 1_000_000
    private static let count = (ClusterTimeline.secondsMax + 1) * 1000 / ClusterTimeline.bucketMilliseconds
    /// By the bucket's number; empty until something is counted.
    private var counts: [UInt32] = []
    /// The number of the newest bucket.
    private var newest: UInt64 = 0

    /// Counts some more now.
    mutating func add(_ count: Int, at now: Instant) {
        let bucket = now.nanoseconds / Self.width
        if counts.isEmpty {
            counts = [UInt32](repeating: 0, count: Self.count)
            newest = bucket
        }
        if bucket > newest {
            let passed = min(bucket - newest, UInt64(Self.count))
            for place in bucket - passed + 1...bucket { counts[Int(place % UInt64(Self.count))] = 0 }
            newest = bucket
        }
        counts[Int(bucket % UInt64(Self.count))] += UInt32(clamping: count)
    }

    /// When the bucket of a moment begins.
    static func start(of moment: Instant) -> Instant { Instant(nanoseconds: moment.nanoseconds / width * width) }

    /// What was counted in each bucket from that of `start` to that of `end`.
    func counts(from start: Instant, to end: Instant) -> [Int] {
        let (first, last) = (start.nanoseconds / Self.width, end.nanoseconds / Self.width)
        guard first <= last else { return [] }
        return (first...last).map { bucket in
            guard !counts.isEmpty, bucket <= newest, bucket + UInt64(Self.count) > newest else { return 0 }
            return Int(counts[Int(bucket % UInt64(Self.count))])
        }
    }
}
