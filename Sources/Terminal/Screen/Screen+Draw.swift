import CNcurses

extension Screen {
    /// Shows a frame: only what differs from the one before goes to the terminal. A frame of another size is cut or
    /// filled up with blanks.
    public func draw(_ frame: Frame) {
        assertOpen()
        let before = writes.total
        let frame = frame.degraded(to: glyphs)
        if pairs.areExhausted {
            pairs.reset()
            shown = nil
        }
        pairs.plain = frame.background
        for row in 0..<size.rows { drawRow(row, of: frame) }
        if let cursor = frame.cursor, cursor.row >= 0, cursor.row < size.rows, cursor.column >= 0,
            cursor.column < size.columns
        {
            wmove(warren_stdscr(), Int32(cursor.row), Int32(cursor.column))
            curs_set(1)
        } else {
            curs_set(0)
        }
        wnoutrefresh(warren_stdscr())
        doupdate()
        shown = frame
        if let before, let after = writes.total { bytesOfLastDraw = after - before }
    }

    private func drawRow(_ row: Int, of frame: Frame) {
        let new = frame.row(row)
        guard let span = changedSpan(row, new) else { return }
        let start = new.startIndex
        var cells: [warren_cell] = []
        cells.reserveCapacity(span.count)
        for column in span {
            var cell = column < new.count ? new[start + column] : .blank
            // A wide letter cut by the screen's edge.
            if column + Int(cell.width) > size.columns { cell = Cell(glyph: .space, width: 1, style: cell.style) }
            cells.append(written(cell))
        }
        warren_write_cells(Int32(row), Int32(span.lowerBound), cells, Int32(cells.count))
        cellsWritten += cells.count
    }

    /// The columns of a row from the first to the last that differ from what is shown, whole letters.
    private func changedSpan(_ row: Int, _ new: ArraySlice<Cell>) -> Range<Int>? {
        guard let shown else { return 0..<size.columns }
        let old = shown.row(row)
        guard old.count == new.count else { return 0..<size.columns }
        if old == new { return nil }
        let (oldStart, newStart) = (old.startIndex, new.startIndex)
        let end = min(new.count, size.columns)
        var (first, last) = (0, end)
        while first < end, old[oldStart + first] == new[newStart + first] { first += 1 }
        while last > first, old[oldStart + last - 1] == new[newStart + last - 1] { last -= 1 }
        while first > 0, first < end, new[newStart + first].width == 0 || old[oldStart + first].width == 0 {
            first -= 1
        }
        while last < end, new[newStart + last].width == 0 || old[oldStart + last].width == 0 { last += 1 }
        return first < last ? first..<last : nil
    }

    private func written(_ cell: Cell) -> warren_cell {
        let look = pairs.look(of: cell.style)
        let (base, first, second) = cell.glyph.scalars
        return warren_cell(
            text: (base.value, first?.value ?? 0, second?.value ?? 0), attributes: look.attributes, pair: look.pair,
            width: Int32(cell.width))
    }
}
