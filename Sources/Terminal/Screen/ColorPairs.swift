import CNcurses

/// The colour pairs of curses, made as styles need them.
struct ColorPairs {
    /// How curses is told of a style.
    struct Look: Equatable {
        var attributes: UInt32
        var pair: Int32
    }

    /// Whether a style found no pair left: draw everything anew after ``reset()``.
    private(set) var areExhausted = false
    /// The background that is not one, where there are no colours.
    var plain = Color.default { didSet { if plain != oldValue { last = nil } } }
    private let depth: ColorDepth
    private let limit: Int32
    private var next: Int32 = 1
    private var pairs: [UInt64: Int32] = [:]
    private var last: (style: Style, look: Look)?

    /// Counts on colours having been started.
    init(depth: ColorDepth) {
        self.depth = depth
        limit = depth == .mono ? 0 : warren_color_pairs()
    }

    /// How curses is told of a style.
    mutating func look(of style: Style) -> Look {
        if let last, last.style == style { return last.look }
        let adapted = depth.adapt(style, plain: plain)
        let look = Look(attributes: Self.bits(adapted.attributes), pair: pair(adapted))
        last = (style, look)
        return look
    }

    /// Forgets all pairs: they are made anew as they are needed.
    mutating func reset() {
        pairs.removeAll(keepingCapacity: true)
        next = 1
        last = nil
        areExhausted = false
    }

    private mutating func pair(_ style: Style) -> Int32 {
        let (foreground, background) = (Self.number(style.foreground), Self.number(style.background))
        if foreground < 0, background < 0 { return 0 }
        let key = UInt64(UInt32(bitPattern: foreground)) << 32 | UInt64(UInt32(bitPattern: background))
        if let known = pairs[key] { return known }
        guard next < limit, init_extended_pair(next, foreground, background) == OK else {
            areExhausted = true
            return 0
        }
        pairs[key] = next
        next += 1
        return next - 1
    }

    private static func number(_ color: Color) -> Int32 {
        switch color {
        case .default: return -1
        case .indexed(let index): return Int32(index)
        case .rgb(let red, let green, let blue):
            let value = Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
            // Direct-colour descriptions keep the lowest eight numbers for the ANSI colours (terminfo, xterm-direct).
            return value > 0 && value < 8 ? 8 : value
        }
    }

    private static func bits(_ attributes: Attributes) -> UInt32 {
        var bits: UInt32 = 0
        if attributes.contains(.bold) { bits |= warren_a_bold }
        if attributes.contains(.dim) { bits |= warren_a_dim }
        if attributes.contains(.underline) { bits |= warren_a_underline }
        if attributes.contains(.reverse) { bits |= warren_a_reverse }
        if attributes.contains(.italic) { bits |= warren_a_italic }
        return bits
    }
}
