import Management
import Monitor
import Terminal

/// The table of queues: which columns there are at a width, in which looks.
struct QueueTable {
    /// From this width on there are more columns than the full layout of 80 has.
    private static let wideScreen = 100
    private static let shortestName = 12
    private static let comfortableName = 28

    /// The columns of the table, an entry for each of ``widget``'s.
    let columns: [QueueColumn]
    /// The table itself.
    let widget: Table
    private let layout: Table.Layout

    /// The table of a state at a width.
    init(_ state: ConsoleState, width: Int) {
        let scrolledBy = state.queues.firstColumn
        let isWide = width >= Self.wideScreen
        columns =
            isWide || scrolledBy > 0 || state.showsAllColumns
            ? Array(QueueColumn.allCases) : QueueColumn.allCases.filter { !QueueColumn.extra.contains($0) }
        let request = state.monitor.listedQueues
        let sorted = columns.firstIndex { $0.sort != nil && $0.sort == request.sort }
        let theme = state.theme
        widget = Table(
            columns: columns.enumerated().map { place, column in
                let name: Table.Column.Width =
                    .flexible(minimum: isWide ? Self.comfortableName : Self.shortestName)
                return Table.Column(
                    column.title, width: column == .name ? name : .fixed(column.width(on: width)),
                    alignment: column.alignsRight ? .right : .left,
                    priority: state.showsAllColumns ? place : column.priority,
                    isPinned: column == .name)
            },
            sort: sorted.map { Table.Sort(column: $0, isDescending: request.descending) },
            headerStyle: theme.style(.header), sortStyle: theme.style(.title), rowStyle: theme.style(.text),
            selectionStyle: theme.style(.selection))
        layout = widget.layout(width: width, scrolledBy: scrolledBy)
    }

    /// Whether there are columns for which there is no room.
    var hasMore: Bool { layout.dropped > 0 || columns.count < QueueColumn.allCases.count }

    /// What the visible columns can be sorted by, from the left.
    var sortFields: [QueueSortField] { layout.places.compactMap { columns[$0.index].sort } }

    /// What the column at a place of the screen can be sorted by.
    func sortField(at column: Int) -> QueueSortField? {
        layout.index(at: column).flatMap { columns[$0].sort }
    }

    /// How wide a column is.
    func width(of column: QueueColumn) -> Int {
        layout.places.first { columns[$0.index] == column }?.width ?? 0
    }
}

extension QueueColumn {
    /// The columns beyond the full layout of 80.
    static let extra: Set<QueueColumn> = [.features, .total, .bytes, .memory, .node, .policy, .utilisation]

    /// What goes first where there is no room, the highest first: charts, then columns; state, ready and unacked
    /// never.
    var priority: Int {
        switch self {
        case .name, .state, .ready, .unacked: 0
        case .consumers: 1
        case .type: 2
        case .incoming: 3
        case .delivered: 4
        case .acked: 5
        case .spark: 6
        case .features: 7
        case .total: 8
        case .memory: 9
        case .bytes: 10
        case .node: 11
        case .policy: 12
        case .utilisation: 13
        }
    }
}
