/// An endpoint whose nodes can be hurt on purpose: Warren's own cluster, in this process or behind `--faults`.
///
/// Every call throws an ``EndpointError``: ``EndpointError/notFound(_:)`` for a node that is none of the cluster's, and
/// ``EndpointError/refused(_:reason:)`` for what cannot be done to a node in its state, with the reason.
public protocol FaultInjecting: Sendable {
    /// What is in force now.
    func faults() async throws(EndpointError) -> FaultState

    /// Hurts a node or a link, or mends it; returns when it has happened.
    func inject(_ fault: Fault) async throws(EndpointError)
}

/// Something done on purpose to a node or to a link: the body of `POST /api/warren/faults`.
public enum Fault: Hashable, Sendable {
    /// What is done to one node, by its name.
    case node(String, NodeFault)
    /// What is done to the link between two nodes, by their names.
    case link(String, String, LinkFault)

    /// What a person sees of it, such as "crash warren1@localhost".
    public var description: String {
        switch self {
        case .node(let name, let fault): "\(fault.rawValue) \(name)"
        case .link(let one, let other, let fault): "\(fault.rawValue) the link \(one) – \(other)"
        }
    }
}

/// What can be done to a node.
public enum NodeFault: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its process dies: what it had not handed to the system is gone.
    case crash
    /// The machine loses its power: all that was not synced is gone too, the last batch possibly in part.
    case powerLoss = "power-loss"
    /// It stops and does nothing, as a process under SIGSTOP does.
    case pause
    /// It goes on after `pause`.
    case resume
    /// All its links are cut.
    case isolate
    /// All its links are whole again, and at full speed.
    case heal
    /// It starts again after `crash` or `powerLoss`; one that runs is stopped in order first.
    case restart
}

/// What can be done to a link.
public enum LinkFault: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing passes any more.
    case cut
    /// Everything takes ``slowMilliseconds`` longer.
    case slow
    /// It is whole again, and at full speed.
    case heal

    /// How much longer everything takes on a slow link, in milliseconds: not so much that an answer over it comes too late
    /// for whoever leads.
    public static let slowMilliseconds = 50
}

/// What of a cluster is hurt now: the answer to `GET /api/warren/faults`.
public struct FaultState: Hashable, Sendable, Codable {
    /// A node and how it is.
    public struct Node: Hashable, Sendable, Codable {
        /// Its name.
        public var name: String
        /// How it is.
        public var state: State

        /// Makes one.
        public init(name: String, state: State) {
            self.name = name
            self.state = state
        }
    }

    /// How a node is.
    public enum State: String, Hashable, Sendable, Codable {
        /// It runs and serves.
        case running
        /// It runs and cannot reach a majority: it serves nobody.
        case minority
        /// It starts, and has not caught up.
        case starting
        /// It stands still.
        case paused
        /// It is dead.
        case crashed
    }

    /// A link between two nodes and how it is.
    public struct Link: Hashable, Sendable, Codable {
        /// The names at its ends, in the order of the nodes.
        public var between: [String]
        /// Whether nothing passes.
        public var isCut: Bool
        /// What everything takes longer on it, milliseconds; 0 at full speed.
        public var slowMilliseconds: Int

        /// Makes one.
        public init(between: [String], isCut: Bool = false, slowMilliseconds: Int = 0) {
            self.between = between
            self.isCut = isCut
            self.slowMilliseconds = slowMilliseconds
        }

        enum CodingKeys: String, CodingKey {
            case between = "link"
            case isCut = "cut"
            case slowMilliseconds = "slow_ms"
        }
    }

    /// All nodes in their order.
    public var nodes: [Node]
    /// All links, in the order of the nodes at their ends.
    public var links: [Link]

    /// Makes one.
    public init(nodes: [Node], links: [Link]) {
        self.nodes = nodes
        self.links = links
    }
}

extension Fault: Codable {
    enum CodingKeys: String, CodingKey {
        case node, link, fault
    }

    /// Reads `{"node": NAME, "fault": …}` or `{"link": [NAME, NAME], "fault": …}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let name = try container.decodeIfPresent(String.self, forKey: .node) {
            self = .node(name, try container.decode(NodeFault.self, forKey: .fault))
            return
        }
        let ends = try container.decode([String].self, forKey: .link)
        guard ends.count == 2 else {
            throw DecodingError.dataCorruptedError(
                forKey: .link, in: container, debugDescription: "a link has two ends, not \(ends.count)")
        }
        self = .link(ends[0], ends[1], try container.decode(LinkFault.self, forKey: .fault))
    }

    /// Writes what `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .node(let name, let fault):
            try container.encode(name, forKey: .node)
            try container.encode(fault, forKey: .fault)
        case .link(let one, let other, let fault):
            try container.encode([one, other], forKey: .link)
            try container.encode(fault, forKey: .fault)
        }
    }
}
