/// How many colours a terminal shows, poorest first: the rungs of the colour ladder.
public enum ColorDepth: Int, Comparable, Sendable, CaseIterable {
    /// None, or `NO_COLOR` is set (https://no-color.org).
    case mono
    /// The eight ANSI colours; bright ones become bold.
    case ansi8
    /// The eight and their bright variants.
    case ansi16
    /// xterm's 256.
    case indexed256
    /// Red, green and blue.
    case direct

    /// Poorer depths come before richer ones.
    public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }

    /// The depth of a terminal: `colors` as its description has it, `isDirect` where colour numbers are RGB values.
    public static func of(colors: Int, isDirect: Bool, noColor: String?) -> ColorDepth {
        if let noColor, !noColor.isEmpty { return .mono }
        switch colors {
        case ..<8: return .mono
        case ..<16: return .ansi8
        case ..<256: return .ansi16
        default: return isDirect ? .direct : .indexed256
        }
    }

    /// The terminal description to try instead of `term` where the environment says that the terminal shows any colour:
    /// `COLORTERM` is `truecolor` or `24bit`, as terminals set it that are called `xterm-256color` for the sake of
    /// programs elsewhere. `nil` where it does not say so, or where `NO_COLOR` is set.
    public static func directTerm(for term: String, colorTerm: String?, noColor: String?) -> String? {
        guard noColor?.isEmpty != false, let colorTerm, ["truecolor", "24bit"].contains(colorTerm.lowercased()),
            !term.hasSuffix("-direct")
        else { return nil }
        var base = term[...]
        for suffix in ["-256color", "-88color", "-16color"] where base.hasSuffix(suffix) {
            base = base.dropLast(suffix.count)
        }
        return base + "-direct"
    }

    /// The style as this depth shows it: colours replaced by the nearest there are.
    ///
    /// With 16 colours or fewer, letters that would be hard to read on what is behind them become black or white.
    /// Without colours a background becomes reverse video, so that a selection still shows; so does, with few, one
    /// that comes out like `plain`, the background of the whole picture, which stays as it is.
    public func adapt(_ style: Style, plain: Color = .default) -> Style {
        var style = style
        if self == .mono {
            if style.background != .default, style.background != plain { style.attributes.insert(.reverse) }
            style.foreground = .default
            style.background = .default
            return style
        }
        let wanted = style
        style.foreground = nearest(style.foreground)
        style.background = behind(style.background)
        guard self < .indexed256 else { return style }
        if case .indexed(let front) = style.foreground, case .indexed(let back) = style.background,
            wanted.foreground != wanted.background
        {
            // Bright black is bold black where there are no bright colours, and that may be black.
            let shown = self == .ansi8 && front == 8 ? 0 : front
            style.foreground = .indexed(Palette.legible(shown, on: back))
        }
        if self == .ansi8, case .indexed(let index) = style.foreground, index >= 8 {
            style.foreground = .indexed(index - 8)
            style.attributes.insert(.bold)
        }
        // Of so few colours two backgrounds may come out as one.
        let stoodOut = wanted.background != plain && wanted.background != .default
        if stoodOut, style.background == behind(plain) { style.attributes.insert(.reverse) }
        return style
    }

    /// The nearest background there is: eight colours have no bright ones.
    private func behind(_ color: Color) -> Color {
        let nearest = nearest(color)
        guard self == .ansi8, case .indexed(let index) = nearest, index >= 8 else { return nearest }
        return .indexed(index - 8)
    }

    /// The nearest colour there is. At 8 colours the result may still be a bright one: ``adapt(_:)`` makes it bold.
    public func nearest(_ color: Color) -> Color {
        switch (self, color) {
        case (.mono, _), (_, .default): return .default
        case (.direct, .indexed(let index)) where index >= 8:
            let (red, green, blue) = Palette.components(index)
            return .rgb(red, green, blue)
        case (.direct, _), (.indexed256, .indexed): return color
        case (.indexed256, .rgb(let red, let green, let blue)):
            return .indexed(Palette.nearest(red, green, blue, in: 16...255))
        case (_, .indexed(let index)) where index < 16: return color
        case (_, .indexed(let index)):
            let (red, green, blue) = Palette.components(index)
            return .indexed(Palette.ansi(red, green, blue))
        case (_, .rgb(let red, let green, let blue)):
            return .indexed(Palette.ansi(red, green, blue))
        }
    }
}
