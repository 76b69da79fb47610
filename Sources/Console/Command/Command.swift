import Management

/// What a line behind `:` asks for.
enum Command: Hashable, Sendable {
    /// An action of the table, by its name.
    case action(Action)
    /// List only what is in a vhost.
    case vhost(String)
    /// Take this theme.
    case theme(String)
    /// Refresh this often.
    case interval(Duration)
    /// Open the endpoint's lock.
    case unlock(String)
    /// Show the guided tour, or put it away.
    case tour(Bool)
    /// Hurt a node or a link, or mend it.
    case fault(Fault)
    /// Quit without a question.
    case quitNow
}

/// Why a line is no command.
struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the line, in characters from 1, the colon not counted.
    var column: Int
    /// What is wrong there.
    var problem: String
    /// What is expected there.
    var expected: String

    /// `column 7: 'x' is none; expected seconds from 0.5 to 60`
    var description: String { "column \(column): \(problem); expected \(expected)" }
}

extension Command {
    /// The command of a line, with or without its colon; `nil` for an empty one. An argument goes to the end of the line,
    /// spaces included.
    static func parse(_ line: String) throws(CommandError) -> Command? {
        let start = line.drop { $0.isWhitespace || $0 == ":" }
        let name = start.prefix { !$0.isWhitespace }
        if name.isEmpty { return nil }
        let rest = start.dropFirst(name.count).drop(while: \.isWhitespace)
        let argument = String(rest.reversed().drop(while: \.isWhitespace).reversed())
        func column(_ place: String.Index) -> Int { line.distance(from: line.startIndex, to: place) + 1 }
        let word = CommandTable.aliases[String(name)] ?? String(name)
        if let entry = CommandTable.withArgument.first(where: { $0.name == word }), let kind = entry.argument {
            if argument.isEmpty {
                if let action = Action(rawValue: word) { return .action(action) }
                throw CommandError(column: column(name.endIndex) + 1, problem: "nothing is named", expected: kind.words)
            }
            if let command = Command(word, argument) { return command }
            throw CommandError(column: column(rest.startIndex), problem: "'\(argument)' is none", expected: kind.words)
        }
        if word == "q!", argument.isEmpty { return .quitNow }
        guard let action = Action(rawValue: word) else {
            throw CommandError(
                column: column(name.startIndex), problem: ":\(name) is no command",
                expected: "the name of one; tab shows them")
        }
        guard argument.isEmpty else {
            throw CommandError(
                column: column(rest.startIndex), problem: ":\(name) takes nothing behind it",
                expected: "the end of the line")
        }
        return .action(action)
    }

    /// The command of a name and what stands behind it; `nil` where that is not what the command takes.
    private init?(_ name: String, _ argument: String) {
        switch name {
        case "vhost": self = .vhost(argument)
        case "theme": self = .theme(argument)
        case "unlock": self = .unlock(argument)
        case "fault":
            guard let fault = Fault(words: argument) else { return nil }
            self = .fault(fault)
        case "tour":
            guard ["on", "off"].contains(argument) else { return nil }
            self = .tour(argument == "on")
        case "refresh":
            let digits = argument.hasSuffix("s") ? argument.dropLast() : argument[...]
            let isPlain = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
            guard isPlain, let seconds = Double(digits), (0.5...60).contains(seconds) else { return nil }
            self = .interval(.milliseconds(Int((seconds * 1000).rounded())))
        default: return nil
        }
    }
}
