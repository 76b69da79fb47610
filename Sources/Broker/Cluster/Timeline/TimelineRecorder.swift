internal import Journal
public import Management
internal import Raft

/// What one node sees of a failover: who leads, and the confirms of watched queues in buckets of 10 ms.
///
/// Used on the node's loop only. It belongs to whoever runs the cluster, so that what a node saw outlives it. A node
/// without watches asks one thing of it for each publish: `isWatching`.
public final class TimelineRecorder {
    /// One watched queue.
    private struct Watch {
        let id: QueueID
        /// The number that the queue has while it is declared.
        var number: UInt64?
        var confirms = ConfirmBuckets()
        /// Who leads it as far as this node knows, where it is a quorum queue.
        var leader: String?
    }

    /// Publishes of a watched queue that are confirmed once the journal is durable up to a position.
    private struct Waiting {
        let position: JournalPosition
        let watch: Int
        var count: Int
    }

    /// Whether any queue is watched.
    @exclusivity(unchecked) private(set) var isWatching = false
    private var watches: [Watch] = []
    private var waiting: [Waiting] = []
    /// What happened, oldest first.
    private var events: [TimelineReading.Seen] = []
    /// So many events are kept.
    private static let eventsMax = 512
    private var leader: (name: String, term: UInt64)?

    /// Records nothing yet.
    public init() {}

    // MARK: What the node says

    /// A node begins: whatever waited for the one before does so no more.
    func begin() {
        waiting = []
        leader = nil
        for place in watches.indices { (watches[place].number, watches[place].leader) = (nil, nil) }
    }

    /// A queue is there.
    func declared(_ number: UInt64, vhost: String, name: String) {
        guard isWatching else { return }
        let place = watches.firstIndex { $0.id.name == name && $0.id.vhost == vhost }
        if let place { watches[place].number = number }
    }

    /// Publishes of a queue have been confirmed to clients.
    public func confirmed(queue number: UInt64, count: Int, at now: Instant) {
        guard let place = watches.firstIndex(where: { $0.number == number }) else { return }
        watches[place].confirms.add(count, at: now)
    }

    /// Those of some queues that are watched.
    func watched(of candidates: [ClassicQueue]) -> [UInt64] {
        candidates.map(\.id).filter { id in watches.contains { $0.number == id } }
    }

    /// A publish that its client wants confirmed has gone to queues.
    func published(to queues: [ClassicQueue], _ outcome: PublishOutcome, in node: Node) {
        guard outcome != .refused else { return }
        // order-free: an array
        for queue in queues {
            guard let place = watches.firstIndex(where: { $0.number == queue.id }) else { continue }
            guard outcome == .mustBeDurable else {
                watches[place].confirms.add(1, at: node.now)
                continue
            }
            let position = node.journal.appended
            // Those of one batch are confirmed together.
            if let last = waiting.indices.last, waiting[last].watch == place, waiting[last].position >= position {
                waiting[last].count += 1
            } else {
                waiting.append(Waiting(position: position, watch: place, count: 1))
            }
        }
    }

    /// The journal is durable up to a position.
    func becameDurable(_ position: JournalPosition, at now: Instant) {
        guard !waiting.isEmpty else { return }
        let count = waiting.firstIndex { $0.position > position } ?? waiting.count
        for entry in waiting[..<count] { watches[entry.watch].confirms.add(entry.count, at: now) }
        waiting.removeFirst(count)
    }

    /// Another node leads the metadata, or nobody does. Whoever was elected says so itself: the others may hear of it
    /// long after.
    func metadataLeader(_ name: String?, isSelf: Bool, term: UInt64, at now: Instant) {
        if let name {
            guard leader?.name != name || leader?.term != term else { return }
            leader = (name, term)
            if isSelf { note(.leaderElected, name, term, now) }
        } else if let lost = leader {
            leader = nil
            note(.leaderLost, lost.name, lost.term, now)
        }
    }

    private func note(_ kind: ClusterTimeline.Event.Kind, _ node: String, _ term: UInt64, _ now: Instant) {
        note(
            ClusterTimeline.Event(
                at: now.milliseconds, kind: kind, node: node, term: Int(clamping: term),
                text: "of the metadata"))
    }

    /// Another node leads a quorum queue, or nobody does, while so many publishes of this node's clients wait for it.
    func queueLeader(
        of number: UInt64, _ name: String?, isSelf: Bool, term: UInt64, waiting: @autoclosure () -> Int, at now: Instant
    ) {
        guard let place = watches.firstIndex(where: { $0.number == number }) else { return }
        let (id, before) = (watches[place].id, watches[place].leader)
        watches[place].leader = name
        if let name {
            guard isSelf else { return }
            note(
                ClusterTimeline.Event(
                    at: now.milliseconds, kind: .leaderElected, node: name, vhost: id.vhost, queue: id.name,
                    term: Int(clamping: term)))
        } else if let before {
            note(
                ClusterTimeline.Event(
                    at: now.milliseconds, kind: .leaderLost, node: before, vhost: id.vhost, queue: id.name),
                waiting: waiting())
        }
    }

    /// The member of a quorum queue on another node has what the others have.
    func caughtUp(_ name: String, with number: UInt64, at now: Instant) {
        guard let watch = watches.first(where: { $0.number == number }) else { return }
        note(
            ClusterTimeline.Event(
                at: now.milliseconds, kind: .caughtUp, node: name, vhost: watch.id.vhost, queue: watch.id.name))
    }

    /// Something happened that belongs on the timeline.
    public func note(_ event: ClusterTimeline.Event) { note(event, waiting: 0) }

    private func note(_ event: ClusterTimeline.Event, waiting: Int) {
        if events.count == Self.eventsMax { events.removeFirst() }
        events.append(TimelineReading.Seen(event: event, waitingPublishes: waiting))
    }

    // MARK: What others ask

    /// Watches these queues and no others; `node` knows the numbers of those that are declared.
    public func watch(_ ids: [QueueID], in node: Node?) {
        var kept: [Watch] = []
        for id in ids.prefix(ClusterTimeline.watchedMax) {
            var watch = watches.first { $0.id == id } ?? Watch(id: id)
            watch.number = node?.virtualHosts[id.vhost]?.queues[id.name]?.id
            watch.leader = watch.number.flatMap { node?.quorum.member($0)?.leader }.flatMap { node?.nodeName($0) }
            kept.append(watch)
        }
        watches = kept
        waiting = []
        isWatching = !kept.isEmpty
    }

    /// What happened since a moment, and the confirms of each watched queue in the buckets from there to `now`.
    public func reading(from start: Instant, to now: Instant) -> TimelineReading {
        TimelineReading(
            // Of all nodes up to the same moment: what one sees a little later than another is one with it.
            events: events.filter { $0.event.at >= start.milliseconds && $0.event.at <= now.milliseconds },
            confirms: watches.map { ($0.id, $0.confirms.counts(from: start, to: now)) })
    }
}

/// What a recorder has of some seconds.
public struct TimelineReading: Sendable {
    /// Something that a node saw.
    public struct Seen: Sendable {
        /// What.
        public let event: ClusterTimeline.Event
        /// Publishes of its clients that waited for the queue then.
        public let waitingPublishes: Int
    }

    /// What happened, oldest first.
    public let events: [Seen]
    /// Of each watched queue the confirms in buckets.
    public let confirms: [(queue: QueueID, counts: [Int])]

    /// When the first bucket begins of a reading from some moment.
    public static func start(from moment: Instant) -> Instant { ConfirmBuckets.start(of: moment) }
}

extension Instant {
    /// Milliseconds, as a timeline has them.
    public var milliseconds: Double { Double(nanoseconds) / 1_000_000 }
}

extension MetadataGroup {
    /// Puts a change of the leader on the timeline.
    func record(_ leader: MemberID?, term: UInt64) {
        let name = leader.flatMap { member in
            configuration.names.indices.contains(Int(member.node) - 1) ? configuration.names[Int(member.node) - 1] : nil
        }
        configuration.recorder?.metadataLeader(
            name, isSelf: leader?.node == configuration.node, term: term, at: node.now)
    }
}

extension Node {
    /// Puts a change of a quorum queue's leader on the timeline.
    func noteLeader(of member: QuorumMember) {
        guard let recorder, recorder.isWatching else { return }
        recorder.queueLeader(
            of: member.queue, member.leader.map(nodeName), isSelf: member.leader == number,
            term: member.replica.group.term, waiting: quorum.queue(member.queue)?.waitingPublishes ?? 0, at: now)
    }

    /// Puts a member that has caught up on the timeline; this node's leads.
    func noteCaughtUp(_ peer: UInt32, of member: QuorumMember) {
        guard let recorder, recorder.isWatching else { return }
        recorder.caughtUp(nodeName(peer), with: member.queue, at: now)
    }
}
