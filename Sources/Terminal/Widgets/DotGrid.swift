/// Dots on a grid of cells, several a cell: what line charts are drawn with.
///
/// A cell has 2×4 dots in braille, otherwise 1×2 (half blocks, or `'` and `.`).
struct DotGrid {
    let glyphs: GlyphSet
    let columns: Int
    let rows: Int
    private var dots: [UInt8]
    private var styles: [Style]

    init(columns: Int, rows: Int, glyphs: GlyphSet) {
        self.glyphs = glyphs
        self.columns = columns
        self.rows = rows
        dots = Array(repeating: 0, count: columns * rows)
        styles = Array(repeating: .plain, count: columns * rows)
    }

    var width: Int { columns * (glyphs == .braille ? 2 : 1) }
    var height: Int { rows * (glyphs == .braille ? 4 : 2) }

    /// Sets a dot, counted from the lower left; one outside the grid is left out.
    mutating func set(_ x: Int, _ y: Int, _ style: Style) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let (perColumn, perRow) = glyphs == .braille ? (2, 4) : (1, 2)
        let fromTop = height - 1 - y
        let cell = fromTop / perRow * columns + x / perColumn
        dots[cell] |= Self.bit(x % perColumn, fromTop % perRow)
        styles[cell] = style
    }

    /// Sets the dots of a line.
    mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ style: Style) {
        let steps = max(abs(end.x - start.x), abs(end.y - start.y), 1)
        for step in 0...steps {
            let part = Double(step) / Double(steps)
            let x = start.x + Int((Double(end.x - start.x) * part).rounded())
            let y = start.y + Int((Double(end.y - start.y) * part).rounded())
            set(x, y, style)
        }
    }

    func draw(into frame: inout Frame, column: Int, row: Int) {
        for index in dots.indices where dots[index] != 0 {
            frame.put(
                sign(dots[index]), column: column + index % columns, row: row + index / columns, style: styles[index])
        }
    }

    private func sign(_ dots: UInt8) -> String {
        switch glyphs {
        case .braille: Unicode.Scalar(0x2800 + UInt32(dots)).map { String($0) } ?? " "
        case .block: dots == 3 ? "█" : dots == 1 ? "▀" : "▄"
        case .ascii: dots == 3 ? ":" : dots == 1 ? "'" : "."
        }
    }

    /// The bit of a dot in its cell, counted from the upper left: braille numbers its fourth row last (U+2800 chart),
    /// and with 1×2 dots the first two bits are what is needed.
    private static func bit(_ x: Int, _ y: Int) -> UInt8 {
        y == 3 ? 0x40 << UInt8(x) : 1 << UInt8(y + 3 * x)
    }
}
