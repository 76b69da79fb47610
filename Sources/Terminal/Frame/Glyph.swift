/// What one cell shows: a scalar with at most two combining marks, in eight bytes, so that cells are cheap to compare.
public struct Glyph: Hashable, Sendable {
    /// More marks than this on one letter are an attack on the screen, not text.
    static let maximumMarks = 2

    /// 21 bits each: the letter, the first mark, the second mark; 0 for none.
    private var bits: UInt64

    /// A letter without marks.
    init(_ scalar: Unicode.Scalar) { bits = UInt64(scalar.value) }

    /// An empty cell.
    static let space = Glyph(" ")

    /// The place covered by the right half of a wide letter.
    static let continuation = Glyph("\0")

    /// The letter.
    var base: Unicode.Scalar { Self.scalar(bits & Self.mask) ?? " " }

    /// The letter and its marks.
    var scalars: (Unicode.Scalar, Unicode.Scalar?, Unicode.Scalar?) {
        (base, Self.scalar(bits >> 21 & Self.mask), Self.scalar(bits >> 42 & Self.mask))
    }

    /// Puts a mark on the letter; false where it has enough.
    mutating func add(mark: Unicode.Scalar) -> Bool {
        for place in 1...UInt64(Self.maximumMarks) where bits >> (21 * place) & Self.mask == 0 {
            bits |= UInt64(mark.value) << (21 * place)
            return true
        }
        return false
    }

    private static let mask: UInt64 = 0x1F_FFFF

    private static func scalar(_ value: UInt64) -> Unicode.Scalar? {
        value == 0 ? nil : Unicode.Scalar(UInt32(truncatingIfNeeded: value))
    }
}
