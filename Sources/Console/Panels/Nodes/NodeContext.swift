import Management
import Monitor

/// What is known of nodes beside what they say of themselves: how they are, what they lead and hold, how far they lie
/// behind, which of their links are hurt.
struct NodeContext: Hashable, Sendable {
    /// What a node leads and holds, counted from the queues that are loaded.
    struct Roles: Hashable, Sendable {
        /// Queues that it leads, or that live on it.
        var leaders = 0
        /// Replicated queues of which it holds a member behind another leader.
        var followers = 0
        /// Mirrors of mirrored queues that it holds, and those of them that are in sync.
        var mirrors = 0
        var inSync = 0
    }

    private var states: [String: ClusterNode.State] = [:]
    private var roles: [String: Roles] = [:]
    private var lags: [String: Int] = [:]
    private var faults: [FaultState.Link]?
    /// Whether the queues that were counted are all there are.
    private(set) var isWhole = true

    /// Nothing known.
    init() {}

    init(_ monitor: MonitorState) {
        for node in monitor.clusterNodes { states[node.name] = node.state }
        if let page = monitor.queues.value {
            isWhole = page.isWhole && monitor.listedQueues.vhost == nil && monitor.listedQueues.nameFilter.isEmpty
            for name in states.keys.sorted() { roles[name] = Roles() }
            for queue in page.items { count(queue) }
        }
        for queue in monitor.leadership.value ?? [] {
            for (node, entries) in queue.lag { lags[node] = max(lags[node] ?? 0, entries) }
        }
        if monitor.abilities.injectsFaults { faults = monitor.faults.value?.links }
    }

    private mutating func count(_ queue: QueueInfo) {
        let leader = queue.leader ?? queue.node
        if let leader { roles[leader, default: Roles()].leaders += 1 }
        for node in queue.members ?? [] where node != leader { roles[node, default: Roles()].followers += 1 }
        for node in queue.mirrors ?? [] {
            roles[node, default: Roles()].mirrors += 1
            if queue.synchronisedMirrors?.contains(node) == true { roles[node, default: Roles()].inSync += 1 }
        }
    }

    /// How a node is; nil where nobody says.
    func state(of node: NodeInfo) -> ClusterNode.State? {
        states[node.name] ?? node.running.map { $0 ? node.beingDrained == true ? .draining : .running : .down }
    }

    /// What it leads and holds; nil where no queues are loaded.
    func roles(of node: String) -> Roles? { roles[node] }

    /// Entries of the watched quorum queues that it has not written yet; nil where nobody says.
    func lag(of node: String) -> Int? { lags[node] }

    /// Its links that are hurt, in words; nil where nobody says, empty where all are whole.
    func hurtLinks(of node: String) -> [String]? {
        faults.map { links in
            links.filter { $0.between.contains(node) && ($0.isCut || $0.slowMilliseconds > 0) }.map { link in
                let other = link.between.first { $0 != node } ?? node
                return link.isCut ? "cut \(other)" : "slow \(other)"
            }
        }
    }
}
