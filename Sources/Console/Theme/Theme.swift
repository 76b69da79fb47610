/// The colours of the console.
public struct Theme: Hashable, Sendable {
    /// How one role looks.
    public struct Look: Hashable, Sendable {
        /// The colour of the letters.
        public var foreground: ThemeColor
        /// The colour behind them.
        public var background: ThemeColor
        /// Whether they are bold.
        public var isBold = false
        /// Whether they are underlined.
        public var isUnderlined = false
    }

    /// Its name, by which `--theme` finds it.
    public let name: String
    private let looks: [ThemeRole: Look]

    /// How a role looks.
    public subscript(role: ThemeRole) -> Look {
        guard let look = looks[role] else { preconditionFailure("a theme without \(role) is never built") }
        return look
    }

    /// A theme in which every role has a look; `nil` where one is missing.
    init?(name: String, looks: [ThemeRole: Look]) {
        guard ThemeRole.allCases.allSatisfy({ looks[$0] != nil }) else { return nil }
        self.name = name
        self.looks = looks
    }
}
