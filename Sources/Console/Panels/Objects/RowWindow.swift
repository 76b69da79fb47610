import Terminal

/// Which rows of a list are on the screen: so many from `top` on, the selected one among them.
struct RowWindow: Hashable, Sendable {
    /// The first row on the screen.
    private(set) var top = 0
    /// Whether the selected row keeps its line on the screen while others move around it.
    var holdsLine = false
    /// The line the selected row stands at.
    private var line: Int?

    /// The person has moved the selection: it gets a line of its own again.
    mutating func release() { line = nil }

    /// Brings the selected row into the window.
    mutating func settle(cursor: Int, count: Int, height: Int) {
        if holdsLine, let line {
            top = max(0, min(cursor - line, count - height))
        }
        top = Table.offset(previous: top, selected: cursor, visible: height, count: count)
        if !holdsLine || line == nil { line = cursor - top }
    }

    /// The first row to show in a window of another height.
    func top(cursor: Int, count: Int, height: Int) -> Int {
        Table.offset(previous: top, selected: cursor, visible: height, count: count)
    }
}
