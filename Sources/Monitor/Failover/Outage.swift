import Management

/// How long a queue confirmed nothing around a loss: from the last confirm before to the first one after.
public enum Outage: Hashable, Sendable {
    /// Confirms are not measured here, or were not recorded around the loss.
    case notMeasured
    /// Nothing was confirmed before the loss, so that nothing can be said.
    case idle
    /// The longest pause was not longer than pauses are on this queue.
    case none
    /// A pause longer than usual, which is over.
    case ended(from: Double, to: Double)
    /// A pause longer than usual, which lasts.
    case lasting(from: Double, to: Double)

    /// How long, milliseconds.
    public var milliseconds: Double? {
        switch self {
        case .ended(let from, let to), .lasting(let from, let to): to - from
        case .notMeasured, .idle, .none: nil
        }
    }

    /// The time in which nothing was confirmed; it has no end while the outage lasts.
    public var gap: (from: Double, to: Double?)? {
        switch self {
        case .ended(let from, let to): (from, to)
        case .lasting(let from, _): (from, nil)
        case .notMeasured, .idle, .none: nil
        }
    }

    /// Whether confirms come again, or never stopped.
    public var isOver: Bool { if case .lasting = self { false } else { true } }
}

extension FailoverRecording.Queue {
    /// What a usual pause is taken from: the time before the loss.
    private static let baselineSpan = 5_000.0
    /// A pause that begins later has nothing to do with the loss.
    private static let reach = FailoverWindow.after

    /// The outage that a loss led to. `floor`: nothing earlier is looked at, for it belongs to the loss before.
    /// `uncertainty`: so much before it was seen the loss may have happened, milliseconds.
    func outage(
        of loss: Loss, now: Double, notBefore floor: Double = -.infinity, uncertainty: Double = 0
    ) -> Outage {
        let begin = loss.at - uncertainty
        guard let track, !track.buckets.isEmpty else { return .notMeasured }
        if let last = track.lastConfirm, last < track.start {
            // Silent for so long that its last confirm is not kept any more.
            let isOfThis = last >= begin - Self.baselineSpan && last < loss.at + Self.reach
            return isOfThis ? .lasting(from: last, to: now) : .idle
        }
        guard track.start < begin else { return .notMeasured }
        let from = max(begin - Self.baselineSpan, min(floor, begin - FailoverWindow.before), track.start)
        let confirms = track.buckets.indices.filter { (track.buckets[$0] ?? 0) > 0 && track.time(of: $0) >= from }
            .map(track.time)
        guard let first = confirms.first, first < begin else { return .idle }
        var usual = 0.0
        var worst: (from: Double, to: Double)?
        for (earlier, later) in zip(confirms, confirms.dropFirst()) {
            let pause = later - earlier
            if later < begin {
                usual = max(usual, pause)
            } else if earlier < loss.at + Self.reach, pause > (worst.map { $0.to - $0.from } ?? 0),
                !track.hasHole(from: earlier, to: later)
            {
                worst = (earlier, later)
            }
        }
        // One bucket more may be nothing but where the buckets begin, and a quarter more is chance.
        let threshold = usual * 1.25 + ConfirmTrack.width
        if let last = confirms.last, last < loss.at + Self.reach {
            if let recoveredAt, recoveredAt - last > threshold { return .ended(from: last, to: recoveredAt) }
            if recoveredAt == nil, now - last > threshold + ConfirmTrack.width { return .lasting(from: last, to: now) }
        }
        guard let worst, worst.to - worst.from > threshold else { return .none }
        return .ended(from: worst.from, to: worst.to)
    }
}

extension ConfirmTrack {
    /// Whether something between two times was not recorded.
    fileprivate func hasHole(from: Double, to: Double) -> Bool {
        let first = max(0, Int(((from - start) / Self.width).rounded().clamped))
        let last = min(buckets.count, Int(((to - start) / Self.width).rounded().clamped))
        return first < last && buckets[first..<last].contains(nil)
    }
}
