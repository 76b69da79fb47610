import Management
import Monitor
import Terminal

/// The state of a list of exchanges, connections, channels or nodes. The selection is an identity, never a row number.
struct ObjectsPanel: Sendable {
    let kind: ObjectKind
    /// The loaded objects that pass the filter, in the order shown.
    private(set) var rows: [ObjectRow] = []
    /// What is wrong with the filter that is being typed.
    private(set) var filterError: FilterError?
    /// The selected object; nil only while there are no rows.
    private(set) var selection: ObjectRef?
    /// Where the selection stands among the rows.
    private(set) var cursor = 0
    /// Which rows are on the screen.
    var window = RowWindow()
    /// How many of the columns that may be scrolled are scrolled away.
    var firstColumn = 0
    /// The filter in force.
    var filter = ""
    /// Only rows that need attention.
    var problemsOnly = false
    var sortColumn: Int
    var isDescending: Bool
    /// The object that is open in detail.
    var opened: ObjectRef?
    /// Where the person is in the detail.
    var detail = DetailCursor()
    private var isChosen = false
    /// Blanks behind the longest name.
    private static let nameSpare = 4

    init(kind: ObjectKind) {
        self.kind = kind
        (sortColumn, isDescending) = kind.firstSort
    }

    /// The object that actions are about.
    var target: ObjectRef? { opened ?? selection }

    var selectedRow: ObjectRow? { rows.indices.contains(cursor) ? rows[cursor] : nil }

    /// Takes in what has arrived. `frozen` keeps rows where they are, while a dialog is open.
    mutating func arrive(_ monitor: MonitorState, preview: String?, frozen: Bool) {
        var fresh: [ObjectRow]
        do throws(FilterError) {
            fresh = try kind.rows(monitor, filter: preview ?? filter)
            filterError = nil
        } catch {
            // The rows stay while what is typed is not yet a filter.
            filterError = error
            return
        }
        if frozen {
            let byRef = Dictionary(fresh.map { ($0.ref, $0) }, uniquingKeysWith: { first, _ in first })
            rows = rows.map { byRef[$0.ref] ?? $0 }
        } else {
            if problemsOnly { fresh.removeAll { !$0.isProblem } }
            rows = sorted(fresh)
        }
        settleSelection()
    }

    private func sorted(_ rows: [ObjectRow]) -> [ObjectRow] {
        guard kind.columns.indices.contains(sortColumn) else { return rows }
        return rows.enumerated().sorted { left, right in
            left.element.keys[sortColumn].precedes(right.element.keys[sortColumn], descending: isDescending)
                ?? (left.offset < right.offset)
        }.map(\.element)
    }

    private mutating func settleSelection() {
        if !isChosen {
            cursor = 0
        } else if let place = rows.firstIndex(where: { $0.ref == selection }) {
            cursor = place
            return
        }
        cursor = min(max(0, cursor), max(0, rows.count - 1))
        selection = selectedRow?.ref
    }

    mutating func move(by step: Int) { select(row: cursor + step) }

    mutating func select(row: Int) {
        guard !rows.isEmpty else { return }
        isChosen = true
        cursor = min(max(0, row), rows.count - 1)
        selection = rows[cursor].ref
        window.release()
    }

    mutating func keepSelection() { isChosen = true }

    /// Opens an object, which need not be listed.
    mutating func open(_ ref: ObjectRef?) {
        keepSelection()
        opened = ref
        detail = DetailCursor()
    }

    /// Sorts by a column; by the one in force, turns its order around. Figures begin with the largest.
    mutating func sort(by column: Int, _ monitor: MonitorState) {
        if column == sortColumn {
            isDescending.toggle()
        } else {
            sortColumn = column
            isDescending = kind.columns[column].alignsRight
        }
        arrive(monitor, preview: nil, frozen: false)
    }

    /// The first row to show in a window of so many rows, so that the selection is in it.
    func top(height: Int) -> Int { window.top(cursor: cursor, count: rows.count, height: height) }

    /// Brings the selection onto the screen.
    mutating func settleWindow(height: Int) { window.settle(cursor: cursor, count: rows.count, height: height) }

    /// The table at a width. Where there is room for everything, figures stand beside the longest name and not at the
    /// other end of the screen. `all`: where there is not, the columns keep their order and the right ones wait to be
    /// scrolled to, instead of the least important ones giving way.
    func table(_ theme: Theme, width: Int, all: Bool) -> Table {
        let others = kind.columns.reduce(Table.markerWidth) { $0 + ($1.isName ? 0 : $1.width + 1) }
        let name = (kind.columns.first?.width ?? 0) + Self.nameSpare
        let longest = rows.reduce(name) { max($0, TextWidth.of($1.cells.first?.text ?? "") + Self.nameSpare) }
        return Table(
            columns: kind.columns.enumerated().map { place, column in
                let isRoomy = others + longest <= width
                let name: Table.Column.Width = isRoomy ? .fixed(longest) : .flexible(minimum: column.width)
                return Table.Column(
                    column.title, width: column.isName ? name : .fixed(column.width),
                    alignment: column.alignsRight ? .right : .left, priority: all ? place : column.priority,
                    isPinned: column.isName)
            },
            sort: Table.Sort(column: sortColumn, isDescending: isDescending), headerStyle: theme.style(.header),
            sortStyle: theme.style(.title), rowStyle: theme.style(.text), selectionStyle: theme.style(.selection))
    }
}
