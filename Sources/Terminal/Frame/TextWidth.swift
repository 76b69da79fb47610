/// Measuring, cutting and padding text by the columns it takes on a terminal.
public enum TextWidth {
    /// The columns a text takes once sanitised.
    public static func of(_ text: some StringProtocol) -> Int {
        var columns = 0
        for (_, width) in GlyphSequence(text) { columns += width }
        return columns
    }

    /// The text in at most `width` columns: where it is too long, "…" stands in its middle, and the end survives whole
    /// as far as there is room, because names differ in their suffixes (`orders.eu.de…ead-letter`).
    ///
    /// The result is sanitised.
    public static func cutMiddle(_ text: some StringProtocol, _ width: Int) -> String {
        let glyphs = Array(GlyphSequence(text))
        let total = glyphs.reduce(0) { $0 + $1.width }
        if total <= width { return string(glyphs[...]) }
        guard width > 0 else { return "" }
        let room = width - 1
        let head = prefix(glyphs[...], columns: room - room / 2)
        let tail = suffix(glyphs[...], columns: room - head.reduce(0) { $0 + $1.width })
        return string(head) + "…" + string(tail)
    }

    /// The text in at most `width` columns: where it is too long, "…" ends it. The result is sanitised.
    public static func cutEnd(_ text: some StringProtocol, _ width: Int) -> String {
        let glyphs = Array(GlyphSequence(text))
        if glyphs.reduce(0, { $0 + $1.width }) <= width { return string(glyphs[...]) }
        guard width > 0 else { return "" }
        return string(prefix(glyphs[...], columns: width - 1)) + "…"
    }

    /// The text with spaces before it, so that it ends at column `width`; longer text is cut in the middle.
    public static func padLeft(_ text: some StringProtocol, _ width: Int) -> String {
        let cut = cutMiddle(text, width)
        return spaces(width - of(cut)) + cut
    }

    /// The text with spaces after it up to column `width`; longer text is cut in the middle.
    public static func padRight(_ text: some StringProtocol, _ width: Int) -> String {
        let cut = cutMiddle(text, width)
        return cut + spaces(width - of(cut))
    }

    /// Text wrapped at spaces into lines of at most `width` columns; a longer word is broken. At most `limit` lines. The
    /// result is sanitised.
    public static func wrap(_ text: some StringProtocol, _ width: Int, limit: Int = 1_000) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, of(line) + 1 + of(word) <= width {
                line += " " + string(Array(GlyphSequence(word))[...])
                continue
            }
            if !line.isEmpty { lines.append(line) }
            var rest = Array(GlyphSequence(word))[...]
            while rest.reduce(0, { $0 + $1.width }) > width, lines.count < limit {
                // A wide letter in a single column has no place: it is left out rather than looping for ever.
                let head = prefix(rest, columns: width)
                if !head.isEmpty { lines.append(string(head)) }
                rest = rest.dropFirst(max(head.count, 1))
            }
            line = string(rest)
            if lines.count >= limit { return Array(lines.prefix(limit)) }
        }
        if !line.isEmpty { lines.append(line) }
        return Array(lines.prefix(limit))
    }

    private typealias Glyphs = ArraySlice<(glyph: Glyph, width: Int)>

    private static func spaces(_ count: Int) -> String {
        String(repeating: " ", count: min(max(count, 0), Size.limit))
    }

    private static func prefix(_ glyphs: Glyphs, columns: Int) -> Glyphs {
        var room = columns
        return glyphs.prefix {
            room -= $0.width; return room >= 0
        }
    }

    private static func suffix(_ glyphs: Glyphs, columns: Int) -> Glyphs {
        var (room, start) = (columns, glyphs.endIndex)
        while start > glyphs.startIndex, glyphs[start - 1].width <= room {
            start -= 1
            room -= glyphs[start].width
        }
        return glyphs[start...]
    }

    private static func string(_ glyphs: Glyphs) -> String {
        var text = ""
        for (glyph, _) in glyphs { text += Cell(glyph: glyph, width: 1, style: .plain).text }
        return text
    }
}
