/// A table with a head, of which one row can be selected.
///
/// It asks for the rows that are visible only, so ten thousand rows cost what a screenful does.
public struct Table: Sendable {
    /// One entry.
    public struct Entry: Hashable, Sendable {
        /// Its text; where it is too long a name is cut in the middle.
        public var text: String
        /// Its look; `nil` takes the row's.
        public var style: Style?

        /// An entry.
        public init(_ text: String, style: Style? = nil) {
            self.text = text
            self.style = style
        }
    }

    /// Which column the rows are sorted by.
    public struct Sort: Hashable, Sendable {
        /// An index of ``Table/columns``.
        public var column: Int
        /// Whether the largest comes first.
        public var isDescending: Bool

        /// A sort order.
        public init(column: Int, isDescending: Bool) {
            self.column = column
            self.isDescending = isDescending
        }
    }

    /// The columns, from the left.
    public var columns: [Column]
    /// What `▼` or `▲` in the head says; `nil` for neither.
    public var sort: Sort?
    /// The look of the head.
    public var headerStyle: Style
    /// The look of the head of the column sorted by.
    public var sortStyle: Style
    /// The look of the rows.
    public var rowStyle: Style
    /// Laid over the selected row: its background and attributes; its foreground where an entry has none of its own.
    public var selectionStyle: Style

    /// The column at the left for `>` (selected) and `*` (marked).
    public static let markerWidth = 1

    /// A table with these columns.
    public init(
        columns: [Column], sort: Sort? = nil, headerStyle: Style = Style(attributes: .bold),
        sortStyle: Style? = nil, rowStyle: Style = .plain, selectionStyle: Style = Style(attributes: .reverse)
    ) {
        self.columns = columns
        self.sort = sort
        self.headerStyle = headerStyle
        self.sortStyle = sortStyle ?? headerStyle
        self.rowStyle = rowStyle
        self.selectionStyle = selectionStyle
    }

    /// The first visible row so that the selected one shows, moving as little as possible from where it was.
    ///
    /// `visible` is the number of rows that fit (the table's height without its head), `count` that of all rows.
    public static func offset(previous: Int, selected: Int?, visible: Int, count: Int) -> Int {
        let last = max(count - max(visible, 1), 0)
        var offset = min(max(previous, 0), last)
        if let selected, selected >= 0, selected < count {
            if selected < offset { offset = selected }
            if selected - offset >= max(visible, 1) { offset = selected - max(visible, 1) + 1 }
        }
        return offset
    }

    /// Draws the head and the visible rows.
    ///
    /// - Parameters:
    ///   - area: where; its first row is the head.
    ///   - count: how many rows there are.
    ///   - offset: the first row to show, see ``offset(previous:selected:visible:count:)``.
    ///   - selected: the row marked by `>`; `nil` for none.
    ///   - scrolledBy: how many unpinned columns are scrolled out at the left.
    ///   - isMarked: whether a row carries a `*`.
    ///   - entry: the entry of a row and a column (an index of ``columns``), asked for what is visible only.
    /// - Returns: where the columns stand, for clicks.
    @discardableResult
    public func draw(
        into frame: inout Frame, area: Rect, count: Int, offset: Int, selected: Int? = nil, scrolledBy: Int = 0,
        isMarked: (Int) -> Bool = { _ in false }, entry: (_ row: Int, _ column: Int) -> Entry
    ) -> Layout {
        let layout = layout(width: area.columns, scrolledBy: scrolledBy)
        guard area.rows > 0, area.columns > 0 else { return layout }
        drawHeader(layout, into: &frame, area: area)
        let first = min(max(offset, 0), max(count, 0))
        for row in first..<min(first + area.rows - 1, max(count, first)) {
            let line = area.row + 1 + row - first
            guard line < frame.size.rows else { break }
            frame.fill(Rect(column: area.column, row: line, columns: area.columns, rows: 1), style: rowStyle)
            if isMarked(row) { frame.put("*", column: area.column, row: line, style: rowStyle, width: area.columns) }
            if row == selected { frame.put(">", column: area.column, row: line, style: rowStyle, width: area.columns) }
            for place in layout.places {
                let entry = entry(row, place.index)
                put(entry.text, place, columns[place.index].alignment, entry.style ?? rowStyle, line, area, &frame)
            }
            if row == selected { lightUp(line, area, &frame) }
        }
        return layout
    }

    private func drawHeader(_ layout: Layout, into frame: inout Frame, area: Rect) {
        frame.fill(Rect(column: area.column, row: area.row, columns: area.columns, rows: 1), style: headerStyle)
        for place in layout.places {
            let isSorted = sort?.column == place.index
            let mark = isSorted ? (sort?.isDescending == true ? "▼" : "▲") : ""
            let title = TextWidth.cutEnd(columns[place.index].title, max(place.width - TextWidth.of(mark), 0)) + mark
            let style = isSorted ? sortStyle : headerStyle
            put(title, place, columns[place.index].alignment, style, area.row, area, &frame)
        }
    }

    private func put(
        _ text: String, _ place: Layout.Place, _ alignment: Column.Alignment, _ style: Style, _ row: Int, _ area: Rect,
        _ frame: inout Frame
    ) {
        let cut = TextWidth.cutMiddle(text, place.width)
        let indent = alignment == .right ? place.width - TextWidth.of(cut) : 0
        frame.put(
            cut, column: area.column + place.column + indent, row: row, style: style, width: place.width - indent)
    }

    private func lightUp(_ row: Int, _ area: Rect, _ frame: inout Frame) {
        frame.restyle(Rect(column: area.column, row: row, columns: area.columns, rows: 1)) { style in
            if style.foreground == rowStyle.foreground, selectionStyle.foreground != .default {
                style.foreground = selectionStyle.foreground
            }
            if selectionStyle.background != .default { style.background = selectionStyle.background }
            style.attributes.formUnion(selectionStyle.attributes)
        }
    }
}
