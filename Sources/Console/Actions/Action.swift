/// Something a person can ask for with a key. The raw value is its name, by which a key file will rebind it.
enum Action: String, CaseIterable, Sendable {
    // Panels.
    case showOverview = "overview"
    case showQueues = "queues"
    case showExchanges = "exchanges", showConnections = "connections", showChannels = "channels"
    case showNodes = "nodes", showFailover = "failover", showPolicies = "policies"
    // Moving.
    case up, down, pageUp = "page-up", pageDown = "page-down", first, last
    case columnsLeft = "columns-left", columnsRight = "columns-right"
    case open, back
    case nextPane = "next-pane", previousPane = "previous-pane"
    // Arranging a list.
    case filter
    case problemsOnly = "problems"
    case sortMenu = "sort"
    case allColumns = "all-columns", follow, tree
    case sortLeft = "sort-left", sortRight = "sort-right", sortInvert = "sort-invert"
    case allVhosts = "all-vhosts", pickVhost = "pick-vhost"
    // Changing the broker.
    case declareQueue = "declare", purgeQueue = "purge", deleteQueue = "delete"
    case declareExchange = "declare-exchange", deleteExchange = "delete-exchange"
    case bind, unbind, publish, undo
    // Marks.
    case mark, markRange = "mark-range", markAll = "mark-all", invertMarks = "invert-marks"
    case getMessages = "get"
    case closeConnection = "close-connection"
    case move
    case setPolicy = "set-policy", clearPolicy = "clear-policy"
    case addReplica = "add-replica", removeReplica = "remove-replica", transferLeader = "transfer-leader"
    case rebalance
    // Hurting a cluster on purpose, and watching it.
    case faultMenu = "fault", restartNode = "restart", watch, probe
    // Time.
    case pause, refresh, interval, past, future
    // Taking along.
    case copy, export
    // The console itself.
    case actions, lastView = "last-view"
    case command, help, nextTheme = "theme", redraw, suspend, quit
}

/// Where an action applies. A key may mean something else in another place.
enum Place: String, CaseIterable, Sendable {
    /// The overview panel.
    case overview
    /// The list of queues.
    case queueList = "queues"
    /// One queue.
    case queueDetail = "queue"
    /// The list of exchanges.
    case exchangeList = "exchanges"
    /// One exchange.
    case exchangeDetail = "exchange"
    /// The list of connections.
    case connectionList = "connections"
    /// One connection.
    case connectionDetail = "connection"
    /// The list of channels.
    case channelList = "channels"
    /// One channel.
    case channelDetail = "channel"
    /// The list of nodes.
    case nodeList = "nodes"
    /// One node.
    case nodeDetail = "node"
    /// How the cluster went through a loss.
    case failover
    /// The list of policies.
    case policyList = "policies"
    /// One policy.
    case policyDetail = "policy"

    /// Whether it is a list.
    var isList: Bool { Self.lists.contains(self) }
    /// Whether it is one object.
    var isDetail: Bool { Self.details.contains(self) }

    static let lists: [Place] = [.queueList, .exchangeList, .connectionList, .channelList, .nodeList, .policyList]
    static let details: [Place] = [
        .queueDetail, .exchangeDetail, .connectionDetail, .channelDetail, .nodeDetail, .policyDetail,
    ]

    /// Its name for a person.
    var title: String {
        switch self {
        case .overview: "Overview"
        case .queueList: "Queues"
        case .queueDetail: "One queue"
        case .exchangeList: "Exchanges"
        case .exchangeDetail: "One exchange"
        case .connectionList: "Connections"
        case .connectionDetail: "One connection"
        case .channelList: "Channels"
        case .channelDetail: "One channel"
        case .nodeList: "Nodes"
        case .nodeDetail: "One node"
        case .failover: "Failover"
        case .policyList: "Policies"
        case .policyDetail: "One policy"
        }
    }
}
