/// One place of a frame.
public struct Cell: Hashable, Sendable {
    /// What it shows.
    public internal(set) var glyph: Glyph
    /// How many columns the letter takes: 1 or 2; 0 in the right half of a wide letter.
    public internal(set) var width: UInt8
    /// How it looks.
    public internal(set) var style: Style

    /// An empty place.
    public static let blank = Cell(glyph: .space, width: 1, style: .plain)

    /// What it shows, as text; empty in the right half of a wide letter.
    public var text: String {
        guard width > 0 else { return "" }
        var text = String.UnicodeScalarView()
        let (base, first, second) = glyph.scalars
        text.append(base)
        if let first { text.append(first) }
        if let second { text.append(second) }
        return String(text)
    }
}
