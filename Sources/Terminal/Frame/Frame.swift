/// A picture of the screen: a grid of styled cells.
///
/// Drawing is clipped at the edges and never fails, whatever the coordinates; all text is sanitised on its way in (see
/// ``put(_:column:row:style:width:)``), so a frame holds nothing that a terminal would take for a command. A wide
/// letter that does not fit, or half of which is overwritten, leaves blanks.
public struct Frame: Hashable, Sendable {
    /// Its extent.
    public let size: Size
    /// Where the terminal's cursor is shown; `nil` hides it.
    public var cursor: Cursor?
    /// The background of what nothing was drawn on.
    let background: Color
    private(set) var cells: [Cell]

    /// A place of the terminal's cursor.
    public struct Cursor: Hashable, Sendable {
        /// From 0 at the left.
        public var column: Int
        /// From 0 at the top.
        public var row: Int

        /// A place.
        public init(column: Int, row: Int) {
            self.column = column
            self.row = row
        }
    }

    /// A frame of blanks in one style.
    public init(_ size: Size, style: Style = .plain) {
        self.size = size
        background = style.background
        cells = Array(repeating: Cell(glyph: .space, width: 1, style: style), count: size.columns * size.rows)
    }

    /// The cell at a place; a blank outside the frame.
    public subscript(column: Int, row: Int) -> Cell {
        contains(column, row) ? cells[row * size.columns + column] : .blank
    }

    /// Writes text from a column on, clipped at the frame's edges and at `width` columns.
    ///
    /// Controls, bidi marks, zero-width characters and newlines become visible signs. Returns the columns the text
    /// takes from `column` on, those cut off at the left edge included and those cut off at the right edge not: the next
    /// text belongs at `column` plus the result.
    @discardableResult
    public mutating func put(
        _ text: some StringProtocol, column: Int, row: Int, style: Style = .plain, width: Int? = nil
    ) -> Int {
        guard row >= 0, row < size.rows, column < size.columns else { return 0 }
        let start = Rect.near(column)
        let end = min(size.columns, start + max(Rect.near(width ?? size.columns - start), 0))
        var pen = start
        for (glyph, width) in GlyphSequence(text) {
            if pen >= end { break }
            if pen >= 0, pen + width <= end {
                set(Cell(glyph: glyph, width: UInt8(truncatingIfNeeded: width), style: style), pen, row)
            } else {
                // The visible half of a wide letter at an edge.
                for column in max(pen, 0)..<max(min(pen + width, end), max(pen, 0)) {
                    set(Cell(glyph: .space, width: 1, style: style), column, row)
                }
            }
            pen += width
        }
        return min(pen, end) - start
    }

    /// Fills an area with blanks of a style.
    public mutating func fill(_ area: Rect, style: Style) {
        fill(area, with: " ", style: style)
    }

    /// Fills an area with one character of a single column; a wider one fills nothing but blanks.
    public mutating func fill(_ area: Rect, with character: Character, style: Style) {
        var glyphs = GlyphSequence(String(character))
        let first = glyphs.next()
        let cell = Cell(glyph: first?.width == 1 ? first?.glyph ?? .space : .space, width: 1, style: style)
        let columns = max(area.column, 0)..<max(min(area.endColumn, size.columns), max(area.column, 0))
        let rows = max(area.row, 0)..<max(min(area.endRow, size.rows), max(area.row, 0))
        for row in rows {
            for column in columns { set(cell, column, row) }
        }
    }

    /// Changes how an area looks without changing its text, such as a selected row.
    public mutating func restyle(_ area: Rect, _ change: (inout Style) -> Void) {
        let columns = max(area.column, 0)..<max(min(area.endColumn, size.columns), max(area.column, 0))
        let rows = max(area.row, 0)..<max(min(area.endRow, size.rows), max(area.row, 0))
        for row in rows {
            for column in columns { change(&cells[row * size.columns + column].style) }
        }
    }

    /// Copies another frame over this one with its top left corner at a place.
    public mutating func draw(_ other: Frame, column: Int, row: Int) {
        let (left, top) = (Rect.near(column), Rect.near(row))
        for sourceRow in 0..<other.size.rows {
            for sourceColumn in 0..<other.size.columns {
                let cell = other[sourceColumn, sourceRow]
                guard cell.width > 0 else { continue }
                let fits = contains(left + sourceColumn + Int(cell.width) - 1, top + sourceRow)
                let (x, y) = (left + sourceColumn, top + sourceRow)
                if fits, x >= 0 {
                    set(cell, x, y)
                } else {
                    for column in x..<x + Int(cell.width) where contains(column, y) {
                        set(Cell(glyph: .space, width: 1, style: cell.style), column, y)
                    }
                }
            }
        }
    }

    /// Gives the cells to the writer that needs them by the row.
    func row(_ row: Int) -> ArraySlice<Cell> {
        guard row >= 0, row < size.rows else { return [] }
        return cells[row * size.columns..<(row + 1) * size.columns]
    }

    /// Replaces letters of one column by others of one column.
    mutating func replaceGlyphs(keepsMarks: Bool, _ replacement: (Unicode.Scalar) -> Unicode.Scalar) {
        for index in cells.indices where cells[index].width > 0 {
            let base = cells[index].glyph.base
            let new = replacement(base)
            if new == base, keepsMarks || cells[index].glyph == Glyph(new) { continue }
            let isWide = cells[index].width == 2
            cells[index].glyph = Glyph(new)
            cells[index].width = 1
            if isWide { blank(index + 1) }
        }
    }

    private func contains(_ column: Int, _ row: Int) -> Bool {
        column >= 0 && column < size.columns && row >= 0 && row < size.rows
    }

    /// Puts a cell in its place; it must fit. Wide letters that lose a half become blanks.
    private mutating func set(_ cell: Cell, _ column: Int, _ row: Int) {
        let index = row * size.columns + column
        let last = index + Int(cell.width) - 1
        if cells[index].width == 0 { blank(index - 1) }
        if cells[last].width == 2 { blank(last + 1) }
        cells[index] = cell
        if cell.width == 2 {
            cells[last] = Cell(glyph: .continuation, width: 0, style: cell.style)
        }
    }

    private mutating func blank(_ index: Int) {
        guard cells.indices.contains(index) else { return }
        cells[index].glyph = .space
        cells[index].width = 1
    }
}
