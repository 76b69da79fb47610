extension Frame {
    /// A row as text, without the blanks at its end; empty outside the frame.
    public func line(_ row: Int) -> String {
        var text = ""
        for cell in self.row(row) { text += cell.text }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// All rows as text, each ended by a newline, without the blanks at their ends: for goldens and snapshots.
    public var text: String {
        var text = ""
        for row in 0..<size.rows { text += line(row) + "\n" }
        return text
    }

    /// The frame with its looks, for goldens of colour: each row as runs of one style, `column style|text|`, one run a
    /// line after the number of its row. Runs of plain blanks are left out.
    public var styledText: String {
        var dump = ""
        for row in 0..<size.rows {
            for run in runs(row) where !(run.style == .plain && run.text.allSatisfy { $0 == " " }) {
                dump += "\(row):\(run.column) \(run.style)|\(run.text)|\n"
            }
        }
        return dump
    }

    private func runs(_ row: Int) -> [(column: Int, style: Style, text: String)] {
        var runs: [(column: Int, style: Style, text: String)] = []
        for (column, cell) in self.row(row).enumerated() {
            if let last = runs.indices.last, runs[last].style == cell.style {
                runs[last].text += cell.text
            } else {
                runs.append((column, cell.style, cell.text))
            }
        }
        return runs
    }
}
