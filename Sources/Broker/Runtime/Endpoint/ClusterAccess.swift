public import Management

/// What the endpoints of a cluster's nodes need of whoever runs it.
public protocol ClusterAccess: FaultInjecting, TimelineRecording {
    /// All nodes in their order, as they are now.
    var members: [ClusterMemberAccess] { get }
    /// Whether people may hurt its nodes.
    var injectsFaults: Bool { get }
}

/// A node of a cluster, for whoever asks it.
public struct ClusterMemberAccess: Sendable {
    /// Its name.
    public let name: String
    /// Its loop.
    public let loop: any NodeLoop
    /// Whether it runs and answers.
    public let isReachable: Bool
    /// Where clients connect; nothing while its port is closed.
    public let listeners: [Listener]

    /// A node as it is now.
    public init(name: String, loop: any NodeLoop, isReachable: Bool, listeners: [Listener]) {
        self.name = name
        self.loop = loop
        self.isReachable = isReachable
        self.listeners = listeners
    }
}

extension Node {
    /// A watched queue as a timeline shows it, without what was recorded of it; nil where there is none.
    public func timelineQueue(_ id: QueueID) -> ClusterTimeline.Queue? {
        guard let queue = virtualHosts[id.vhost]?.queues[id.name] else { return nil }
        if queue.settings.isQuorum { return quorumTimeline(of: queue, id) }
        let home = homeName(of: queue)
        let mirrors = queue.mirroring?.mirrors.map { nodeName($0.node) } ?? []
        return ClusterTimeline.Queue(
            vhost: id.vhost, name: id.name, type: mirrors.isEmpty ? "classic" : "mirrored", leader: home,
            members: [home] + mirrors)
    }
}
