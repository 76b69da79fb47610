/// What a topic pattern matches, word for word as it is written down (AMQP 0-9-1 §3.1.3.3): `*` stands for one word, `#`
/// for any number of them, none included. It shares no code and no idea with the broker's index.
enum TopicReference {
    static func matches(_ pattern: String, _ key: String) -> Bool {
        matches(words(pattern)[...], words(key)[...])
    }

    private static func words(_ text: String) -> [Substring] {
        text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false)
    }

    private static func matches(_ pattern: ArraySlice<Substring>, _ key: ArraySlice<Substring>) -> Bool {
        guard let first = pattern.first else { return key.isEmpty }
        let rest = pattern.dropFirst()
        if first == "#" { return (0...key.count).contains { matches(rest, key.dropFirst($0)) } }
        guard let word = key.first, first == "*" || first == word else { return false }
        return matches(rest, key.dropFirst())
    }
}
