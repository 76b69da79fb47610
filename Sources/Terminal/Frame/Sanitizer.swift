/// The one gate between text that others wrote and the terminal: what could steer the terminal, reorder the line or
/// hide becomes visible.
///
/// C0 controls and DEL become the control pictures (U+2400 …); C1 controls, bidi marks, overrides and isolates,
/// zero-width and other ignorable characters, line and paragraph separators and unassigned code points become U+FFFD.
enum Sanitizer {
    /// What is shown for one scalar, and the columns it takes: 0 for a combining mark.
    static func visible(_ scalar: Unicode.Scalar) -> (scalar: Unicode.Scalar, width: Int) {
        let value = scalar.value
        if value >= 0x20, value < 0x7F { return (scalar, 1) }
        if value < 0x20 { return (Unicode.Scalar(0x2400 + value) ?? replacement, 1) }
        if value == 0x7F { return ("␡", 1) }
        if value < 0xA0 || value == 0xAD { return (replacement, 1) }
        // Latin, Greek and Cyrillic letters, boxes, blocks and braille: no table look-up needed.
        if value < 0x300 || (0x2500...0x259F).contains(value) || (0x2800...0x28FF).contains(value) {
            return (scalar, 1)
        }
        let properties = scalar.properties
        if properties.isDefaultIgnorableCodePoint { return (replacement, 1) }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned:
            return (replacement, 1)
        default:
            return (scalar, WidthTable.width(of: scalar))
        }
    }

    static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// Carries a combining mark that has no letter before it.
    static let markCarrier: Unicode.Scalar = "\u{25CC}"
}
