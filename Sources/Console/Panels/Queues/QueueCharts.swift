import Management
import Monitor
import Terminal

/// Draws the charts of one queue: its depth and its rates over the last minute, side by side.
enum QueueCharts {
    static func draw(_ id: QueueID, of state: ConsoleState, in area: Rect, _ canvas: inout Canvas) {
        let points = state.monitor.history.queue(id)
        let gap = 2
        let half = (area.columns - gap) / 2
        let left = Rect(column: area.column, row: area.row, columns: half, rows: area.rows)
        let right = Rect(
            column: area.column + half + gap, row: area.row, columns: area.columns - half - gap, rows: area.rows)
        TimeChart(
            title: "messages",
            lines: [
                TimeChart.Line(points, "ready", \.ready, .depth, Figures.whole),
                TimeChart.Line(points, "unacked", \.unacknowledged, .ack, Figures.whole),
            ]
        ).draw(state, in: left, &canvas)
        TimeChart(
            title: "per second",
            lines: [
                TimeChart.Line(points, "in", { $0.rate(\.publish) }, .publish, Figures.rate),
                TimeChart.Line(points, "delivered", { $0.rate(\.deliver) }, .deliver, Figures.rate),
                TimeChart.Line(points, "acked", { $0.rate(\.ack) }, .ack, Figures.rate),
            ]
        ).draw(state, in: right, &canvas)
    }
}

extension QueuePoint {
    /// A rate; RabbitMQ leaves out those of what never happened, so one that is absent beside others is 0.
    fileprivate func rate(_ path: KeyPath<QueuePoint, Double?>) -> Double? {
        self[keyPath: path] ?? (publish == nil && deliver == nil && ack == nil ? nil : 0)
    }
}

extension TimeChart.Line {
    fileprivate init(
        _ points: Ring<QueuePoint>, _ name: String, _ value: @escaping (QueuePoint) -> Double?, _ role: ThemeRole,
        _ figure: (Double?) -> String
    ) {
        self.init(name: name, role: role, latest: figure(points.last.flatMap(value))) { end, count in
            TimeSeries.buckets(points, time: \.time, value: value, end: end, count: count)
        }
    }
}
