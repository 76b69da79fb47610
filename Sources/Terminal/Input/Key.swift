/// A key as the console knows it, whatever bytes the terminal sends for it.
public enum Key: Hashable, Sendable {
    /// A letter, digit, sign or space.
    case character(Character)
    /// Enter, whichever.
    case enter
    /// Escape.
    case escape
    /// Tab.
    case tab
    /// Shift and Tab.
    case backTab
    /// Backspace.
    case backspace
    /// Delete (to the right of the cursor).
    case delete
    /// Insert.
    case insert
    /// Arrow up.
    case up
    /// Arrow down.
    case down
    /// Arrow left.
    case left
    /// Arrow right.
    case right
    /// Home.
    case home
    /// End.
    case end
    /// Page up.
    case pageUp
    /// Page down.
    case pageDown
    /// A function key, from 1.
    case function(Int)
    /// Control and a lower-case letter, or one of `\`, `]`, `^`, `_` and space.
    case control(Character)
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    /// A character key, so that tables of keys read as they are typed.
    public init(extendedGraphemeClusterLiteral value: Character) {
        self = .character(value)
    }
}
