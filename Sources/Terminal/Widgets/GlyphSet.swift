/// What a terminal can draw beyond letters, poorest first.
public enum GlyphSet: Int, Comparable, Sendable, CaseIterable {
    /// ASCII only: no UTF-8 locale, or a terminal from before it.
    case ascii
    /// Lines and blocks, as in the fonts of the Linux console.
    case block
    /// Braille patterns, eight dots a cell.
    case braille

    /// Poorer sets come before richer ones.
    public static func < (left: GlyphSet, right: GlyphSet) -> Bool { left.rawValue < right.rawValue }

    /// The richest set for a kind of terminal (the value of `TERM`) and whether the locale is UTF-8.
    public static func best(term: String, isUTF8: Bool) -> GlyphSet {
        guard isUTF8 else { return .ascii }
        for prefix in ["vt1", "vt2", "vt3", "vt5", "ansi", "dumb", "sun", "cons25"] where term.hasPrefix(prefix) {
            return .ascii
        }
        return term == "linux" || term.hasPrefix("linux-") ? .block : .braille
    }
}
