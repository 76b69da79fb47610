/// A box over the rest of the screen.
public struct DialogBox: Hashable, Sendable {
    /// Stands in the upper edge.
    public var title: String
    /// The look of edge and inside.
    public var style: Style
    /// The look of the title.
    public var titleStyle: Style

    /// A box with a title.
    public init(title: String, style: Style = .plain, titleStyle: Style? = nil) {
        self.title = title
        self.style = style
        self.titleStyle = titleStyle ?? style.adding(.bold)
    }

    /// Draws a box in the middle of an area for a content of some size, or as much of it as fits.
    ///
    /// Returns the area for the content: inside the edge, one blank column at each side.
    @discardableResult
    public func draw(into frame: inout Frame, centeredIn area: Rect, content: Size) -> Rect {
        let columns = min(content.columns + 4, area.columns)
        let rows = min(content.rows + 2, area.rows)
        return draw(
            into: &frame,
            area: Rect(
                column: area.column + (area.columns - columns) / 2, row: area.row + (area.rows - rows) / 2,
                columns: columns, rows: rows))
    }

    /// Draws a box and clears its inside. Returns the area for the content.
    @discardableResult
    public func draw(into frame: inout Frame, area: Rect) -> Rect {
        frame.fill(area, style: style)
        guard area.columns >= 2, area.rows >= 2 else {
            return Rect(column: area.column, row: area.row, columns: 0, rows: 0)
        }
        let (left, top, right, bottom) = (area.column, area.row, area.endColumn - 1, area.endRow - 1)
        let inside = area.columns - 2
        frame.fill(Rect(column: left + 1, row: top, columns: inside, rows: 1), with: "─", style: style)
        frame.fill(Rect(column: left + 1, row: bottom, columns: inside, rows: 1), with: "─", style: style)
        frame.fill(Rect(column: left, row: top + 1, columns: 1, rows: area.rows - 2), with: "│", style: style)
        frame.fill(Rect(column: right, row: top + 1, columns: 1, rows: area.rows - 2), with: "│", style: style)
        for (corner, column, row) in [("┌", left, top), ("┐", right, top), ("└", left, bottom), ("┘", right, bottom)] {
            frame.put(corner, column: column, row: row, style: style)
        }
        if inside >= 3, !title.isEmpty {
            let text = " " + TextWidth.cutMiddle(title, inside - 2) + " "
            frame.put(text, column: left + 1, row: top, style: titleStyle, width: inside)
        }
        return area.inset(columns: 2, rows: 1)
    }
}
