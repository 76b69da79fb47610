import Terminal

/// A chart of the last minute with a legend above it that gives the latest figures.
struct TimeChart {
    /// One line of it.
    struct Line {
        /// Its name in the legend.
        var name: String
        /// Its colour.
        var role: ThemeRole
        /// The latest figure, for the legend.
        var latest: String
        /// The values of so many equal parts of the minute before a time.
        var values: (_ end: Duration, _ count: Int) -> [Double?]
    }

    /// Stands before the legend.
    var title: String
    var lines: [Line]
    /// Whether names and latest figures stand beside the title.
    var hasLegend = true

    func draw(_ state: ConsoleState, in area: Rect, _ canvas: inout Canvas) {
        guard area.rows >= 4, area.columns >= 20 else { return }
        var pen = area.column
        pen += canvas.put(title, .header, column: pen, row: area.row) + 2
        for line in lines where hasLegend {
            let text = "\(line.name) \(line.latest)"
            guard pen + 2 + TextWidth.of(text) <= area.endColumn else { break }
            pen += canvas.put("━ ", line.role, column: pen, row: area.row)
            pen += canvas.put(text, state.showsOldFigures ? .stale : .text, column: pen, row: area.row) + 2
        }
        // Two dots a cell: so many parts can be told apart.
        let count = area.columns * 2
        let chart = Chart(
            series: lines.map {
                Chart.Series(
                    $0.values(state.viewedAt, count),
                    style: canvas.style(state.showsOldFigures ? .stale : $0.role))
            },
            capacity: count, startLabel: "60s ago", axisStyle: canvas.style(.rule),
            label: { Figures.scale($0) })
        let plot = Rect(column: area.column, row: area.row + 1, columns: area.columns, rows: area.rows - 1)
        canvas.draw { chart.draw(into: &$0, area: plot, glyphs: state.glyphs) }
    }
}
