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
    }

    /// Its kind.
    public var kind: Kind {
        switch self {
        case .capabilities: .capabilities
        case .overview: .overview
        case .nodes: .nodes
        case .queues: .queues
        case .queue: .queue
        }
    }
}
