import Management
import Terminal

/// The help: every action of the place with its keys, and what the columns mean. Derived from the action table.
enum HelpScreen {
    /// A line of the help.
    enum Line: Hashable {
        case head(String)
        case item(keys: String, text: String, isBarred: Bool)
        case empty
    }

    /// All lines of the help for where the state is.
    static func lines(for state: ConsoleState, width: Int) -> [Line] {
        var lines: [Line] = []
        if state.place.isList, let column = state.columnInFocus {
            lines += [.head("Sorted by"), .item(keys: column.title, text: column.meaning, isBarred: false)]
        }
        for group in ActionTable.Group.allCases {
            let entries = state.settings.keys.entries.filter { $0.group == group && $0.places.contains(state.place) }
            if entries.isEmpty { continue }
            if !lines.isEmpty { lines.append(.empty) }
            lines.append(.head(group.rawValue))
            for entry in entries {
                let reason = state.barred(entry)
                lines.append(
                    .item(
                        keys: entry.keys.isEmpty
                            ? ":\(entry.action.rawValue)" : entry.keys.map(\.shortName).joined(separator: " "),
                        text: reason.map { "\(entry.description) – not now: \($0)" } ?? entry.description,
                        isBarred: reason != nil))
            }
        }
        if state.panel == .queues {
            lines += [.empty, .head("Columns")]
            lines += QueueColumn.allCases.map { .item(keys: $0.title, text: $0.meaning, isBarred: false) }
            lines += [.empty, .head("Filter")]
            lines += Filter<QueueInfo>.help.map { .item(keys: $0.form, text: $0.meaning, isBarred: false) }
        }
        if let kind = state.panel.kind {
            lines += [.empty, .head("Columns")]
            lines += kind.columns.map { .item(keys: $0.title, text: $0.meaning, isBarred: false) }
            lines += [.empty, .head("Filter")]
            lines += kind.filterHelp.map { .item(keys: $0.form, text: $0.meaning, isBarred: false) }
        }
        return lines
    }
}

extension ConsoleState {
    /// The column that the list is sorted by: the one in focus.
    var columnInFocus: (title: String, meaning: String)? {
        if let kind = panel.kind {
            let column = self[kind].sortColumn
            return kind.columns.indices.contains(column)
                ? (kind.columns[column].title, kind.columns[column].meaning) : nil
        }
        return QueueColumn.allCases.first { $0.sort != nil && $0.sort == queues.request.sort }
            .map { ($0.title, $0.meaning) }
    }
}
