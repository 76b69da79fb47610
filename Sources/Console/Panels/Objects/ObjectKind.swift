import Management
import Monitor

/// The panels that are lists of one kind of object, loaded whole or as far as one page goes.
enum ObjectKind: String, CaseIterable, Sendable {
    case exchanges, connections, channels, nodes, policies

    /// One of them.
    var singular: String {
        switch self {
        case .exchanges: "exchange"
        case .connections: "connection"
        case .channels: "channel"
        case .nodes: "node"
        case .policies: "policy"
        }
    }

    /// Its place among the kinds.
    var place: Int {
        switch self {
        case .exchanges: 0
        case .connections: 1
        case .channels: 2
        case .nodes: 3
        case .policies: 4
        }
    }

    /// The panel that shows it.
    var panel: ConsoleState.Panel {
        switch self {
        case .exchanges: .exchanges
        case .connections: .connections
        case .channels: .channels
        case .nodes: .nodes
        case .policies: .policies
        }
    }

    /// Its columns, from the left.
    var columns: [ObjectColumn] {
        switch self {
        case .exchanges: ExchangeRows.columns
        case .connections: ConnectionRows.columns
        case .channels: ChannelRows.columns
        case .nodes: NodeRows.columns
        case .policies: PolicyRows.columns
        }
    }

    /// What it is sorted by first.
    var firstSort: (column: Int, isDescending: Bool) {
        switch self {
        case .exchanges, .connections, .nodes, .policies: (0, false)
        case .channels: (0, false)
        }
    }

    /// The rows of what is loaded, those that a filter lets through. Throws what is wrong with the filter.
    func rows(_ monitor: MonitorState, filter: String) throws(FilterError) -> [ObjectRow] {
        switch self {
        case .exchanges:
            let filter = try Filter<ExchangeInfo>(filter)
            let items = monitor.exchanges.value?.items ?? []
            let showsVhost = monitor.showsVhost
            return items.filter(filter.passes).map { ExchangeRows.row($0, showsVhost: showsVhost) }
        case .connections:
            let filter = try Filter<ConnectionInfo>(filter)
            return (monitor.connections.value?.items ?? []).filter(filter.passes).map(ConnectionRows.row)
        case .channels:
            let filter = try Filter<ChannelInfo>(filter)
            return (monitor.channels.value?.items ?? []).filter(filter.passes).map(ChannelRows.row)
        case .nodes:
            let filter = try Filter<NodeInfo>(filter)
            let context = NodeContext(monitor)
            return (monitor.nodes.value ?? []).filter(filter.passes).map { NodeRows.row($0, context) }
        case .policies:
            let filter = try Filter<PolicyInfo>(filter)
            let queues = monitor.queues.value?.items ?? []
            let showsVhost = monitor.showsVhost
            return (monitor.policies.value ?? []).filter(filter.passes).map {
                PolicyRows.row($0, queues, showsVhost: showsVhost)
            }
        }
    }

    /// The forms of its filter, for the help.
    var filterHelp: [(form: String, meaning: String)] {
        switch self {
        case .exchanges: Filter<ExchangeInfo>.help
        case .connections: Filter<ConnectionInfo>.help
        case .channels: Filter<ChannelInfo>.help
        case .nodes: Filter<NodeInfo>.help
        case .policies: Filter<PolicyInfo>.help
        }
    }

    /// How much of the list is loaded.
    func scope(_ monitor: MonitorState) -> ListScope? {
        func scope<Item>(_ page: Page<Item>?) -> ListScope? {
            page.map { ListScope(loaded: $0.itemCount, filtered: $0.filteredCount, total: $0.totalCount) }
        }
        switch self {
        case .exchanges: return scope(monitor.exchanges.value)
        case .connections: return scope(monitor.connections.value)
        case .channels: return scope(monitor.channels.value)
        case .nodes: return monitor.nodes.value.map { ListScope(loaded: $0.count, filtered: $0.count, total: $0.count) }
        case .policies:
            return monitor.policies.value.map { ListScope(loaded: $0.count, filtered: $0.count, total: $0.count) }
        }
    }

    /// When the list came, whether it is old, what the last attempt failed with, and how often it is asked for.
    func freshness(_ monitor: MonitorState) -> Freshness {
        switch self {
        case .exchanges: Freshness(monitor.exchanges)
        case .connections: Freshness(monitor.connections)
        case .channels: Freshness(monitor.channels)
        case .nodes: Freshness(monitor.nodes)
        case .policies: Freshness(monitor.policies)
        }
    }

    /// What the monitor keeps fresh for it.
    var resource: Resource.Kind {
        switch self {
        case .exchanges: .exchanges
        case .connections: .connections
        case .channels: .channels
        case .nodes: .nodes
        case .policies: .policies
        }
    }
}

extension ConsoleState.Panel {
    /// What the monitor must keep fresh for it.
    var resources: Set<Resource.Kind> {
        var resources: Set<Resource.Kind> = [.overview, .nodes, .queues]
        switch self {
        case .overview: resources.formUnion([.channels, .exchanges])
        case .connections: resources.formUnion([.connections, .channels])
        case .nodes: resources.formUnion([.faults, .leadership])
        case .failover: resources.formUnion([.faults, .timeline, .leadership])
        default: if let kind { resources.insert(kind.resource) }
        }
        return resources
    }
}

/// How good a sample still is, whatever it holds.
struct Freshness: Sendable {
    var sampledAt: Duration?
    var isStale: Bool
    var error: EndpointError?
    var interval: Duration

    init<Value>(_ sample: Sample<Value>) {
        sampledAt = sample.sampledAt
        isStale = sample.isStale
        error = sample.error
        interval = sample.interval
    }
}

extension MonitorState {
    /// Whether names stand with their vhost: all are listed, and there is more than one.
    var showsVhost: Bool { listedQueues.vhost == nil && (vhosts.value?.count ?? 1) > 1 }
}
