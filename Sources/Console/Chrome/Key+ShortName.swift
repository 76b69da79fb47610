import Terminal

extension Key {
    /// The key in as few cells as it can be told from others: `^d`, `↑`, `esc`.
    var shortName: String {
        switch self {
        case .control(let letter): "^\(letter)"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        default: name
        }
    }
}

extension ConsoleState {
    /// The first key of an action, in as few cells as it can be told from others; empty where it has none.
    func keyName(of action: Action) -> String {
        settings.keys.entry(of: action)?.keys.first?.shortName ?? ""
    }
}
