/// A colour as the console means it; ``ColorDepth`` brings it to what the terminal can show.
public enum Color: Hashable, Sendable {
    /// The terminal's own foreground or background.
    case `default`
    /// One of xterm's 256 colours: 0–7 the ANSI colours, 8–15 their bright variants, 16–231 a 6×6×6 cube, 232–255 greys.
    case indexed(UInt8)
    /// Red, green and blue, each 0 to 255.
    case rgb(UInt8, UInt8, UInt8)
}
