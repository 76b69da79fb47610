public import Management

/// What was recorded of a cluster, from as many answers as came: the confirms of watched queues, who led them, what
/// happened. Bounded: the last minute of confirms and so many events.
///
/// ```swift
/// var recording = FailoverRecording()
/// recording.take(try await endpoint.timeline(seconds: 30))
/// let loss = recording.losses.last
/// ```
public struct FailoverRecording: Hashable, Sendable {
    /// How long confirms are kept, milliseconds: twice what an endpoint keeps, so that nothing is lost between answers.
    static let span = Double(ClusterTimeline.secondsMax) * 2_000
    /// Most events that are kept.
    static let eventsMax = 400
    /// Most changes of leader that are kept of a queue.
    static let leadersMax = 100

    /// A watched queue.
    public struct Queue: Hashable, Sendable {
        /// Which.
        public var id: QueueID
        /// "classic", "quorum" or "mirrored".
        public var type: String
        /// Who leads it now; nil while nobody does.
        public var leader: String?
        /// The nodes that hold its contents.
        public var members: [String]
        /// Those of them that are up.
        public var online: [String]
        /// Its confirms; nil where they are not measured.
        public var track: ConfirmTrack?
        /// Who was seen to lead it from when on.
        var leaders: [Leadership] = []
        /// The first confirm after a silence, learned after the picture was frozen.
        var recoveredAt: Double?

        /// Whether one node alone holds it.
        public var isReplicated: Bool { type != "classic" || members.count > 1 }
    }

    /// Who led a queue from a time on.
    struct Leadership: Hashable, Sendable {
        var from: Double
        var leader: String?
    }

    /// The time of the last answer, milliseconds.
    public private(set) var now: Double = 0
    /// What the wall clock said then, seconds since 1970.
    public private(set) var wallClock: Double = 0
    /// The nodes in their order.
    public private(set) var nodes: [ClusterTimeline.Node] = []
    /// The watched queues in their order.
    public private(set) var queues: [Queue] = []
    /// What happened, oldest first.
    public private(set) var events: [ClusterTimeline.Event] = []
    /// What Warren's own clients have counted; nil where none run.
    public private(set) var clients: ClusterTimeline.Clients?
    /// How closely times are known, milliseconds: a bucket, or the interval of polling.
    public var precision = Double(ClusterTimeline.bucketMilliseconds)
    /// So much before it was seen the newest loss may have happened, milliseconds, where looks at the cluster were further
    /// apart than the precision, as they are when the node that was asked has died.
    public var uncertainty = 0.0
    /// Whether anything has been recorded.
    public var isEmpty: Bool { nodes.isEmpty && queues.isEmpty && events.isEmpty }

    /// Nothing recorded yet.
    public init() {}

    /// Takes in an answer.
    public mutating func take(_ answer: ClusterTimeline) {
        // A clock that went back is another one: the cluster began anew.
        if answer.now < now { self = FailoverRecording() }
        now = answer.now
        wallClock = answer.wallClock
        nodes = answer.nodes
        clients = answer.clients
        take(answer.events)
        queues = answer.queues.map { seen in
            let id = QueueID(vhost: seen.vhost, name: seen.name)
            var queue =
                queues.first { $0.id == id }
                ?? Queue(id: id, type: seen.type, leader: seen.leader, members: seen.members, online: seen.online)
            queue.type = seen.type
            queue.members = seen.members
            queue.online = seen.online
            queue.leader = seen.leader
            if queue.leaders.isEmpty || queue.leaders.last?.leader != seen.leader {
                queue.leaders.append(Leadership(from: answer.now, leader: seen.leader))
                if queue.leaders.count > Self.leadersMax { queue.leaders.removeFirst() }
            }
            if !seen.confirms.isEmpty {
                if queue.track == nil {
                    queue.track = ConfirmTrack(start: seen.start, confirms: seen.confirms)
                } else {
                    queue.track?.take(start: seen.start, confirms: seen.confirms, keeping: Self.span)
                }
            }
            return queue
        }
    }

    private mutating func take(_ newer: [ClusterTimeline.Event]) {
        // A later answer may say more of the same event: how many publishes wait on all nodes together.
        func wordless(_ event: ClusterTimeline.Event) -> ClusterTimeline.Event {
            var event = event
            event.text = ""
            return event
        }
        let known = Dictionary(events.enumerated().map { (wordless($0.element), $0.offset) }) { $1 }
        var fresh: [ClusterTimeline.Event] = []
        for event in newer {
            if let place = known[wordless(event)] { events[place] = event } else { fresh.append(event) }
        }
        guard !fresh.isEmpty else { return }
        events = (events + fresh).enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        if events.count > Self.eventsMax { events.removeFirst(events.count - Self.eventsMax) }
    }

    /// Keeps the picture and takes from a newer recording only how it went on: the time, the nodes, later events, confirms as
    /// long as nothing has to go for them, and then when a queue that was silent came back.
    public mutating func follow(_ newer: FailoverRecording) {
        guard newer.now >= now else { return }
        now = newer.now
        wallClock = newer.wallClock
        nodes = newer.nodes
        clients = newer.clients
        take(newer.events)
        for place in queues.indices {
            guard let seen = newer.queues.first(where: { $0.id == queues[place].id }) else { continue }
            queues[place].leader = seen.leader
            queues[place].members = seen.members
            queues[place].online = seen.online
            if let track = seen.track, queues[place].track?.extend(by: track, atMost: 2 * Self.span) == true {
                continue
            }
            guard queues[place].recoveredAt == nil, let last = queues[place].track?.lastConfirm else { continue }
            queues[place].recoveredAt = seen.track?.firstConfirm(after: last)
        }
    }

    /// What the wall clock said at a time, seconds since 1970.
    public func wallClock(at time: Double) -> Double { wallClock - (now - time) / 1000 }
}
