import Management

/// The confirms of one watched queue over time, in buckets that follow each other without a hole: what was not
/// recorded is nil, which is not the same as nothing.
public struct ConfirmTrack: Hashable, Sendable {
    /// Time of the beginning of the first bucket, milliseconds.
    public private(set) var start: Double
    /// Confirms in each bucket; nil where nothing was recorded.
    public private(set) var buckets: [Int?]
    /// When the last confirm came, however long ago.
    public private(set) var lastConfirm: Double?

    static let width = Double(ClusterTimeline.bucketMilliseconds)

    /// Time of the end of the last bucket.
    public var end: Double { start + Double(buckets.count) * Self.width }

    init(start: Double, confirms: [Int]) {
        self.start = start
        buckets = confirms
        noteLastConfirm()
    }

    /// Takes in what was recorded since: where both know a bucket the newer one counts, for it may have been open.
    mutating func take(start other: Double, confirms: [Int], keeping span: Double) {
        guard !confirms.isEmpty else { return }
        let place = ((other - start) / Self.width).rounded()
        // What lies before all that is known, or so far behind that nothing joins them, begins anew.
        guard place >= 0, place * Self.width <= Double(buckets.count) * Self.width + span, !buckets.isEmpty else {
            start = other
            buckets = confirms
            noteLastConfirm()
            return
        }
        let first = Int(place)
        if first > buckets.count { buckets += [Int?](repeating: nil, count: first - buckets.count) }
        for (offset, count) in confirms.enumerated() {
            let index = first + offset
            if index < buckets.count { buckets[index] = count } else { buckets.append(count) }
        }
        let excess = buckets.count - Int(span / Self.width)
        if excess > 0 {
            buckets.removeFirst(excess)
            start += Double(excess) * Self.width
        }
        noteLastConfirm()
    }

    /// Takes in what was recorded behind its end, and what its last bucket has become, up to a length; returns whether there
    /// is room for more.
    mutating func extend(by newer: ConfirmTrack, atMost span: Double) -> Bool {
        let limit = Int(span / Self.width)
        guard buckets.count < limit, !buckets.isEmpty else { return false }
        let shift = Int(((newer.start - start) / Self.width).rounded().clamped)
        for (offset, count) in newer.buckets.enumerated() where shift + offset >= buckets.count - 1 {
            let index = shift + offset
            guard index < limit else { break }
            if index > buckets.count { buckets += [Int?](repeating: nil, count: index - buckets.count) }
            if index < buckets.count { buckets[index] = count } else { buckets.append(count) }
        }
        noteLastConfirm()
        return buckets.count < limit
    }

    private mutating func noteLastConfirm() {
        if let last = buckets.lastIndex(where: { ($0 ?? 0) > 0 }) { lastConfirm = time(of: last) }
    }

    /// Time of the beginning of a bucket.
    func time(of bucket: Int) -> Double { start + Double(bucket) * Self.width }

    /// Confirms between two times; nil where none of it was recorded.
    public func sum(from: Double, to: Double) -> Int? {
        let first = max(0, Int(((from - start) / Self.width).rounded().clamped))
        let last = min(buckets.count, Int(((to - start) / Self.width).rounded().clamped))
        guard first < last else { return nil }
        let known = buckets[first..<last].compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    /// The first confirm after a time.
    func firstConfirm(after time: Double) -> Double? {
        buckets.indices.first { self.time(of: $0) > time && (buckets[$0] ?? 0) > 0 }.map(self.time)
    }
}

extension Double {
    /// Within what an integer holds; 0 for what is no number. Times come from outside.
    var clamped: Double { isNaN ? 0 : Swift.min(Swift.max(self, -1e15), 1e15) }
}
