internal import Broker
internal import Foundation
public import Management
internal import Synchronization

/// What happened, and the confirms of watched queues.
extension RunningCluster: TimelineRecording {
    /// Has the timeline say what clients of this program have counted, which ask this for it.
    public func countClients(_ counts: @escaping @Sendable () -> ClusterTimeline.Clients) {
        clients.withLock { $0 = counts }
    }

    /// Chooses the queues whose confirms every node records.
    public func watch(_ queues: [QueueID]) async throws(EndpointError) {
        guard queues.count <= ClusterTimeline.watchedMax else {
            throw .refused("the watch", reason: "at most \(ClusterTimeline.watchedMax) queues are watched")
        }
        for node in nodes { await node.watch(queues) }
    }

    /// What was recorded in the last seconds, whatever became of the nodes that recorded it.
    public func timeline(seconds: Int) async throws(EndpointError) -> ClusterTimeline {
        let now = ClusterEvents.now
        let span = UInt64(min(max(1, seconds), ClusterTimeline.secondsMax)) * 1_000_000_000
        let start = TimelineReading.start(
            from: Instant(nanoseconds: now.nanoseconds - min(span, now.nanoseconds)))
        var readings: [TimelineReading] = []
        for node in nodes { readings.append(await node.reading(from: start, to: now)) }
        var queues: [ClusterTimeline.Queue] = []
        for id in readings.first?.confirms.map(\.queue) ?? [] {
            var queue = await describe(id)
            queue.start = start.milliseconds
            for reading in readings {
                for (other, counts) in reading.confirms where other == id { queue.add(counts) }
            }
            queues.append(queue)
        }
        return ClusterTimeline(
            now: now.milliseconds, wallClock: Date().timeIntervalSince1970,
            nodes: nodes.map { ClusterTimeline.Node(name: $0.name, state: $0.state.fault) }, queues: queues,
            events: Self.merge(timeline.since(start), readings), clients: clients.withLock { $0 }?())
    }

    /// A watched queue as the node describes it that knows best.
    private func describe(_ id: QueueID) async -> ClusterTimeline.Queue {
        let found: ClusterTimeline.Queue?? = await AnyNodeLoop(nodes: nodes).ask { node, reply in
            reply(.some(node.timelineQueue(id)))
        }
        var queue = (found ?? nil) ?? ClusterTimeline.Queue(vhost: id.vhost, name: id.name, type: "classic")
        let up = nodes.filter { $0.state.phase == .running }.map(\.name)
        queue.online = queue.members.filter(up.contains)
        if let leader = queue.leader, !queue.online.contains(leader) { queue.leader = nil }
        return queue
    }

    /// One list in the order of time. Every node says who leads: what several say counts once.
    private static func merge(
        _ own: [ClusterTimeline.Event], _ readings: [TimelineReading]
    ) -> [ClusterTimeline.Event] {
        struct Said: Hashable {
            let kind: ClusterTimeline.Event.Kind
            let queue: String?
            let vhost: String?
            let node: String
            let term: Int?
        }
        var said: Set<Said> = []
        let seen = readings.flatMap(\.events).sorted { ($0.at, $0.node) < ($1.at, $1.node) }.filter { event in
            guard event.kind == .leaderLost || event.kind == .leaderElected else { return true }
            return said.insert(
                Said(kind: event.kind, queue: event.queue, vhost: event.vhost, node: event.node, term: event.term)
            ).inserted
        }
        return (own + seen).sorted { ($0.at, $0.node) < ($1.at, $1.node) }
    }
}

extension ClusterNode {
    /// What its node recorded, also while it is paused or dead.
    func reading(from start: Instant, to now: Instant) async -> TimelineReading {
        await onLoop { [self] in recorder.reading(from: start, to: now) }
    }
}

extension ClusterTimeline.Queue {
    /// Counts what another node confirmed.
    fileprivate mutating func add(_ counts: [Int]) {
        if confirms.isEmpty { return confirms = counts }
        for place in confirms.indices where counts.indices.contains(place) { confirms[place] += counts[place] }
    }
}
