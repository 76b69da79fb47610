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
        // Both clocks at one moment: what happened has a place on both.
        let (now, wallClock) = (ClusterEvents.now, Date().timeIntervalSince1970)
        let span = UInt64(min(max(1, seconds), ClusterTimeline.secondsMax)) * 1_000_000_000
        let start = TimelineReading.start(
            from: Instant(nanoseconds: now.nanoseconds - min(span, now.nanoseconds)))
        var readings: [TimelineReading] = []
        for node in nodes { readings.append(await node.reading(from: start, to: now)) }
        var queues: [ClusterTimeline.Queue] = []
        let watched = readings.first?.confirms.map(\.queue) ?? []
        for (id, described) in zip(watched, await describe(watched)) {
            var queue = described
            queue.start = start.milliseconds
            for reading in readings {
                for (other, counts) in reading.confirms where other == id { queue.add(counts) }
            }
            queues.append(queue)
        }
        return ClusterTimeline(
            now: now.milliseconds, wallClock: wallClock,
            nodes: nodes.map { ClusterTimeline.Node(name: $0.name, state: $0.state.fault) }, queues: queues,
            events: Self.merge(timeline.since(start), readings, of: queues), clients: clients.withLock { $0 }?())
    }

    /// Watched queues, each as the node describes it that knows best.
    private func describe(_ ids: [QueueID]) async -> [ClusterTimeline.Queue] {
        let running = nodes.filter { $0.state.phase == .running }
        let serving = running.filter(\.state.isServing)
        var known: [(node: String, queues: [ClusterTimeline.Queue?])] = []
        for node in serving.isEmpty ? running : serving {
            let queues: [ClusterTimeline.Queue?]? = await node.ask { node, reply in
                reply(ids.map(node.timelineQueue))
            }
            if let queues { known.append((node.name, queues)) }
        }
        return ids.enumerated().map { place, id in
            let views = known.compactMap { view in view.queues[place].map { (node: view.node, queue: $0) } }
            // Who leads knows that first, and a node without a member of a quorum queue never does.
            let best =
                views.first { $0.node == $0.queue.leader } ?? views.first { $0.queue.leader != nil } ?? views.first
            var queue = best?.queue ?? ClusterTimeline.Queue(vhost: id.vhost, name: id.name, type: "classic")
            queue.online = queue.members.filter { name in running.contains { $0.name == name } }
            if let leader = queue.leader, !queue.online.contains(leader) { queue.leader = nil }
            return queue
        }
    }

    /// One list in the order of time. Every node says what it sees: what several say of a leader counts once, and the
    /// publishes that wait on all of them together.
    private static func merge(
        _ own: [ClusterTimeline.Event], _ readings: [TimelineReading], of queues: [ClusterTimeline.Queue]
    ) -> [ClusterTimeline.Event] {
        var merged: [(event: ClusterTimeline.Event, waiting: Int)] = []
        for seen in readings.flatMap(\.events).sorted(by: {
            ($0.event.at, $0.event.node) < ($1.event.at, $1.event.node)
        }) {
            let event = seen.event
            let same = merged.lastIndex {
                event.kind == .leaderLost && $0.event.kind == .leaderLost && $0.event.queue == event.queue
                    && $0.event.vhost == event.vhost && $0.event.node == event.node && $0.event.term == event.term
                    && event.at - $0.event.at < sameLossSpan
            }
            if let same {
                merged[same].waiting += seen.waitingPublishes
            } else {
                merged.append((event, seen.waitingPublishes))
            }
        }
        let all =
            own + consequences(of: own, for: queues)
            + merged.map { event, waiting in
                guard waiting > 0 else { return event }
                var event = event
                event.text = waiting == 1 ? "1 publish waits" : "\(waiting) publishes wait"
                return event
            }
        return all.sorted { ($0.at, $0.node) < ($1.at, $1.node) }
    }

    /// What becomes of queues that live on one node alone when that goes and comes back.
    private static func consequences(
        of events: [ClusterTimeline.Event], for queues: [ClusterTimeline.Queue]
    ) -> [ClusterTimeline.Event] {
        queues.filter { $0.type == "classic" && $0.members.count == 1 }.flatMap { queue in
            events.filter { [$0.node] == queue.members }.compactMap { event in
                var consequence = ClusterTimeline.Event(
                    at: event.at, kind: .available, node: event.node, vhost: queue.vhost, queue: queue.name)
                switch event.kind {
                case .nodeDown, .minority:
                    consequence.kind = .unavailable
                    consequence.text = "404 until it returns"
                case .nodeServing: break
                // One that stood still serves at once.
                case .nodeUp where event.text == RunningCluster.goesOn: break
                default: return nil
                }
                return consequence
            }
        }
    }

    /// What is said of a node that stood still.
    static let goesOn = "goes on"

    /// Nodes that notice the loss of a leader within this time notice the same one, milliseconds.
    private static let sameLossSpan = 5_000.0
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
