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
