import Management
import Monitor
import Terminal

/// The charts of an exchange, a connection, a channel or a node: what it did in the last minute, side by side.
struct ObjectCharts {
    private let charts: [TimeChart]

    /// Nil for what has none.
    init?(_ ref: ObjectRef, _ state: ConsoleState) {
        func line(
            _ points: Ring<ObjectPoint>, _ name: String, _ value: @escaping (ObjectPoint) -> Double?,
            _ role: ThemeRole, _ figure: (Double?) -> String = Figures.rate
        ) -> TimeChart.Line {
            TimeChart.Line(name: name, role: role, latest: figure(points.last.flatMap(value))) { end, count in
                TimeSeries.buckets(points, time: \.time, value: value, end: end, count: count)
            }
        }
        func bytes(_ value: Double?) -> String { Figures.bytes(value.map(ConnectionRows.whole)) }
        let history = state.monitor.history
        switch ref {
        case .exchange(let id):
            let points = history.object(.exchange(id))
            charts = [
                TimeChart(
                    title: "messages per second",
                    lines: [
                        line(points, "in", \.incoming, .publish), line(points, "to queues", \.outgoing, .deliver),
                    ])
            ]
        case .connection(let name):
            let points = history.object(.connection(name))
            charts = [
                TimeChart(
                    title: "bytes per second",
                    lines: [
                        line(points, "from the client", \.incoming, .publish, bytes),
                        line(points, "to it", \.outgoing, .deliver, bytes),
                    ])
            ]
        case .channel(let name):
            let points = history.object(.channel(name))
            charts = [
                TimeChart(
                    title: "per second",
                    lines: [
                        line(points, "published", \.incoming, .publish),
                        line(points, "confirmed", \.confirmed, .depth),
                        line(points, "delivered", \.outgoing, .deliver), line(points, "acked", \.acknowledged, .ack),
                    ]),
                TimeChart(title: "held", lines: [line(points, "unacked", \.level, .ack, Figures.whole)]),
            ]
        case .node(let name):
            let points = history.object(.node(name))
            charts = [TimeChart(title: "memory", lines: [line(points, "used", \.level, .depth, bytes)])]
        case .tree, .policy: return nil
        }
    }

    func draw(_ state: ConsoleState, in area: Rect, _ canvas: inout Canvas) {
        let gap = 2
        let width = (area.columns - gap * (charts.count - 1)) / charts.count
        for (place, chart) in charts.enumerated() {
            chart.draw(
                state,
                in: Rect(
                    column: area.column + place * (width + gap), row: area.row, columns: width, rows: area.rows),
                &canvas)
        }
    }
}
