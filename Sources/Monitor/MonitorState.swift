public import Management

/// All the monitor knows at one moment: what the console shows.
public struct MonitorState: Sendable {
    /// The address of the endpoint in use, for a person.
    public var endpoint: String
    /// The addresses of all endpoints, in the order they are tried.
    public var endpoints: [String]
    /// What the endpoint is; `nil` until it answers, and again while it cannot be reached.
    public var capabilities: EndpointCapabilities?
    /// How it does.
    public var status: MonitorStatus = .connecting
    /// Whether refreshing is paused.
    public var isPaused = false
    /// The refresh interval asked for.
    public var interval: Duration = PollingLimits.defaultInterval
    /// The monitor's time of this state. Ages at a later moment are reckoned against ``PollingClient/now``.
    public var time: Duration = .zero

    /// The broker at a glance.
    public var overview = Sample<Overview>()
    /// The nodes.
    public var nodes = Sample<[NodeInfo]>()
    /// The page of queues that came last, rates filled in where the endpoint gives counters only.
    public var queues = Sample<Page<QueueInfo>>()
    /// The request that page answers; it differs from `wantedQueues` while a change is on its way.
    public var listedQueues: QueuePageRequest
    /// The page of queues that is wanted.
    public var wantedQueues: QueuePageRequest
    /// The queue whose detail is wanted.
    public var selected: QueueID?
    /// Its detail with consumers.
    public var queue = Sample<QueueInfo>()
    /// The exchanges, as long as they are on the screen.
    public var exchanges = Sample<Page<ExchangeInfo>>()
    /// The client connections, as long as they are on the screen.
    public var connections = Sample<Page<ConnectionInfo>>()
    /// The channels, as long as they are on the screen.
    public var channels = Sample<Page<ChannelInfo>>()
    /// The policies, as long as they are on the screen.
    public var policies = Sample<[PolicyInfo]>()
    /// The vhosts that the user may see.
    public var vhosts = Sample<[VhostInfo]>()
    /// What belongs to the object that is open.
    public var detail = Sample<Detail>()
    /// What of the cluster is hurt on purpose, where that can be asked.
    public var faults = Sample<FaultState>()
    /// The last answer of an endpoint that records what happens to its cluster.
    public var timeline = Sample<ClusterTimeline>()
    /// Who leads the watched queues.
    public var leadership = Sample<[QueueLeadership]>()
    /// The queues that are watched.
    public var watched: [QueueID] = []
    /// What was recorded of the cluster, or seen by looking again and again.
    public var recording = FailoverRecording()
    /// The probe that measures confirms, where one was started.
    public var probe: ProbeState?
    /// Since when which node is not up.
    public var downSince: [String: Duration] = [:]
    /// What the endpoint can do beside what all can.
    public var abilities = EndpointAbilities()
    /// What has been seen so far.
    public var history = History()

    /// A state in which nothing has been answered.
    public init(endpoints: [String], queues: QueuePageRequest = QueuePageRequest()) {
        self.endpoints = endpoints
        endpoint = endpoints.first ?? ""
        listedQueues = queues
        wantedQueues = queues
    }

    /// What part of the queues is loaded: a sort or filter done here speaks of no more than that.
    public var queueScope: ListScope? {
        queues.value.map { ListScope(loaded: $0.itemCount, filtered: $0.filteredCount, total: $0.totalCount) }
    }
}

/// What part of a list is at hand.
public struct ListScope: Hashable, Sendable {
    /// Items loaded.
    public var loaded: Int
    /// Items that pass the filter.
    public var filtered: Int
    /// Items without the filter.
    public var total: Int

    /// Whether all that passes the filter is loaded.
    public var isWhole: Bool { loaded >= filtered }

    /// A scope.
    public init(loaded: Int, filtered: Int, total: Int) {
        self.loaded = loaded
        self.filtered = filtered
        self.total = total
    }
}
