/// What an endpoint is and what it can do. The console hides what it cannot, and says why.
public struct EndpointCapabilities: Hashable, Sendable {
    /// The broker behind the endpoint.
    public enum Product: Hashable, Sendable {
        /// RabbitMQ.
        case rabbitMQ
        /// LavinMQ.
        case lavinMQ
        /// Another Warren, or the one in this process.
        case warren
        /// Something that names itself otherwise.
        case other(String)

        /// Its name for a person.
        public var name: String {
            switch self {
            case .rabbitMQ: "RabbitMQ"
            case .lavinMQ: "LavinMQ"
            case .warren: "Warren"
            case .other(let name): name
            }
        }
    }

    /// Which broker this is.
    public var product: Product
    /// The product's version, such as "3.10.8"; empty where it does not say.
    public var version: String
    /// True for the engine in this process: cheap to ask, so polled every second and without back-off to 5 s.
    public var isEmbedded: Bool
    /// How often the numbers behind the replies change; asking faster shows nothing new.
    /// RabbitMQ collects every 5 s (`collect_statistics_interval`).
    public var statisticsInterval: Duration
    /// The largest page `queues` may ask for.
    public var maximumPageSize: Int
    /// Whether `queues` sorts and filters the whole list itself.
    public var sortsAndFilters: Bool
    /// Whether a queue list without statistics can be asked for
    /// (`disable_stats` and `enable_queue_totals`, RabbitMQ 3.10 and later).
    public var listsWithoutStatistics: Bool
    /// Whether `nodes` lists the whole cluster; LavinMQ names the answering node only.
    public var listsAllNodes: Bool
    /// Whether a purge says how many messages went.
    public var purgeCounts: Bool
    /// Whether it has policies (``Administering/setPolicy(_:)``).
    public var hasPolicies: Bool
    /// Whether its nodes and links can be hurt on purpose (``FaultInjecting``).
    public var injectsFaults: Bool
    /// Whether it records what happens to its cluster (``TimelineRecording``).
    public var recordsTimeline: Bool

    /// The most items RabbitMQ puts on a page (`pagination` in its HTTP API help).
    public static let largestPage = 500

    /// The capabilities of the engine in this process.
    public static func embedded(version: String) -> EndpointCapabilities {
        EndpointCapabilities(
            product: .warren, version: version, isEmbedded: true, statisticsInterval: .zero,
            sortsAndFilters: true, listsWithoutStatistics: true, listsAllNodes: true, purgeCounts: true,
            hasPolicies: true)
    }

    /// Capabilities, by default those of the plainest endpoint there is.
    public init(
        product: Product, version: String, isEmbedded: Bool = false,
        statisticsInterval: Duration = .seconds(5), maximumPageSize: Int = EndpointCapabilities.largestPage,
        sortsAndFilters: Bool = false, listsWithoutStatistics: Bool = false, listsAllNodes: Bool = false,
        purgeCounts: Bool = false, hasPolicies: Bool = false, injectsFaults: Bool = false, recordsTimeline: Bool = false
    ) {
        self.product = product
        self.version = version
        self.isEmbedded = isEmbedded
        self.statisticsInterval = statisticsInterval
        self.maximumPageSize = maximumPageSize
        self.sortsAndFilters = sortsAndFilters
        self.listsWithoutStatistics = listsWithoutStatistics
        self.listsAllNodes = listsAllNodes
        self.purgeCounts = purgeCounts
        self.hasPolicies = hasPolicies
        self.injectsFaults = injectsFaults
        self.recordsTimeline = recordsTimeline
    }
}
