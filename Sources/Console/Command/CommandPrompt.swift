import Terminal

/// The line behind `:` while it is typed: editing, completion by Tab, earlier lines by the arrows.
struct CommandPrompt: Hashable, Sendable {
    /// What a key led to.
    enum Outcome: Hashable { case stays, cancelled, run(String) }

    /// Completions that Tab goes through.
    struct Cycle: Hashable, Sendable {
        var options: [String]
        /// The one the line shows.
        var place: Int
    }

    /// An earlier line that is shown.
    private struct Recall: Hashable, Sendable {
        var place: Int
        /// What was typed before.
        var draft: String
    }

    /// The line.
    private(set) var field = TextField()
    /// What Tab goes through; `nil` before and after it does.
    private(set) var cycle: Cycle?
    private var recall: Recall?
    private let history: [String]

    /// An empty line.
    init(history: CommandHistory = CommandHistory()) { self.history = history.lines }

    /// Takes a key.
    mutating func press(_ key: Key, candidates: CommandCandidates) -> Outcome {
        switch key {
        case .escape, .control("c"): return .cancelled
        case .backspace where field.text.isEmpty: return .cancelled
        case .enter: return .run(field.text)
        case .tab: complete(candidates, step: 1)
        case .backTab: complete(candidates, step: -1)
        case .up: recall(step: -1)
        case .down: recall(step: 1)
        default:
            cycle = nil
            recall = nil
            field.handle(key)
        }
        return .stays
    }

    /// Takes a pasted text; it never runs anything.
    mutating func paste(_ text: String) {
        cycle = nil
        recall = nil
        field.insert(text)
    }

    private mutating func complete(_ candidates: CommandCandidates, step: Int) {
        if var cycle {
            cycle.place = (cycle.place + step + cycle.options.count) % cycle.options.count
            self.cycle = cycle
            field = TextField(text: cycle.options[cycle.place])
            return
        }
        let options = candidates.completions(of: field.text)
        guard let first = options.first else { return }
        recall = nil
        let common = options.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        if options.count == 1 {
            let takesMore = CommandTable.withArgument.contains { $0.name == first }
            field = TextField(text: takesMore ? first + " " : first)
        } else if common.count > field.text.count {
            field = TextField(text: common)
        } else {
            let place = step > 0 ? 0 : options.count - 1
            cycle = Cycle(options: options, place: place)
            field = TextField(text: options[place])
        }
    }

    private mutating func recall(step: Int) {
        cycle = nil
        let now = recall ?? Recall(place: history.count, draft: field.text)
        let place = now.place + step
        guard place >= 0, place <= history.count else { return }
        recall = place < history.count ? Recall(place: place, draft: now.draft) : nil
        field = TextField(text: place < history.count ? history[place] : now.draft)
    }
}

extension String {
    /// The beginning that both have.
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0.0 == $0.1 }.map(\.0))
    }
}
