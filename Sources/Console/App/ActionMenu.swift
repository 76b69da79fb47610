import Terminal

/// Every action for the selected row or the panel, with its key: for whoever does not know the keys yet.
struct ActionMenu: Sendable {
    let entries: [ActionTable.Entry]
    var cursor = 0

    init(_ state: ConsoleState) {
        let groups: [ActionTable.Group] = [.change, .list, .console]
        entries = groups.flatMap { group in
            state.settings.keys.entries.filter {
                $0.group == group && $0.places.contains(state.place) && $0.action != .actions
            }
        }
    }

    mutating func move(_ step: Int) {
        guard !entries.isEmpty else { return }
        cursor = (cursor + step + entries.count) % entries.count
    }
}
