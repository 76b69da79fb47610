/// The part of a filter that a broker can apply itself: to names, as a text or a regular expression, in either case.
struct ServerNameFilter: Hashable, Sendable {
    /// The text or the expression; empty lets everything pass.
    var text = ""
    /// Whether it is an expression.
    var isRegex = false
}

extension Filter {
    /// What of the filter may go to the server, which applies it to all names before it makes pages. Comparisons of
    /// fields stay here, and expressions that a matcher could take long over (see ``Pattern/isCheap``).
    ///
    /// One text goes as it is; more become an expression of lookaheads, which RabbitMQ (PCRE) and Swift understand.
    var serverPart: ServerNameFilter {
        let terms = terms.filter(\.goesToServer)
        if terms.count == 1, !terms[0].isInverse {
            switch terms[0].test {
            case .contains(let text): return ServerNameFilter(text: text)
            case .matches(let pattern): return ServerNameFilter(text: pattern.text, isRegex: true)
            case .field: break
            }
        }
        guard !terms.isEmpty else { return ServerNameFilter() }
        return ServerNameFilter(text: terms.reduce("^") { $0 + $1.lookahead }, isRegex: true)
    }

    /// Whether some of it is left for the rows that are loaded, so that a list must say how far it looked.
    var hasLocalPart: Bool { !terms.allSatisfy(\.goesToServer) }
}

extension FilterTerm {
    /// Whether a server can apply it.
    fileprivate var goesToServer: Bool {
        switch test {
        case .contains: true
        case .matches(let pattern): pattern.isCheap
        case .field: false
        }
    }

    /// The term as a condition on what follows.
    fileprivate var lookahead: String {
        switch test {
        case .contains(let text): "(?\(isInverse ? "!" : "=").*\(Self.escaped(text)))"
        case .matches(let pattern): "(?\(isInverse ? "!" : "=").*(?:\(pattern.text)))"
        case .field: ""
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if #"\^$.|?*+()[]{}"#.contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
