import Management

/// Turns looks at a cluster that records nothing itself into a timeline: an event wherever two looks differ. When it
/// happened is known to the interval between them only.
struct LeadershipLog: Sendable {
    private var queues: [QueueLeadership] = []
    private var running: [String: Bool] = [:]
    private var events: [ClusterTimeline.Event] = []

    /// What is known after another look.
    mutating func answer(
        _ seen: [QueueLeadership], nodes: [NodeInfo], at time: Duration, wallClock: Double, probe: ProbeState? = nil
    ) -> ClusterTimeline {
        let now = time / .milliseconds(1)
        events.removeAll { $0.at < now - 10 * Double(ClusterTimeline.secondsMax) * 1_000 }
        for node in nodes {
            guard let isUp = node.running else { continue }
            if let before = running[node.name], before != isUp {
                events.append(ClusterTimeline.Event(at: now, kind: isUp ? .nodeServing : .nodeDown, node: node.name))
            }
            running[node.name] = isUp
        }
        for queue in seen {
            guard let before = queues.first(where: { $0.id == queue.id }), before.leader != queue.leader else {
                continue
            }
            if let old = before.leader { append(.leaderLost, old, queue, now) }
            if let new = queue.leader { append(.leaderElected, new, queue, now) }
        }
        queues = seen
        var answer = ClusterTimeline(now: now, wallClock: wallClock, events: events)
        answer.nodes = nodes.map {
            ClusterTimeline.Node(name: $0.name, state: $0.running == false ? .crashed : .running)
        }
        answer.queues = seen.map {
            ClusterTimeline.Queue(
                vhost: $0.id.vhost, name: $0.id.name, type: $0.type, leader: $0.leader, members: $0.members,
                online: $0.online)
        }
        if let probe { add(probe, to: &answer) }
        return answer
    }

    /// Gives the canary queue the confirms that its probe has measured.
    private func add(_ probe: ProbeState, to answer: inout ClusterTimeline) {
        let isCanary = { (queue: ClusterTimeline.Queue) in
            queue.name == probe.queue.name && queue.vhost == probe.queue.vhost
        }
        if !answer.queues.contains(where: isCanary) {
            answer.queues.insert(.init(vhost: probe.queue.vhost, name: probe.queue.name, type: "quorum"), at: 0)
        }
        guard let place = answer.queues.firstIndex(where: isCanary) else { return }
        answer.queues[place].start = probe.start
        answer.queues[place].confirms = probe.confirms
    }

    private mutating func append(
        _ kind: ClusterTimeline.Event.Kind, _ node: String, _ queue: QueueLeadership, _ now: Double
    ) {
        events.append(
            ClusterTimeline.Event(
                at: now, kind: kind, node: node, vhost: queue.id.vhost, queue: queue.id.name, term: queue.term))
    }
}
