/// The lines that were typed behind `:` since the console opened; none is ever written to a file.
struct CommandHistory: Hashable, Sendable {
    /// More are forgotten, the oldest first.
    static let limit = 100

    /// The oldest first.
    private(set) var lines: [String] = []

    /// Keeps a line, at its newest place only.
    mutating func add(_ line: String) {
        lines.removeAll { $0 == line }
        lines.append(line)
        if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit) }
    }
}
