public import Management

/// Something the monitor keeps fresh, with all that is needed to ask for it.
public enum Resource: Hashable, Sendable {
    /// What the endpoint is; asked when it starts to answer.
    case capabilities
    /// The broker at a glance.
    case overview
    /// The nodes.
    case nodes
    /// One page of the queues.
    case queues(QueuePageRequest)
    /// One queue with its consumers.
    case queue(QueueID)
    /// The exchanges.
    case exchanges(ListRequest)
    /// The client connections.
    case connections(ListRequest)
    /// The channels.
    case channels(ListRequest)
    /// The vhosts.
    case vhosts
    /// What belongs to one object beside its own figures.
    case detail(DetailTarget)
    /// What of the cluster is hurt on purpose.
    case faults
    /// What happens to the cluster, with the confirms of these queues.
    case timeline([QueueID])
    /// Who leads these queues and how far their members are.
    case leadership([QueueID])
    /// The policies of a vhost, or of all.
    case policies(vhost: String?)

    /// What is scheduled: one page or one queue at a time.
    public enum Kind: Int, Hashable, Sendable, CaseIterable {
        /// See ``Resource/capabilities``.
        case capabilities
        /// See ``Resource/overview``.
        case overview
        /// See ``Resource/nodes``.
        case nodes
        /// See ``Resource/queues(_:)``.
        case queues
        /// See ``Resource/queue(_:)``.
        case queue
        /// See ``Resource/exchanges(_:)``.
        case exchanges
        /// See ``Resource/connections(_:)``.
        case connections
        /// See ``Resource/channels(_:)``.
        case channels
        /// See ``Resource/vhosts``.
        case vhosts
        /// See ``Resource/detail(_:)``.
        case detail
        /// See ``Resource/faults``.
        case faults
        /// See ``Resource/timeline(_:)``.
        case timeline
        /// See ``Resource/leadership(_:)``.
        case leadership
        /// See ``Resource/policies(vhost:)``.
        case policies
    }

    /// Its kind.
    public var kind: Kind {
        switch self {
        case .capabilities: .capabilities
        case .overview: .overview
        case .nodes: .nodes
        case .queues: .queues
        case .queue: .queue
        case .exchanges: .exchanges
        case .connections: .connections
        case .channels: .channels
        case .vhosts: .vhosts
        case .detail: .detail
        case .faults: .faults
        case .timeline: .timeline
        case .leadership: .leadership
        case .policies: .policies
        }
    }
}
