import Management

/// What a list of exchanges, connections, channels or nodes shows in one row, and what it is selected by.
enum ObjectRef: Hashable, Sendable {
    case exchange(ObjectID)
    case connection(String)
    case channel(String)
    case node(String)
    case policy(ObjectID)
    /// Who leads where, from one exchange or from all.
    case tree(from: ObjectID?)

    /// Its name for a person.
    var name: String {
        switch self {
        case .exchange(let id): id.name.isEmpty ? "(default)" : id.name
        case .connection(let name), .channel(let name), .node(let name): name
        case .policy(let id): id.name
        case .tree(let root?): ObjectRef.exchange(root).name
        case .tree(nil): "of everything"
        }
    }

    /// Its kind, as a noun.
    var noun: String {
        switch self {
        case .exchange: "exchange"
        case .connection: "connection"
        case .channel: "channel"
        case .node: "node"
        case .policy: "policy"
        case .tree: "tree"
        }
    }

    /// The list it stands in.
    var kind: ObjectKind {
        switch self {
        case .exchange, .tree: .exchanges
        case .connection: .connections
        case .channel: .channels
        case .node: .nodes
        case .policy: .policies
        }
    }
}

/// One row of such a list.
struct ObjectRow: Hashable, Sendable {
    /// A cell: its text and how it looks.
    struct Cell: Hashable, Sendable {
        var text: String
        var role: ThemeRole

        init(_ text: String, _ role: ThemeRole = .text) {
            self.text = text
            self.role = role
        }
    }

    /// What a column is sorted by. What is not provided comes last either way.
    enum Key: Hashable, Sendable {
        case text(String)
        case number(Double?)
    }

    let ref: ObjectRef
    /// A cell for each column of its panel.
    var cells: [Cell]
    /// A sort key for each column of its panel.
    var keys: [Key]
    /// What it means in plain words, and how badly.
    var words: String
    var role: ThemeRole = .dim
    var isProblem: Bool { role == .warning || role == .critical }

    /// Adds a column of text.
    mutating func add(text: String?, _ role: ThemeRole = .text) {
        cells.append(Cell(text ?? Figures.notProvided, role))
        keys.append(.text(text ?? ""))
    }

    /// Adds a column of a figure.
    mutating func add(_ text: String, by number: Double?, _ role: ThemeRole = .text) {
        cells.append(Cell(text, role))
        keys.append(.number(number))
    }

    /// Adds a column of a count.
    mutating func add(count: Int?, _ role: ThemeRole = .text) {
        add(Figures.count(count), by: count.map(Double.init), role)
    }

    /// Adds a column of a rate.
    mutating func add(rate: Double?, _ role: ThemeRole = .text) { add(Figures.rate(rate), by: rate, role) }

    init(_ ref: ObjectRef, words: String = "") {
        self.ref = ref
        cells = []
        keys = []
        self.words = words
    }
}

/// A column of such a list.
struct ObjectColumn: Hashable, Sendable {
    var title: String
    /// What it means, for the help.
    var meaning: String
    var width: Int
    var alignsRight = false
    /// What goes first where there is no room, the highest first; 0 never goes.
    var priority = 0
    /// Whether it takes the room that is left; it stays in sight when columns are scrolled.
    var isName = false

    /// A column of figures.
    static func figure(_ title: String, _ width: Int, _ priority: Int, _ meaning: String) -> ObjectColumn {
        ObjectColumn(title: title, meaning: meaning, width: width, alignsRight: true, priority: priority)
    }

    /// A column of text.
    static func text(_ title: String, _ width: Int, _ priority: Int, _ meaning: String) -> ObjectColumn {
        ObjectColumn(title: title, meaning: meaning, width: width, priority: priority)
    }

    /// The column of the name.
    static func name(_ title: String, _ width: Int, _ meaning: String) -> ObjectColumn {
        ObjectColumn(title: title, meaning: meaning, width: width, isName: true)
    }
}

extension ObjectRow.Key {
    /// Whether a row with this key stands before one with the other, where one of them does.
    func precedes(_ other: ObjectRow.Key, descending: Bool) -> Bool? {
        switch (self, other) {
        case (.text(let left), .text(let right)):
            return left == right ? nil : (left < right) != descending
        case (.number(let left), .number(let right)):
            guard left != right else { return nil }
            guard let left else { return false }
            guard let right else { return true }
            return (left < right) != descending
        default: return nil
        }
    }
}
