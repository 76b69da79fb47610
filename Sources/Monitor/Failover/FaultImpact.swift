public import Management

/// What a fault would do to queues and to the cluster, from what was read of both: for the question before it.
public struct FaultImpact: Hashable, Sendable {
    /// Replicated queues whose leader goes and that elect or promote another.
    public var losesLeader: [QueueID] = []
    /// Replicated queues that no majority, or no mirror, is left of.
    public var losesMajority: [QueueID] = []
    /// Queues that one node alone holds and that cannot be reached then.
    public var unavailable: [QueueID] = []
    /// Queues that stand still already.
    public var stoppedAlready: [QueueID] = []
    /// Whether no node is left that reaches a majority of all.
    public var stopsCluster = false

    /// Whether nothing is hit.
    public var isHarmless: Bool {
        losesLeader.isEmpty && losesMajority.isEmpty && unavailable.isEmpty && !stopsCluster
    }

    /// What of a fault follows from queues, nodes and links as they are.
    public init(of fault: Fault, queues: [QueueInfo], nodes: [ClusterNode], links: [FaultState.Link]) {
        let before = Reach(nodes: nodes, links: links)
        var after = before
        switch fault {
        case .node(let name, .crash), .node(let name, .powerLoss), .node(let name, .pause), .node(let name, .restart):
            after.remove(name)
        case .node(let name, .isolate): after.cutOff(name)
        case .link(let one, let other, .cut): after.cut(one, other)
        // What mends or only slows down takes nothing away.
        case .node(_, .resume), .node(_, .heal), .link(_, _, .slow), .link(_, _, .heal): return
        }
        stopsCluster =
            before.someoneReachesMajority(of: nodes.map(\.name))
            && !after.someoneReachesMajority(of: nodes.map(\.name))
        for queue in queues.sorted(by: { $0.id < $1.id }) { judge(queue, before, after) }
    }

    private mutating func judge(_ queue: QueueInfo, _ before: Reach, _ after: Reach) {
        let leader = queue.leader ?? queue.node
        let mirrors = queue.mirrors ?? []
        let members = queue.members ?? ([leader].compactMap { $0 } + mirrors)
        switch queue.type {
        case "quorum", "stream":
            guard before.someoneReachesMajority(of: members) else { return stoppedAlready.append(queue.id) }
            if !after.someoneReachesMajority(of: members) {
                losesMajority.append(queue.id)
            } else if let leader, before.reachesMajority(leader, of: members),
                !after.reachesMajority(leader, of: members)
            {
                losesLeader.append(queue.id)
            }
        default:
            guard let leader else { return }
            guard before.serves(leader) else { return stoppedAlready.append(queue.id) }
            if after.serves(leader) { return }
            if mirrors.isEmpty {
                unavailable.append(queue.id)
            } else if (queue.synchronisedMirrors ?? mirrors).contains(where: after.serves) {
                losesLeader.append(queue.id)
            } else {
                losesMajority.append(queue.id)
            }
        }
    }
}

/// Which nodes run and which of them reach each other, directly, as replicas must.
private struct Reach: Hashable {
    private let all: [String]
    private var alive: Set<String>
    private var cuts: Set<Set<String>>

    init(nodes: [ClusterNode], links: [FaultState.Link]) {
        all = nodes.map(\.name)
        alive = Set(nodes.filter { $0.isServing || $0.state == .minority || $0.state == .starting }.map(\.name))
        cuts = Set(links.filter(\.isCut).map { Set($0.between) })
    }

    mutating func remove(_ node: String) { alive.remove(node) }

    mutating func cutOff(_ node: String) { for other in all where other != node { cut(node, other) } }

    mutating func cut(_ one: String, _ other: String) { cuts.insert([one, other]) }

    func reaches(_ one: String, _ other: String) -> Bool {
        alive.contains(one) && alive.contains(other) && (one == other || !cuts.contains([one, other]))
    }

    func reachesMajority(_ node: String, of members: [String]) -> Bool {
        alive.contains(node) && members.count { reaches(node, $0) } * 2 > members.count
    }

    func someoneReachesMajority(of members: [String]) -> Bool {
        members.contains { reachesMajority($0, of: members) }
    }

    /// Whether clients are served there: a node in a minority serves nobody.
    func serves(_ node: String) -> Bool { reachesMajority(node, of: all) }
}
