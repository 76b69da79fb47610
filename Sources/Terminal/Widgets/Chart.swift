/// A line chart over time, the newest sample at the right, with a scale at the left and a time axis below.
public struct Chart: Sendable {
    /// One line.
    public struct Series: Hashable, Sendable {
        /// The samples, oldest first; `nil` where nothing was measured, which is a gap.
        public var values: [Double?]
        /// The look of its line.
        public var style: Style

        /// A line.
        public init(_ values: [Double?], style: Style = .plain) {
            self.values = values
            self.style = style
        }
    }

    /// The lines; later ones are drawn over earlier ones.
    public var series: [Series]
    /// How many samples the whole width stands for; fewer leave the left part empty.
    public var capacity: Int
    /// Stands at the start of the time axis, such as `60s` ago.
    public var startLabel: String
    /// Stands at its end.
    public var endLabel: String
    /// The look of the scale and the axis.
    public var axisStyle: Style
    /// Says a figure of the scale in a few cells.
    public var label: @Sendable (Double) -> String

    /// A chart.
    public init(
        series: [Series], capacity: Int, startLabel: String = "", endLabel: String = "now", axisStyle: Style = .plain,
        label: @escaping @Sendable (Double) -> String = Chart.plainLabel
    ) {
        self.series = series
        self.capacity = capacity
        self.startLabel = startLabel
        self.endLabel = endLabel
        self.axisStyle = axisStyle
        self.label = label
    }

    /// A figure with `k`, `M` or `G` and at most three digits.
    @Sendable public static func plainLabel(_ value: Double) -> String {
        var (rest, unit) = (value, "")
        for next in ["k", "M", "G"] where rest >= 1_000 { (rest, unit) = (rest / 1_000, next) }
        let tenths = (rest * 10).rounded()
        guard tenths.isFinite, abs(tenths) < 1e9 else { return "–" }
        let whole = Int(tenths)
        return whole % 10 == 0 || whole >= 1_000 ? "\(whole / 10)\(unit)" : "\(whole / 10).\(whole % 10)\(unit)"
    }

    /// Draws the chart. In fewer than 2 rows or where the scale leaves no room, nothing is drawn.
    public func draw(into frame: inout Frame, area: Rect, glyphs: GlyphSet = .braille) {
        let rows = min(area.rows, Size.limit) - 1
        guard rows > 0 else { return }
        let scale = ChartScale(highest: highest, rows: rows)
        let labels = scale.ticks.map { (row: $0.row, text: label($0.value)) }
        let gutter = labels.reduce(TextWidth.of(label(0))) { max($0, TextWidth.of($1.text)) }
        let columns = min(area.columns, Size.limit) - gutter - 1
        guard columns > 0 else { return }

        let axis = area.column + gutter
        for row in 0..<rows { frame.put("│", column: axis, row: area.row + row, style: axisStyle) }
        for tick in labels {
            frame.put(
                TextWidth.padLeft(tick.text, gutter) + "┤", column: area.column, row: area.row + tick.row,
                style: axisStyle)
        }
        drawTime(into: &frame, area: area, row: area.row + rows, gutter: gutter, columns: columns)

        var grid = DotGrid(columns: columns, rows: rows, glyphs: glyphs)
        for line in series { plot(line, in: &grid, top: scale.top) }
        grid.draw(into: &frame, column: axis + 1, row: area.row)
    }

    /// The capacity within bounds that can be calculated with.
    private var samples: Int { min(max(capacity, 1), 1_000_000) }

    private var highest: Double {
        series.reduce(0) {
            $1.values.suffix(samples).reduce($0) { max($0, $1.flatMap { $0.isFinite ? $0 : nil } ?? 0) }
        }
    }

    private func drawTime(into frame: inout Frame, area: Rect, row: Int, gutter: Int, columns: Int) {
        frame.put(TextWidth.padLeft(label(0), gutter) + "┴", column: area.column, row: row, style: axisStyle)
        let first = area.column + gutter + 1
        frame.fill(Rect(column: first, row: row, columns: columns, rows: 1), with: "─", style: axisStyle)
        let end = TextWidth.of(endLabel)
        if end <= columns { frame.put(endLabel, column: first + columns - end, row: row, style: axisStyle) }
        if TextWidth.of(startLabel) + end + 2 <= columns {
            frame.put(startLabel, column: first + 1, row: row, style: axisStyle)
        }
    }

    private func plot(_ line: Series, in grid: inout DotGrid, top: Double) {
        let shown = line.values.suffix(samples)
        var previous: (x: Int, y: Int)?
        for (index, value) in shown.enumerated() {
            guard let value, value.isFinite else {
                previous = nil
                continue
            }
            let back = Double(shown.count - 1 - index) / Double(max(samples - 1, 1))
            let x = grid.width - 1 - Int((back * Double(grid.width - 1)).rounded())
            let share = min(max(value / top, 0), 1)
            let point = (x: x, y: Int((share * Double(grid.height - 1)).rounded()))
            grid.line(from: previous ?? point, to: point, line.style)
            previous = point
        }
    }
}
