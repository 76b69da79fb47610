public import Management

/// What one node was over time: whether it was up, and whether it led the queue that is looked at.
public struct NodeLane: Hashable, Sendable {
    /// What a node was at a time.
    public enum Phase: Hashable, Sendable {
        /// It led the queue.
        case leader
        /// It held the queue's contents behind a leader, or with no leader.
        case follower
        /// It was up and holds nothing of the queue.
        case other
        /// It was down or stood still.
        case down
        /// It started and had not caught up.
        case starting
        /// It could not reach a majority.
        case minority
        /// It was cut off from the others.
        case cutOff
    }

    /// The node.
    public var node: String
    /// What it is now.
    public var state: FaultState.State
    /// What it was in each cell; nil where the cell has not come yet.
    public var phases: [Phase?]
    /// What it is now, in respect of the queue.
    public var phase: Phase
}

/// What is known of who was what when, so that any moment can be asked for.
struct LaneHistory {
    private let nodes: [String: [(from: Double, phase: NodeLane.Phase)]]
    private let leaders: [(from: Double, leader: String?)]
    private let members: [String]

    init(_ recording: FailoverRecording, queue: FailoverRecording.Queue?) {
        nodes = Dictionary(
            recording.nodes.map { ($0.name, Self.phases(of: $0, recording)) }, uniquingKeysWith: { first, _ in first })
        leaders = queue.map { Self.leaders(of: $0, recording) } ?? []
        members = queue?.members ?? []
    }

    /// What a node was at a time.
    func phase(of node: String, at time: Double) -> NodeLane.Phase {
        let phase = nodes[node]?.last { $0.from <= time }?.phase ?? .other
        guard phase == .other, members.contains(node) else { return phase }
        let leader = leaders.last { $0.from <= time }.flatMap(\.leader)
        return leader == node ? .leader : .follower
    }

    private static func phases(
        of node: ClusterTimeline.Node, _ recording: FailoverRecording
    ) -> [(from: Double, phase: NodeLane.Phase)] {
        var phases: [(from: Double, phase: NodeLane.Phase)] = []
        for event in recording.events where event.node == node.name && event.queue == nil {
            guard let (before, after) = change(event) else { continue }
            if phases.isEmpty { phases.append((-.infinity, before)) }
            phases.append((event.at, after))
        }
        let now = phase(node.state)
        if phases.isEmpty { return [(-.infinity, now)] }
        // What no event told, or was forgotten, is true from now on at least.
        let isCutOff = phases.last?.phase == .cutOff && now == .other
        if phases.last?.phase != now, !isCutOff { phases.append((recording.now, now)) }
        return phases
    }

    /// What a node was before an event and after it, as far as the event says.
    private static func change(
        _ event: ClusterTimeline.Event
    ) -> (before: NodeLane.Phase, after: NodeLane.Phase)? {
        switch event.kind {
        case .nodeDown: (.other, .down)
        case .nodeUp: (.down, .starting)
        case .nodeServing: (.starting, .other)
        case .minority: (.other, .minority)
        // A single link that is cut leaves the node in the cluster.
        case .cut: event.text.contains("link") ? nil : (.other, .cutOff)
        case .healed: event.text.contains("link") ? nil : (.cutOff, .other)
        case .leaderLost, .leaderElected, .promoted, .unavailable, .available, .caughtUp, .dataLost, .mirrorLost: nil
        }
    }

    static func phase(_ state: FaultState.State) -> NodeLane.Phase {
        switch state {
        case .running: .other
        case .minority: .minority
        case .starting: .starting
        case .paused, .crashed: .down
        }
    }

    /// Who led from when on: what events say to the millisecond, and where they say nothing, what was seen.
    private static func leaders(
        of queue: FailoverRecording.Queue, _ recording: FailoverRecording
    ) -> [(from: Double, leader: String?)] {
        var changes: [(from: Double, leader: String?)] = []
        for event in recording.events
        where event.queue == queue.id.name && event.vhost.map({ $0 == queue.id.vhost }) ?? true {
            switch event.kind {
            case .leaderElected, .promoted, .available: changes.append((event.at, event.node))
            case .leaderLost, .unavailable: changes.append((event.at, nil))
            case .nodeDown, .nodeUp, .nodeServing, .minority, .cut, .healed, .caughtUp, .dataLost, .mirrorLost: break
            }
        }
        let seen = queue.leaders.filter { seen in
            guard let told = changes.last(where: { $0.from <= seen.from }) else {
                return changes.first.map { $0.from > seen.from } ?? true
            }
            return told.leader != seen.leader
        }
        changes += seen.map { ($0.from, $0.leader) }
        changes = changes.enumerated().sorted { ($0.element.from, $0.offset) < ($1.element.from, $1.offset) }
            .map(\.element)
        // What was seen first was so before, too, as far as anybody knows.
        if let first = changes.first {
            changes.insert((-.infinity, first.leader ?? before(first, queue, recording)), at: 0)
        }
        return changes
    }

    /// Who led before the first thing that is known, which is that nobody did: the node that went down with it.
    private static func before(
        _ loss: (from: Double, leader: String?), _ queue: FailoverRecording.Queue, _ recording: FailoverRecording
    ) -> String? {
        recording.events.last {
            $0.at <= loss.from && loss.from - $0.at < Loss.consequenceSpan && queue.members.contains($0.node)
                && [.nodeDown, .cut, .minority].contains($0.kind)
        }?.node
    }
}
