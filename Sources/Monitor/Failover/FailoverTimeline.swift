public import Management

/// A picture of how a cluster went through a loss: what each node was, what each watched queue confirmed and for how
/// long it did not, what happened, and what is still safe. A value made of a value; nothing is asked for.
///
/// ```swift
/// let picture = FailoverTimeline(recording, width: 43)
/// for line in picture.queues { print(line.id.name, line.outage) }
/// ```
public struct FailoverTimeline: Hashable, Sendable {
    /// A watched queue.
    public struct QueueLine: Hashable, Sendable {
        /// Which.
        public var id: QueueID
        /// "classic", "quorum" or "mirrored".
        public var type: String
        /// Who leads it now; nil while nobody does.
        public var leader: String?
        /// Confirms in each cell; nil where nothing was recorded.
        public var confirms: [Int?]
        /// How long it confirmed nothing.
        public var outage: Outage
        /// The cells in which nothing was confirmed because of the loss.
        public var gap: Range<Int>?
        /// The cells in which nobody led it.
        public var leaderless: [Bool]
        /// How long nobody led it after the loss, milliseconds; nil where confirms tell more.
        public var leaderlessSpan: Double?
    }

    /// Something that happened, in words.
    public struct EventLine: Hashable, Sendable {
        /// When, milliseconds after the loss, or before now.
        public var offset: Double
        /// The node or queue it is about.
        public var subject: String
        /// What.
        public var text: String
        /// The event itself.
        public var event: ClusterTimeline.Event
    }

    /// The piece of time that is shown.
    public var window: FailoverWindow
    /// What it is about; nil where nothing was lost, or something else is looked at.
    public var loss: Loss?
    /// Whether it is the last seconds up to now, instead of those around the loss.
    public var isLive: Bool
    /// The nodes in their order.
    public var lanes: [NodeLane]
    /// The queue that the lanes are about.
    public var focus: QueueID?
    /// The watched queues in their order.
    public var queues: [QueueLine]
    /// What happened from shortly before the loss on, oldest first; up to now newest first, for that is what is looked for.
    public var events: [EventLine]
    /// What Warren's own clients have counted; nil where none run.
    public var clients: ClusterTimeline.Clients?
    /// What the wall clock said at the loss, or now; seconds since 1970.
    public var wallClock: Double
    /// The time of the newest answer.
    public var now: Double
    /// How closely times are known, milliseconds.
    public var precision: Double

    /// Whether every watched queue confirms again.
    public var hasRecovered: Bool { queues.allSatisfy(\.outage.isOver) }

    /// The longest outage that is over, milliseconds.
    public var longestOutage: Double? {
        queues.compactMap { if case .ended(let from, let to) = $0.outage { to - from } else { nil } }.max()
    }

    /// The picture of a recording in so many cells. `loss`: which one, else the newest. `isLive`: the last two seconds
    /// instead. `focus`: the queue that the lanes are about, else the first that is replicated. `shift`: so much earlier
    /// or later, milliseconds.
    public init(
        _ recording: FailoverRecording, width: Int, loss chosen: Loss? = nil, isLive: Bool = false,
        focus wanted: QueueID? = nil, shift: Double = 0
    ) {
        let losses = recording.losses
        let loss = chosen ?? losses.last
        let earlier = losses.last { $0.at < (loss?.at ?? .infinity) }
        let outages = recording.queues.map { queue in
            loss.map {
                queue.outage(
                    of: $0, now: recording.now, notBefore: earlier.map { $0.at + FailoverWindow.after } ?? -.infinity,
                    uncertainty: max(
                        recording.uncertainty, recording.precision > ConfirmTrack.width ? recording.precision : 0))
            } ?? .notMeasured
        }
        var window: FailoverWindow
        if let loss, !isLive {
            let longest = outages.compactMap { if case .ended(_, let to) = $0 { to - loss.at } else { nil } }.max()
            window = FailoverWindow(
                around: loss.at, outage: longest ?? 300, count: width, precision: recording.precision)
        } else {
            window = FailoverWindow(until: recording.now, count: width, precision: recording.precision)
        }
        window = window.moved(by: (shift / window.cell).rounded() * window.cell)
        let focused =
            recording.queues.first { $0.id == wanted } ?? recording.queues.first(where: \.isReplicated)
            ?? recording.queues.first
        let history = LaneHistory(recording, queue: focused)
        self.window = window
        self.loss = loss
        self.isLive = isLive || loss == nil
        focus = focused?.id
        clients = recording.clients
        now = recording.now
        precision = recording.precision
        wallClock = recording.wallClock(at: loss?.at ?? recording.now)
        lanes = recording.nodes.map { node in
            NodeLane(
                node: node.name, state: node.state,
                phases: (0..<window.count).map { place in
                    // What a cell ends with: a node that goes down within one is down in it.
                    let time = min(window.time(of: place) + window.cell - 0.001, recording.now)
                    return window.time(of: place) > recording.now
                        ? nil : history.phase(of: node.name, at: time)
                },
                phase: history.phase(of: node.name, at: recording.now))
        }
        queues = zip(recording.queues, outages).map { queue, outage in
            QueueLine(queue, outage: outage, window: window, now: recording.now, recording)
        }
        let origin = loss?.at ?? window.origin
        let first = loss.map { $0.at - FailoverWindow.before } ?? -.infinity
        let lines = recording.events.filter { $0.at >= first }.map {
            EventLine(offset: $0.at - origin, subject: $0.subject, text: $0.words, event: $0)
        }
        events = self.isLive ? lines.reversed() : lines
    }
}

extension FailoverTimeline.QueueLine {
    fileprivate init(
        _ queue: FailoverRecording.Queue, outage: Outage, window: FailoverWindow, now: Double,
        _ recording: FailoverRecording
    ) {
        id = queue.id
        type = queue.type
        leader = queue.leader
        self.outage = outage
        confirms = (0..<window.count).map { place in
            let time = window.time(of: place)
            return time >= now ? nil : queue.track?.sum(from: time, to: time + window.cell)
        }
        gap = outage.gap.flatMap { gap in
            // The last confirm before lies in the cell that the gap begins in, the first after in the one it ends in.
            let first = Int(((gap.from - window.start) / window.cell).rounded(.down).clamped) + 1
            let last = Int((((gap.to ?? now) - window.start) / window.cell).rounded(.down).clamped)
            let shown = (max(0, first), min(window.count, gap.to == nil ? last + 1 : last))
            return shown.0 < shown.1 ? shown.0..<shown.1 : nil
        }
        let spans = recording.leaderlessSpans(of: queue)
        leaderless = (0..<window.count).map { place in
            let (from, to) = (window.time(of: place), window.time(of: place) + window.cell)
            return from < now && spans.contains { $0.from < to && ($0.to ?? now) > from }
        }
        let after = spans.filter { $0.from >= window.origin - recording.precision }
        leaderlessSpan = queue.track == nil ? after.map { ($0.to ?? now) - $0.from }.max() : nil
    }
}

extension FailoverRecording {
    /// When nobody led a queue.
    public func leaderlessSpans(of queue: Queue) -> [(from: Double, to: Double?)] {
        var spans: [(from: Double, to: Double?)] = []
        for event in events where event.queue == queue.id.name && event.vhost.map({ $0 == queue.id.vhost }) ?? true {
            switch event.kind {
            case .leaderLost, .unavailable:
                if spans.last.map({ $0.to != nil }) ?? true { spans.append((event.at, nil)) }
            case .leaderElected, .promoted, .available:
                if let last = spans.indices.last, spans[last].to == nil { spans[last].to = event.at }
            case .nodeDown, .nodeUp, .nodeServing, .minority, .cut, .healed, .caughtUp, .dataLost, .mirrorLost: break
            }
        }
        return spans
    }
}
