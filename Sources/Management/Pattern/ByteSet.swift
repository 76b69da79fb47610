/// Bytes that an expression takes at one place. Letters are those of ISO 8859-1, as for Erlang's `re`.
struct ByteSet: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ ranges: ClosedRange<UInt8>...) {
        for range in ranges { insert(range) }
    }

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word & (1 << UInt64(byte & 63)) != 0
    }

    mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func insert(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }

    mutating func formUnion(_ other: ByteSet) {
        words = (words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3)
    }

    /// All others.
    var inverse: ByteSet {
        var set = ByteSet()
        set.words = (~words.0, ~words.1, ~words.2, ~words.3)
        return set
    }

    /// With the letters' other cases.
    var inBothCases: ByteSet {
        var set = self
        for byte in UInt8.min...UInt8.max where contains(byte) {
            if let other = Self.otherCase(of: byte) { set.insert(other) }
        }
        return set
    }

    private static func otherCase(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A, 0xC0...0xD6, 0xD8...0xDE: byte + 0x20
        case 0x61...0x7A, 0xE0...0xF6, 0xF8...0xFE: byte - 0x20
        default: nil
        }
    }

    // MARK: Classes

    static let all = ByteSet(0...255)
    static let digit = ByteSet(0x30...0x39)
    static let upper = ByteSet(0x41...0x5A, 0xC0...0xD6, 0xD8...0xDE)
    static let lower = ByteSet(0x61...0x7A, 0xAA...0xAA, 0xB5...0xB5, 0xBA...0xBA, 0xDF...0xF6, 0xF8...0xFF)
    static let letter = upper.union(lower)
    static let alphanumeric = letter.union(digit)
    static let word = alphanumeric.union(ByteSet(0x5F...0x5F))
    static let space = ByteSet(0x09...0x0D, 0x20...0x20)
    static let horizontal = ByteSet(0x09...0x09, 0x20...0x20, 0xA0...0xA0)
    static let vertical = ByteSet(0x0A...0x0D, 0x85...0x85)

    private func union(_ other: ByteSet) -> ByteSet {
        var set = self
        set.formUnion(other)
        return set
    }

    /// The class of an escape: `\d`, and with a capital all others; nil for another letter.
    init?(escape letter: UInt8) {
        let classes: [(UInt8, ByteSet)] = [
            (UInt8(ascii: "d"), .digit), (UInt8(ascii: "w"), .word), (UInt8(ascii: "s"), .space),
            (UInt8(ascii: "h"), .horizontal), (UInt8(ascii: "v"), .vertical),
        ]
        guard let found = classes.first(where: { $0.0 == letter | 0x20 }) else { return nil }
        self = letter & 0x20 == 0 ? found.1.inverse : found.1
    }

    /// The class that POSIX gives this name.
    init?(posix name: String) {
        switch name {
        case "alpha": self = .letter
        case "digit": self = .digit
        case "alnum": self = .alphanumeric
        case "upper": self = .upper
        case "lower": self = .lower
        case "word": self = .word
        case "space": self = .space
        case "blank": self = ByteSet(0x09...0x09, 0x20...0x20)
        case "xdigit": self = ByteSet(0x30...0x39, 0x41...0x46, 0x61...0x66)
        case "cntrl": self = ByteSet(0...0x1F, 0x7F...0x9F)
        case "print": self = ByteSet(0x20...0x7E, 0xA0...0xFF)
        case "graph": self = ByteSet(0x21...0x7E, 0xA0...0xFF)
        case "punct":
            self = ByteSet(
                0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E, 0xA0...0xA9, 0xAB...0xB4, 0xB6...0xB9, 0xBB...0xBF,
                0xD7...0xD7, 0xF7...0xF7)
        case "ascii": self = .all
        default: return nil
        }
    }
}
