import Management
import Monitor
import Terminal

/// The state of the queue list: which rows there are, which one is selected, what they are sorted and filtered by.
///
/// The selection is an identity, never a row number: rows may come, go and move under it.
struct QueuesPanel: Sendable {
    /// The loaded queues in the order shown.
    private(set) var rows: [QueueRow] = []
    /// Whether the rows are of more than one vhost.
    private(set) var hasSeveralVhosts = false
    /// The selected queue; `nil` only while there are no rows.
    private(set) var selection: QueueID?
    /// Where the selection stands among the rows.
    private(set) var cursor = 0
    /// Which rows are on the screen.
    var window = RowWindow()
    /// How many of the columns that may be scrolled are scrolled away.
    var firstColumn = 0
    /// The page that is asked for.
    var request: QueuePageRequest
    /// The filter in force.
    var filter = QueueFilter()
    /// Only rows that need attention.
    var problemsOnly = false
    /// The queue that is open in detail. It stays the same one whatever becomes of the list.
    var opened: QueueID?
    /// The part of the detail that takes the keys, and where the person is in it.
    var pane = QueuePane.consumers
    var detail = QueuePane.consumers.firstLine
    /// The queues that are marked, among those listed.
    private(set) var marks: Set<QueueID> = []
    /// Where a range of marks begins.
    private var markedFrom: QueueID?
    /// Whether the person has chosen a row: until then the first one is selected, whichever it is.
    private var isChosen = false
    /// Where to put the selection when another page arrives.
    private var landing = Landing.stay

    private enum Landing { case stay, first, last }

    init(request: QueuePageRequest) { self.request = request }

    /// The queue that actions are about.
    var target: QueueID? { opened ?? selection }

    /// The selected row.
    var selectedRow: QueueRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    // MARK: Arrival

    /// Takes in the queues that have arrived. `frozen` keeps rows where they are, while a dialog is open: figures
    /// change, the order does not, and no row appears or goes.
    mutating func arrive(_ monitor: MonitorState, preview: QueueFilter?, frozen: Bool) {
        guard let page = monitor.queues.value else { return }
        var items = page.items
        if frozen { items = Self.figures(of: items, inOrderOf: rows) }
        let detail = monitor.queue.value
        var derived = items.map { queue in
            let known = queue.id == detail?.id ? detail?.consumerDetails : nil
            return QueueRow(queue, seen: monitor.history.queue(queue.id), consumers: known)
        }
        if !frozen {
            let filter = preview ?? filter
            if !filter.isEmpty { derived.removeAll { !filter.passes($0.queue) } }
            if problemsOnly { derived.removeAll { !$0.isProblem } }
        }
        rows = derived
        // A mark on what is not listed any more would be acted on unseen.
        if !marks.isEmpty, !frozen { marks.formIntersection(rows.map(\.id)) }
        hasSeveralVhosts = rows.contains { $0.id.vhost != rows[0].id.vhost }
        settleSelection()
    }

    private static func figures(of items: [QueueInfo], inOrderOf rows: [QueueRow]) -> [QueueInfo] {
        let fresh = Dictionary(items.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return rows.map { fresh[$0.id] ?? $0.queue }
    }

    private mutating func settleSelection() {
        switch landing {
        case .first: cursor = 0
        case .last: cursor = rows.count - 1
        case .stay:
            if !isChosen {
                cursor = 0
            } else if let place = rows.firstIndex(where: { $0.id == selection }) {
                cursor = place
                return
            }
        }
        landing = .stay
        cursor = min(max(0, cursor), max(0, rows.count - 1))
        selection = rows.indices.contains(cursor) ? rows[cursor].id : nil
    }

    // MARK: Moving

    /// Moves the selection by rows, within the page.
    mutating func move(by step: Int) { select(row: cursor + step) }

    /// Selects a row by its place, or the nearest there is.
    mutating func select(row: Int) {
        guard !rows.isEmpty else { return }
        isChosen = true
        cursor = min(max(0, row), rows.count - 1)
        selection = rows[cursor].id
        window.release()
    }

    /// Keeps the selected queue selected wherever it moves: something is done with it.
    mutating func keepSelection() { isChosen = true }

    /// Opens a queue, which need not be listed.
    mutating func open(_ id: QueueID?) {
        keepSelection()
        opened = id
        pane = .consumers
        detail = pane.firstLine
    }

    /// Turns to another part of the detail.
    mutating func turnPane(_ step: Int) {
        let panes = QueuePane.allCases
        pane = panes[((panes.firstIndex(of: pane) ?? 0) + step + panes.count) % panes.count]
        detail = pane.firstLine
    }

    /// Asks for the next or previous page, where there is one; returns whether the request changed.
    mutating func turnPage(_ step: Int, of page: Page<QueueInfo>?) -> Bool {
        guard let page, page.page == request.page else { return false }
        let wanted = request.page + step
        guard wanted >= 1, wanted <= page.pageCount else { return false }
        request.page = wanted
        landing = step > 0 ? .first : .last
        return true
    }

    // MARK: Marks

    /// Marks the selected queue, or takes its mark away.
    mutating func toggleMark() {
        guard let selection else { return }
        keepSelection()
        if marks.remove(selection) == nil { marks.insert(selection) }
        markedFrom = selection
    }

    /// Marks everything from the last mark to the selection.
    mutating func markRange() {
        guard let from = rows.firstIndex(where: { $0.id == markedFrom ?? selection }) else { return }
        keepSelection()
        marks.formUnion(rows[min(from, cursor)...max(from, cursor)].map(\.id))
        markedFrom = selection
    }

    /// Marks every row that is listed.
    mutating func markAll() { marks = Set(rows.map(\.id)) }

    /// Marks what is not marked, among the rows that are listed.
    mutating func invertMarks() { marks = Set(rows.map(\.id)).subtracting(marks) }

    mutating func clearMarks() {
        marks = []
        markedFrom = nil
    }

    // MARK: Arranging

    /// Sorts by a field; by the one in force, turns the order around. Figures begin with the largest, texts with
    /// the first.
    mutating func sort(by field: QueueSortField) {
        if request.sort == field {
            request.descending.toggle()
        } else {
            request.sort = field
            request.descending = field.isFigure
        }
        request.page = 1
    }

    /// Puts a filter in force.
    mutating func setFilter(_ filter: QueueFilter) {
        self.filter = filter
        filter.apply(to: &request)
    }

    /// The first row to show in a window of so many rows, so that the selection is in it.
    func top(height: Int) -> Int { window.top(cursor: cursor, count: rows.count, height: height) }

    /// Brings the selection onto the screen.
    mutating func settleWindow(height: Int) { window.settle(cursor: cursor, count: rows.count, height: height) }
}

extension QueueSortField {
    /// Whether it sorts by a number.
    var isFigure: Bool {
        switch self {
        case .name, .vhost, .type, .state, .node: false
        case .messages, .messagesReady, .messagesUnacknowledged, .consumers, .memory, .publishRate, .deliverRate,
            .ackRate:
            true
        }
    }
}
