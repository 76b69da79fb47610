import Terminal

/// Draws fields for typing.
enum Fields {
    static func draw(
        _ field: TextField, column: Int, row: Int, width: Int, isFocused: Bool, _ canvas: inout Canvas
    ) {
        let style = canvas.style(.input)
        canvas.draw { field.draw(into: &$0, column: column, row: row, width: width, style: style, hasFocus: isFocused) }
    }
}
