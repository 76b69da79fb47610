import Terminal

/// A frame being drawn in the roles of a theme.
struct Canvas {
    private(set) var frame: Frame
    let theme: Theme
    var size: Size { frame.size }

    init(_ size: Size, theme: Theme) {
        self.theme = theme
        frame = Frame(size, style: theme.style(.text))
    }

    /// Where the terminal's cursor is shown.
    mutating func showCursor(column: Int, row: Int) { frame.cursor = Frame.Cursor(column: column, row: row) }

    /// Writes a text; returns the columns it takes.
    @discardableResult
    mutating func put(
        _ text: some StringProtocol, _ role: ThemeRole, column: Int, row: Int, width: Int? = nil,
        on background: ThemeRole? = nil
    ) -> Int {
        frame.put(text, column: column, row: row, style: style(role, on: background), width: width)
    }

    /// Writes a text that ends before a column.
    mutating func put(
        _ text: String, _ role: ThemeRole, endingAt end: Int, row: Int, on background: ThemeRole? = nil
    ) {
        put(text, role, column: end - TextWidth.of(text), row: row, on: background)
    }

    /// Writes a text in a column of a table: cut in the middle where it is too long.
    mutating func put(_ text: String, _ role: ThemeRole, column: Int, row: Int, cell width: Int, alignsRight: Bool) {
        let fitted = alignsRight ? TextWidth.padLeft(text, width) : TextWidth.cutMiddle(text, width)
        put(fitted, role, column: column, row: row, width: width)
    }

    /// Fills an area with blanks of a role.
    mutating func fill(_ area: Rect, _ role: ThemeRole) { frame.fill(area, style: theme.style(role)) }

    /// Draws a line across the screen.
    mutating func rule(row: Int) {
        frame.fill(
            Rect(column: 0, row: row, columns: size.columns, rows: 1), with: "─", style: theme.style(.rule))
    }

    /// Gives an area the look of a role, keeping its text.
    mutating func restyle(_ area: Rect, _ role: ThemeRole) {
        let style = theme.style(role)
        frame.restyle(area) { $0 = style }
    }

    /// Lets a widget draw.
    mutating func draw(_ body: (inout Frame) -> Void) { body(&frame) }

    func style(_ role: ThemeRole, on background: ThemeRole? = nil) -> Style {
        let style = theme.style(role)
        guard let background else { return style }
        return style.on(theme.style(background).background)
    }
}

extension Theme {
    /// How a role looks, for a frame.
    func style(_ role: ThemeRole) -> Style {
        let look = self[role]
        var attributes: Attributes = []
        if look.isBold { attributes.insert(.bold) }
        if look.isUnderlined { attributes.insert(.underline) }
        return Style(
            foreground: look.foreground.color, background: look.background.color, attributes: attributes)
    }
}

extension ThemeColor {
    fileprivate var color: Color { .rgb(red, green, blue) }
}
