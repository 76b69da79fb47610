import Management

/// Which names to list: those that contain a text, or with a leading "!" those that do not. Case does not matter.
struct QueueFilter: Hashable, Sendable {
    /// As typed, "!" included.
    var text = ""

    var isEmpty: Bool { needle.isEmpty }
    /// Whether names that contain the text are left out.
    var isInverse: Bool { text.hasPrefix("!") }
    /// What is looked for.
    var needle: String { isInverse ? String(text.dropFirst()) : text }

    /// Whether a name passes; the same answer as the broker's.
    func passes(_ name: String) -> Bool {
        isEmpty || name.lowercased().contains(needle.lowercased()) != isInverse
    }

    /// Asks the broker for it. An inverse filter becomes a regular expression with a negative lookahead, which
    /// RabbitMQ (PCRE) understands.
    func apply(to request: inout QueuePageRequest) {
        request.page = 1
        request.usesRegex = !isEmpty && isInverse
        request.nameFilter = isEmpty ? "" : isInverse ? "^(?!.*\(Self.escaped(needle)))" : needle
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
