/// A letter of a name, in both cases.
struct Letter: Hashable, Sendable {
    let lower: UInt32
    let upper: UInt32

    init(_ scalar: Unicode.Scalar) {
        func single(_ mapped: String) -> UInt32 {
            let scalars = mapped.unicodeScalars
            // A letter that becomes two ("ß") has no other case here.
            return scalars.count == 1 ? scalars.first?.value ?? scalar.value : scalar.value
        }
        if scalar.isASCII {
            let value = scalar.value
            lower = (0x41...0x5A).contains(value) ? value + 0x20 : value
            upper = (0x61...0x7A).contains(value) ? value - 0x20 : value
        } else {
            lower = single(scalar.properties.lowercaseMapping)
            upper = single(scalar.properties.uppercaseMapping)
        }
    }
}

/// Letters an expression takes at one place.
struct LetterSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    /// Whether it is all the others.
    var isInverse = false

    /// Every letter.
    static let all = LetterSet(ranges: [], isInverse: true)

    init(ranges: [ClosedRange<UInt32>] = [], isInverse: Bool = false) {
        self.ranges = ranges
        self.isInverse = isInverse
    }

    /// One letter.
    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// The set of `\d`, `\w` or `\s` as PCRE has them, or with a capital all others; `nil` for another letter.
    init?(escape: Character) {
        switch escape.lowercased() {
        case "d": ranges = [0x30...0x39]
        case "w": ranges = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
        case "s": ranges = [0x09...0x0D, 0x20...0x20]
        default: return nil
        }
        isInverse = escape.isUppercase
    }

    /// Adds the letters of a range.
    mutating func add(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    /// Adds the letters of another set, which may be an inverse one.
    mutating func add(_ other: LetterSet) {
        guard other.isInverse else {
            ranges += other.ranges
            return
        }
        var start: UInt32 = 0
        for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { ranges.append(start...(range.lowerBound - 1)) }
            start = max(start, range.upperBound + 1)
        }
        ranges.append(start...0x10_FFFF)
    }

    /// Whether a letter is in it, in either case.
    func contains(_ letter: Letter) -> Bool {
        ranges.contains { $0.contains(letter.lower) || $0.contains(letter.upper) } != isInverse
    }
}
