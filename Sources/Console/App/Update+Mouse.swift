import Management
import Terminal

extension ConsoleState {
    /// Takes a use of the mouse: the wheel moves, a click selects a row, opens a tab or sorts by a column. Dialogs are
    /// for keys alone, so that no stray click confirms anything.
    mutating func use(_ mouse: MouseEvent) -> [Effect] {
        guard dialog == nil else { return [] }
        switch mouse.button {
        case .wheelUp: return perform(.up)
        case .wheelDown: return perform(.down)
        case .left: return click(column: mouse.column, row: mouse.row)
        case .middle, .right, .release: return []
        }
    }

    private mutating func perform(_ action: Action) -> [Effect] {
        guard let entry = settings.keys.entry(of: action), entry.places.contains(place) else { return [] }
        return perform(entry)
    }

    private mutating func click(column: Int, row: Int) -> [Effect] {
        if row == ChromeLayout(size).tabs {
            guard let panel = Chrome.tab(at: column, of: self) else { return [] }
            queues.opened = nil
            for kind in ObjectKind.allCases { self[kind].opened = nil }
            return show(panel)
        }
        if let kind = panel.kind { return click(column: column, row: row, in: kind) }
        guard place == .queueList else { return [] }
        let layout = QueueListLayout(size)
        if row == layout.heads {
            guard let field = QueueTable(self, width: size.columns).sortField(at: column) else { return [] }
            return sort(by: field)
        }
        let index = queues.top(height: layout.rowCount) + row - layout.firstRow
        guard row >= layout.firstRow, row < layout.firstRow + layout.rowCount, queues.rows.indices.contains(index)
        else { return [] }
        let wasSelected = queues.cursor == index
        queues.select(row: index)
        selectedAt = now
        return wasSelected ? perform(.open) : []
    }

    private mutating func click(column: Int, row: Int, in kind: ObjectKind) -> [Effect] {
        guard self[kind].opened == nil else { return [] }
        let layout = QueueListLayout(size)
        if row == layout.heads {
            let table = self[kind].table(theme, width: size.columns, all: showsAllColumns).layout(
                width: size.columns, scrolledBy: self[kind].firstColumn)
            if let column = table.index(at: column) { self[kind].sort(by: column, monitor) }
            return []
        }
        let index = self[kind].top(height: layout.rowCount) + row - layout.firstRow
        guard row >= layout.firstRow, row < layout.firstRow + layout.rowCount, self[kind].rows.indices.contains(index)
        else { return [] }
        let wasSelected = self[kind].cursor == index
        self[kind].select(row: index)
        return wasSelected ? perform(.open) : []
    }
}
