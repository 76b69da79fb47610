extension Key {
    /// The key's name for the help and for `keys.yaml`: `a`, `space`, `enter`, `ctrl-d`, `F1`.
    public var name: String {
        switch self {
        case .character(" "): return "space"
        case .character(let character): return String(character)
        case .function(let number): return "F\(number)"
        case .control(" "): return "ctrl-space"
        case .control(let character): return "ctrl-\(character)"
        default: return Self.names.first { $0.key == self }?.name ?? "?"
        }
    }

    /// The key of a name, in any letter case where that cannot change the key; `nil` where there is no such key.
    ///
    /// Refused are the control keys a terminal cannot tell from others: ctrl-i is Tab, ctrl-m and ctrl-j are Enter,
    /// ctrl-h is Backspace and ctrl-[ is Escape.
    public init?(name: String) {
        if name.count == 1, let character = name.first {
            guard TextWidth.of(name) > 0, Self.isPrintable(character) else { return nil }
            self = .character(character)
            return
        }
        let lower = name.lowercased()
        if lower == "space" {
            self = " "
        } else if let known = Self.names.first(where: { $0.name == lower || $0.others.contains(lower) }) {
            self = known.key
        } else if lower.first == "f", let number = Int(lower.dropFirst()), (1...Self.highestFunction).contains(number),
            lower == "f\(number)"
        {
            self = .function(number)
        } else if let control = Self.control(named: lower) {
            self = control
        } else {
            return nil
        }
    }

    /// Function keys beyond this are not told apart by terminals.
    static let highestFunction = 24

    /// Why a control key cannot be bound, by its letter.
    public static let indistinguishable: [(letter: Character, same: Key)] = [
        ("i", .tab), ("m", .enter), ("j", .enter), ("h", .backspace), ("[", .escape),
    ]

    private static func control(named name: String) -> Key? {
        for prefix in ["ctrl-", "control-", "^"] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            if rest == "space" { return .control(" ") }
            guard rest.count == 1, let letter = rest.first else { return nil }
            guard !indistinguishable.contains(where: { $0.letter == letter }) else { return nil }
            guard ("a"..."z").contains(letter) || "\\]^_".contains(letter) else { return nil }
            return .control(letter)
        }
        return nil
    }

    static func isPrintable(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { Sanitizer.visible($0).scalar == $0 }
    }

    private static let names: [(key: Key, name: String, others: [String])] = [
        (.enter, "enter", ["return"]), (.escape, "esc", ["escape"]), (.tab, "tab", []),
        (.backTab, "shift-tab", ["backtab"]), (.backspace, "backspace", []), (.delete, "delete", ["del"]),
        (.insert, "insert", ["ins"]), (.up, "up", []), (.down, "down", []), (.left, "left", []),
        (.right, "right", []), (.home, "home", []), (.end, "end", []), (.pageUp, "pgup", ["pageup"]),
        (.pageDown, "pgdn", ["pagedown", "pgdown"]),
    ]
}
