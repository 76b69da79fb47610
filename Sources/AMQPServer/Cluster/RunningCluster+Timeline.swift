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
        let views = await views(of: watched)
        for (id, described) in zip(watched, describe(watched, in: views)) {
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
            events: Self.merge(
                timeline.since(start), readings, of: queues, metadataLeader: views.first(where: \.leadsMetadata)?.node),
            clients: clients.withLock { $0 }?())
    }

    /// What a node says of the watched queues.
    private struct View: Sendable {
        let node: String
        let leadsMetadata: Bool
        let queues: [ClusterTimeline.Queue?]
    }

    /// What the nodes say that serve; where none does, those that run.
    private func views(of ids: [QueueID]) async -> [View] {
        let running = nodes.filter { $0.state.phase == .running }
        let serving = running.filter(\.state.isServing)
        var views: [View] = []
        for node in serving.isEmpty ? running : serving {
            let name = node.name
            let view: View? = await node.ask { node, reply in
                reply(View(node: name, leadsMetadata: node.leadsMetadata, queues: ids.map(node.timelineQueue)))
            }
            if let view { views.append(view) }
        }
        return views
    }

    /// Watched queues, each as the node describes it that knows best.
    private func describe(_ ids: [QueueID], in views: [View]) -> [ClusterTimeline.Queue] {
        let running = nodes.filter { $0.state.phase == .running }
        return ids.enumerated().map { place, id in
            let views = views.compactMap { view in view.queues[place].map { (node: view.node, queue: $0) } }
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
        _ own: [ClusterTimeline.Event], _ readings: [TimelineReading], of queues: [ClusterTimeline.Queue],
        metadataLeader: String?
    ) -> [ClusterTimeline.Event] {
        var merged: [(event: ClusterTimeline.Event, waiting: Int)] = []
        let all = readings.flatMap(\.events).sorted {
            ($0.event.at, $0.event.node) < ($1.event.at, $1.event.node)
        }
        for (place, seen) in all.enumerated() {
            let event = seen.event
            if event.kind == .leaderLost {
                // A node that was out of touch took the leader for lost. One that leads and was not elected anew was not.
                let leader =
                    event.queue == nil
                    ? metadataLeader : queues.first { $0.name == event.queue && $0.vhost == event.vhost }?.leader
                let isElected = all[place...].contains {
                    $0.event.kind == .leaderElected && $0.event.queue == event.queue && $0.event.vhost == event.vhost
                }
                if leader == event.node, !isElected { continue }
            }
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
        let whole =
            own + consequences(of: own, for: queues)
            + merged.map { event, waiting in
                guard waiting > 0 else { return event }
                var event = event
                event.text = waiting == 1 ? "1 publish waits" : "\(waiting) publishes wait"
                return event
            }
        return whole.sorted { ($0.at, $0.node) < ($1.at, $1.node) }
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
