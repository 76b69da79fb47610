import Management

/// The commands there are: the actions of the table by their names, and those that take something more.
enum CommandTable {
    /// What stands behind a command.
    enum Argument: Hashable, Sendable {
        case vhost, theme, seconds, endpoint, onOff, fault

        /// What is expected.
        var words: String {
            switch self {
            case .vhost: "the name of a vhost"
            case .theme: "the name of a theme"
            case .seconds: "seconds from 0.5 to 60"
            case .endpoint: "the endpoint's name"
            case .onOff: "on or off"
            case .fault:
                "crash, power-loss, pause, resume, isolate, heal or restart and a node, or cut, slow or mend and two nodes"
            }
        }
    }

    /// One command.
    struct Entry: Hashable, Sendable {
        /// As it is typed.
        var name: String
        /// What stands behind it; `nil`: nothing. Where an action has the same name, it may be left out.
        var argument: Argument?
        /// What it does.
        var meaning: String
    }

    /// Those that take something.
    static let withArgument = [
        Entry(name: "fault", argument: .fault, meaning: "hurt a node or a link on purpose, or mend it"),
        Entry(name: "refresh", argument: .seconds, meaning: "refresh now, or every so many seconds"),
        Entry(name: "theme", argument: .theme, meaning: "the next theme, or the one named"),
        Entry(name: "tour", argument: .onOff, meaning: "show the guided tour or put it away"),
        Entry(name: "unlock", argument: .endpoint, meaning: "allow changes of this endpoint for a while"),
        Entry(name: "vhost", argument: .vhost, meaning: "list only what is in this vhost"),
    ]

    /// Short names.
    static let aliases = ["q": "quit", "h": "help"]

    /// All of them by name.
    static let entries: [Entry] = {
        let names = Set(withArgument.map(\.name))
        let actions = ActionTable.entries.filter { !names.contains($0.action.rawValue) }.map { entry in
            Entry(name: entry.action.rawValue, argument: nil, meaning: entry.description)
        }
        return (actions + withArgument).sorted { $0.name < $1.name }
    }()
}

/// The names an argument can be completed from. Endpoints are not among them: unlocking one means typing its name.
struct CommandCandidates: Hashable, Sendable {
    var vhosts: [String] = []
    var themes: [String] = []
    var nodes: [String] = []

    /// The lines that a line could become, in order.
    func completions(of line: String) -> [String] {
        let name = line.prefix { !$0.isWhitespace }
        guard name.endIndex < line.endIndex else {
            return CommandTable.entries.map(\.name).filter { $0.hasPrefix(line) }
        }
        guard let entry = CommandTable.withArgument.first(where: { $0.name == name }) else { return [] }
        let typed = line[name.endIndex...].drop(while: \.isWhitespace)
        if entry.argument == .fault { return faults(typed).map { "\(name) \($0)" } }
        return options(of: entry.argument).filter { $0.hasPrefix(typed) }.map { "\(name) \($0)" }
    }

    private func options(of argument: CommandTable.Argument?) -> [String] {
        switch argument {
        case .vhost: vhosts
        case .theme: themes
        case .seconds: ["1", "2", "5", "10", "30"]
        case .onOff: ["off", "on"]
        case .endpoint, .fault, nil: []
        }
    }

    /// What a fault that is being typed could become: first the verb, then the node or nodes.
    private func faults(_ typed: Substring) -> [String] {
        let words = typed.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let verb = words.first, words.count > 1 else { return Fault.verbs.filter { $0.hasPrefix(typed) } }
        let done = words.dropLast()
        let takes = Fault.linkVerbs[verb] != nil ? 2 : 1
        guard words.count - 1 <= takes else { return [] }
        return nodes.filter { $0.hasPrefix(words[words.count - 1]) && !done.dropFirst().contains($0) }
            .map { (done + [$0]).joined(separator: " ") }
    }
}
