import Management
import Monitor

/// Something about a queue that deserves attention.
enum QueueFinding: Hashable, Sendable {
    /// Its state forbids it to work.
    case down(state: String)
    /// Deliveries are held and nothing is acknowledged. `limit` is the consumers' prefetch where known; `consumer`
    /// the only one, where there is one; `quiet` how long it has been watched without an ack.
    case stalled(unacked: Int, limit: Int?, consumer: String?, quiet: Duration)
    /// Messages wait and nobody consumes.
    case noConsumer(ready: Int)
    /// More comes in than goes out. `fullIn`: how long until a declared length limit is reached at this pace.
    case growing(perSecond: Double, limit: Int?, fullIn: Duration?)
    /// Less comes in than goes out, and it will be empty then.
    case draining(perSecond: Double, emptyIn: Duration)
    /// It is a classic queue with mirrors.
    case mirrored

    /// How much it matters.
    enum Severity: Int, Comparable {
        case notice, warning, critical

        static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    var severity: Severity {
        switch self {
        case .down: .critical
        case .stalled, .noConsumer: .warning
        case .growing(_, _, let fullIn): fullIn.map { $0 < .seconds(600) } == true ? .warning : .notice
        case .draining, .mirrored: .notice
        }
    }

    /// Samples without an ack after which a queue counts as stalled.
    static let stalledSamples = 3
    /// Samples a trend is read from, at least and at most.
    private static let trendSamples = 4...30
    /// The least change per second that is called a trend.
    private static let leastTrend = 0.5

    /// Everything about one queue, the worst first.
    static func all(of queue: QueueInfo, limit: UnackedLimit?, seen points: Ring<QueuePoint>) -> [QueueFinding] {
        var findings: [QueueFinding] = []
        if let state = queue.state, !QueueRow.worksInState(state) { findings.append(.down(state: state)) }
        if let stalled = stalled(queue, limit, points) { findings.append(stalled) }
        if queue.consumers == 0, let ready = queue.messagesReady, ready > 0 {
            findings.append(.noConsumer(ready: ready))
        }
        if let trend = trend(queue, points) { findings.append(trend) }
        if queue.mirrors?.isEmpty == false { findings.append(.mirrored) }
        return findings
    }

    /// At the limit with no ack for three samples; where the limit is not known: messages wait, deliveries are
    /// held, and for three samples nothing was delivered nor acknowledged, which only full prefetches explain.
    private static func stalled(
        _ queue: QueueInfo, _ limit: UnackedLimit?, _ points: Ring<QueuePoint>
    ) -> QueueFinding? {
        guard let unacked = queue.messagesUnacknowledged, unacked > 0, queue.consumers != 0 else { return nil }
        let recent = points.suffix(stalledSamples)
        guard recent.count == stalledSamples else { return nil }
        let nothingAcked = recent.allSatisfy { ($0.ack ?? 0) == 0 && ($0.unacknowledged ?? 0) > 0 }
        guard nothingAcked else { return nil }
        var known: Int?
        switch limit {
        case .unlimited?: return nil
        case .messages(let most)?:
            guard most > 0, unacked >= most else { return nil }
            known = most
        case nil:
            guard (queue.messagesReady ?? 0) > 0, recent.allSatisfy({ ($0.deliver ?? 0) == 0 }) else { return nil }
        }
        let lastAck = points.last { ($0.ack ?? 0) > 0 || ($0.unacknowledged ?? 0) == 0 } ?? points.first
        var quiet = Duration.zero
        if let now = points.last, let lastAck { quiet = now.time - lastAck.time }
        let consumer = queue.consumerDetails.flatMap { $0.count == 1 ? $0.first?.consumerTag : nil }
        return .stalled(unacked: unacked, limit: known, consumer: consumer, quiet: quiet)
    }

    private static func trend(_ queue: QueueInfo, _ points: Ring<QueuePoint>) -> QueueFinding? {
        let recent = points.suffix(trendSamples.upperBound)
        guard recent.count >= trendSamples.lowerBound, let first = recent.first, let last = recent.last,
            let (was, now) = both(first.ready, last.ready), last.time > first.time
        else { return nil }
        let perSecond = (now - was) / ((last.time - first.time) / .seconds(1))
        let rises = zip(recent, recent.dropFirst()).allSatisfy { ($0.ready ?? 0) <= ($1.ready ?? 0) }
        let falls = zip(recent, recent.dropFirst()).allSatisfy { ($0.ready ?? 0) >= ($1.ready ?? 0) }
        if rises, perSecond >= leastTrend {
            let limit = queue.arguments["x-max-length"]?.integerValue.flatMap { $0 > 0 ? $0 : nil }
            let fullIn = limit.map { Duration.seconds(max(0, (Double($0) - now) / perSecond)) }
            return .growing(perSecond: perSecond, limit: limit, fullIn: fullIn)
        }
        if falls, perSecond <= -leastTrend {
            return .draining(perSecond: perSecond, emptyIn: .seconds(now / -perSecond))
        }
        return nil
    }

    /// One sentence for a person.
    var sentence: String {
        switch self {
        case .down(let state):
            return "The queue is \(state): it takes and gives no messages until its node or majority is back."
        case .stalled(let unacked, let limit, let consumer, let quiet):
            let held =
                limit.map { "Prefetch \(Figures.exact($0)) is full" }
                ?? "\(Figures.exact(unacked)) deliveries are held"
            let who = consumer.map { "consumer \($0) acks or dies" } ?? "a consumer acks or dies"
            return "\(held), nothing acked for \(Figures.age(quiet)). Nothing moves until \(who)."
        case .noConsumer(let ready):
            return "\(Figures.exact(ready)) ready and no consumer: nobody will take them until one subscribes."
        case .growing(let perSecond, let limit, let fullIn):
            let pace = "Grows by \(Figures.rate(perSecond))/s: consumers take less than comes in."
            guard let (limit, fullIn) = both(limit, fullIn) else { return pace }
            return pace + " It reaches its limit of \(Figures.exact(limit)) in \(Figures.age(fullIn))."
        case .draining(let perSecond, let emptyIn):
            return "Drains by \(Figures.rate(-perSecond))/s; empty in about \(Figures.age(emptyIn))."
        case .mirrored: return "Mirrored classic queues are deprecated: use a quorum queue."
        }
    }
}

/// Both or nothing.
func both<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
    guard let first, let second else { return nil }
    return (first, second)
}
