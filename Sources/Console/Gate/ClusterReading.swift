import Management
import Monitor

/// A cluster as it was read for the question before a fault.
struct ClusterReading: Hashable, Sendable {
    /// Queues read at most: a page of the largest size.
    static let queueLimit = EndpointCapabilities.largestPage

    var queues: [QueueInfo]
    /// All queues there are.
    var queueCount: Int
    var nodes: [ClusterNode]
    var links: [FaultState.Link] = []

    /// Reads nodes, queues and what is hurt already. Throws the endpoint's error, also where the node is none of them.
    static func read(
        _ endpoint: any Inspecting, for fault: Fault? = nil
    ) async throws(EndpointError) -> ClusterReading {
        var monitor = MonitorState(endpoints: [endpoint.address])
        monitor.nodes.value = try await endpoint.nodes()
        if let endpoint = endpoint as? any FaultInjecting {
            monitor.faults.value = try await endpoint.faults()
            monitor.abilities.injectsFaults = true
        }
        let page = try await endpoint.queues(QueuePageRequest(pageSize: queueLimit))
        let reading = ClusterReading(
            queues: page.items, queueCount: page.totalCount, nodes: monitor.clusterNodes,
            links: monitor.faults.value?.links ?? [])
        for name in fault?.nodes ?? [] where !reading.nodes.contains(where: { $0.name == name }) {
            throw .notFound("node '\(name)'")
        }
        return reading
    }

    /// What a fault would do, in whole sentences.
    func sentences(for fault: Fault, age: String) -> [String] {
        let impact = FaultImpact(of: fault, queues: queues, nodes: nodes, links: links)
        var sentences: [String] = []
        if impact.stopsCluster {
            sentences.append("No majority of the nodes is left: everything replicated stands still until one is back.")
        }
        func add(_ queues: [QueueID], _ one: String, _ many: String) {
            if !queues.isEmpty { sentences.append(Self.list(queues) + " " + (queues.count == 1 ? one : many)) }
        }
        add(
            impact.losesMajority, "loses its majority and stops; what was confirmed is kept.",
            "lose their majority and stop; what was confirmed is kept.")
        add(
            impact.losesLeader, "loses its leader; another member takes over.",
            "lose their leaders; other members take over.")
        add(
            impact.unavailable, "lives there alone and cannot be reached until it is back.",
            "live there alone and cannot be reached until it is back.")
        if impact.isHarmless {
            sentences.append(fault.mends ? fault.mending : "No queue stops and none loses its leader.")
        }
        if case .node(_, .powerLoss) = fault {
            sentences.append("What was not synced to disk is gone; what was confirmed was synced.")
        }
        if case .link(_, _, .slow) = fault {
            sentences.append("Confirms that need both nodes take \(LinkFault.slowMilliseconds) ms longer each way.")
        }
        sentences.append(readSentence(age))
        return sentences
    }

    /// Who leads how many quorum queues, and what spreading them does.
    func leaderSentences(age: String) -> [String] {
        let leaders = queues.filter { $0.type == "quorum" }.compactMap(\.leader)
        let counts = nodes.filter(\.isServing).map { node in "\(node.name) \(leaders.count { $0 == node.name })" }
        return [
            "Quorum queues led now: " + counts.joined(separator: ", ") + ".",
            "Leaders move until each node leads as many as the others; a queue confirms nothing for the moment in which its"
                + " leader moves. Nothing is lost.", readSentence(age),
        ]
    }

    private func readSentence(_ age: String) -> String {
        let scope =
            queues.count < queueCount
            ? " of the \(Figures.exact(queues.count)) of \(Figures.exact(queueCount)) queues that were read," : ""
        return "This is\(scope) \(age)."
    }

    private static func list(_ queues: [QueueID]) -> String {
        let names = queues.prefix(3).map(\.name).joined(separator: ", ")
        return queues.count > 3 ? "\(names) and \(Figures.exact(queues.count - 3)) more" : names
    }
}

extension Fault {
    /// The nodes it is about.
    var nodes: [String] {
        switch self {
        case .node(let name, _): [name]
        case .link(let one, let other, _): [one, other]
        }
    }

    /// Whether it takes something back, or takes nothing away.
    var mends: Bool {
        switch self {
        case .node(_, .resume), .node(_, .heal), .node(_, .restart), .link(_, _, .heal): true
        default: false
        }
    }

    /// What mending does.
    fileprivate var mending: String {
        switch self {
        case .node(_, .restart): "It starts again, catches up with the others, and then takes clients."
        case .node(_, .resume): "It goes on and catches up with the others."
        default: "The links are whole again and at full speed; what lies behind catches up."
        }
    }
}
