extension Frame {
    /// The frame as a terminal with fewer glyphs can show it: what it lacks is replaced by the nearest sign, always of
    /// the same width.
    public func degraded(to glyphs: GlyphSet) -> Frame {
        guard glyphs < .braille else { return self }
        var frame = self
        if glyphs == .ascii {
            frame.replaceGlyphs(keepsMarks: false, Degradation.ascii)
        } else {
            frame.replaceGlyphs(keepsMarks: true, Degradation.block)
        }
        return frame
    }
}

/// Signs for those a terminal lacks.
enum Degradation {
    static func block(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2800: " "
        case 0x2801...0x28FF: "*"
        default: scalar
        }
    }

    static func ascii(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.value < 0x80 { return scalar }
        if let known = signs[scalar] { return known }
        switch scalar.value {
        case 0x2800: return " "
        case 0x2801...0x28FF: return "*"
        case 0x2500...0x257F: return "+"
        case 0x2580...0x259F: return "#"
        default: return "?"
        }
    }

    private static let signs: [Unicode.Scalar: Unicode.Scalar] = [
        "…": "~", "–": "-", "—": "-", "─": "-", "━": "-", "│": "|", "┃": "|", "▼": "v", "▲": "^", "•": "*", "·": ".",
        "∞": "*", "×": "x", "→": ">", "←": "<", "↑": "^", "↓": "v", "✓": "+", "±": "~", "\u{A0}": " ", "\u{25CC}": "_",
        "▁": "_", "▂": ".", "▃": "-", "▄": "-", "▅": "=", "▆": "+", "▇": "#", "█": "#", "░": ".", "▒": ":", "▓": "#",
        "‹": "<", "›": ">", "≤": "<", "≥": ">", "‘": "'", "’": "'", "“": "\"", "”": "\"", "µ": "u",
    ]
}
