import Management
import Monitor
import Terminal

/// Taking along what is shown.
extension ConsoleState {
    /// Gives the name of what is selected to the terminal's clipboard.
    mutating func copyName() -> [Effect] {
        let name: String? =
            if panel == .queues {
                queues.target?.name
            } else {
                switch targetObject {
                case .exchange(let id)?, .tree(let id?)?: id.name
                case .connection(let name)?, .channel(let name)?, .node(let name)?: name
                case .policy(let id)?: id.name
                case .tree(nil)?, nil: nil
                }
            }
        guard let name, !name.isEmpty else {
            receipt = .note("copy: it has no name")
            return []
        }
        return [.copy(name)]
    }

    /// Writes what is listed to a file.
    mutating func export() -> [Effect] {
        let table = panel.kind.map { TableExport(self[$0]) } ?? TableExport(queues)
        guard !table.rows.isEmpty else {
            receipt = .note("export: nothing is listed")
            return []
        }
        return [.export(table)]
    }

    /// Opens the tree of who leads where: from the open exchange, or of everything.
    mutating func showTree() -> [Effect] {
        var root: ObjectID?
        if place == .exchangeDetail, case .exchange(let id)? = targetObject { root = id }
        self[.exchanges].open(.tree(from: root))
        return []
    }
}
