/// How a cell looks: two colours and attributes.
public struct Style: Hashable, Sendable {
    /// The colour of the letters.
    public var foreground: Color
    /// The colour behind them.
    public var background: Color
    /// Bold, underlined …
    public var attributes: Attributes

    /// A style; without arguments the terminal's own look.
    public init(
        foreground: Color = .default, background: Color = .default, attributes: Attributes = []
    ) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }

    /// The terminal's own look.
    public static let plain = Style()

    /// The style with further attributes.
    public func adding(_ more: Attributes) -> Style {
        Style(foreground: foreground, background: background, attributes: attributes.union(more))
    }

    /// The style on another background.
    public func on(_ background: Color) -> Style {
        Style(foreground: foreground, background: background, attributes: attributes)
    }
}

extension Style: CustomStringConvertible {
    /// For goldens: `plain`, or such as `bold underline #ff8000 on 4`.
    public var description: String {
        var words: [String] = []
        for (attribute, word) in Self.words where attributes.contains(attribute) { words.append(word) }
        if foreground != .default { words.append(Self.name(foreground)) }
        if background != .default { words.append("on " + Self.name(background)) }
        return words.isEmpty ? "plain" : words.joined(separator: " ")
    }

    private static let words: [(Attributes, String)] = [
        (.bold, "bold"), (.dim, "dim"), (.underline, "underline"), (.reverse, "reverse"), (.italic, "italic"),
    ]

    private static func name(_ color: Color) -> String {
        switch color {
        case .default: return "default"
        case .indexed(let index): return String(index)
        case .rgb(let red, let green, let blue):
            let value = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
            let digits = String(value, radix: 16)
            return "#" + String(repeating: "0", count: 6 - digits.count) + digits
        }
    }
}
