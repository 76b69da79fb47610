import Management
import Monitor
import Terminal

/// The links between the nodes as a matrix under the list, where the endpoint says how they are: whole, cut or slow.
enum NodeLinksView {
    /// More nodes do not fit side by side; the list's own column says it then.
    private static let nodesMax = 9

    static func draw(_ state: ConsoleState, rows: Range<Int>, _ canvas: inout Canvas) {
        guard state.monitor.abilities.injectsFaults, let faults = state.monitor.faults.value else { return }
        let names = faults.nodes.map(\.name)
        let dead = faults.nodes.filter { $0.state == .crashed || $0.state == .paused }.map(\.name)
        let width = min(16, (canvas.size.columns - 20) / max(1, names.count))
        guard names.count > 1, names.count <= nodesMax, rows.count >= names.count + 2, width >= 8 else { return }
        var row = rows.lowerBound + 1
        canvas.put("LINKS", .header, column: 1, row: row)
        for (place, name) in names.enumerated() {
            canvas.put(TextWidth.cutMiddle(name, width - 1), .dim, column: 19 + place * width, row: row)
        }
        for name in names {
            row += 1
            canvas.put(TextWidth.cutMiddle(name, 17), .text, column: 1, row: row)
            for (place, other) in names.enumerated() {
                let (text, role) = cell(faults.links.first { Set($0.between) == [name, other] }, isSelf: name == other)
                // A link that is whole leads nowhere all the same where nobody is at its end.
                let isIdle = role == .good && (dead.contains(name) || dead.contains(other))
                canvas.put(
                    TextWidth.cutEnd(text, width - 1), state.showsOldFigures ? .stale : isIdle ? .dim : role,
                    column: 19 + place * width,
                    row: row)
            }
        }
    }

    private static func cell(_ link: FaultState.Link?, isSelf: Bool) -> (String, ThemeRole) {
        if isSelf { return ("·", .dim) }
        guard let link else { return (Figures.notProvided, .dim) }
        if link.isCut { return ("CUT", .critical) }
        if link.slowMilliseconds > 0 { return ("slow +\(link.slowMilliseconds) ms", .warning) }
        return ("whole", .good)
    }
}
