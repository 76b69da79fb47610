/// Bytes and sets of bytes in the expression of a policy.
extension PolicyPatternParser {
    // MARK: Escapes

    /// Reads what a backslash begins; returns whether it may be repeated.
    mutating func escape(_ parts: inout [Tree]) throws(Problem) -> Bool {
        place += 1
        guard let byte = next else { throw problem("\\ at end of pattern") }
        place += 1
        if let set = ByteSet(escape: byte) {
            parts.append(.byte(set))
            return true
        }
        let places: [(UInt8, PolicyPattern.Place)] = [
            (UInt8(ascii: "A"), .start), (UInt8(ascii: "G"), .start), (UInt8(ascii: "z"), .end),
            (UInt8(ascii: "Z"), .endOrNewline), (UInt8(ascii: "b"), .wordBoundary),
            (UInt8(ascii: "B"), .noWordBoundary),
        ]
        if let found = places.first(where: { $0.0 == byte }) {
            parts.append(.place(found.1))
            return false
        }
        switch byte {
        case UInt8(ascii: "N"):
            // A name in braces, unless they count.
            let behind = place
            if next == UInt8(ascii: "{"), try braces() == nil {
                place -= 1
                throw problem(Self.unknownToPCRE)
            }
            place = behind
            parts.append(.byte(ByteSet(0x0A...0x0A).inverse))
        case UInt8(ascii: "R"):
            // The end of a line: \r\n counts as one.
            let pair = Tree.sequence([.byte(ByteSet(0x0D...0x0D)), .byte(ByteSet(0x0A...0x0A))])
            parts.append(.choice([pair, .byte(.vertical)]))
        case UInt8(ascii: "Q"):
            while let quoted = next {
                if quoted == UInt8(ascii: "\\"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "E") {
                    place += 2
                    break
                }
                parts.append(literal(quoted))
                place += 1
            }
        case UInt8(ascii: "E"): break
        case UInt8(ascii: "1")...UInt8(ascii: "9"): parts.append(literal(try digits(byte)))
        case UInt8(ascii: "g"), UInt8(ascii: "k"): throw problem(Self.reference, isOnlyHere: true)
        case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "C"), UInt8(ascii: "K"):
            throw problem("\\\(Character(Unicode.Scalar(byte))) is not supported", isOnlyHere: true)
        default: parts.append(literal(try character(byte)))
        }
        return true
    }

    private static let reference = "references to groups are not supported"

    /// A byte in octal digits, where there are too few groups for a reference to one.
    private mutating func digits(_ first: UInt8) throws(Problem) -> UInt8 {
        place -= 1
        let number = bytes[place...].prefix { ByteSet.digit.contains($0) }.prefix(4).reduce(0) {
            $0 * 10 + Int($1 - UInt8(ascii: "0"))
        }
        guard number >= 8, number > bytes.count(where: { $0 == UInt8(ascii: "(") }) else {
            throw problem(Self.reference, isOnlyHere: true)
        }
        if first < UInt8(ascii: "8") { return UInt8(truncatingIfNeeded: self.number(8, atMost: 3)) }
        place += 1
        return first
    }

    private static let unknownToPCRE = "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u"

    /// The single byte that an escape means, of which the first letter has been read.
    private mutating func character(_ byte: UInt8) throws(Problem) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "e"): return 0x1B
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "c"):
            guard let control = next else { throw problem("\\c at end of pattern") }
            place += 1
            let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(control)
            return (isLower ? control - 0x20 : control) ^ 0x40
        case UInt8(ascii: "x"):
            if take("{") { return try braced(16) }
            return UInt8(truncatingIfNeeded: number(16, atMost: 2))
        case UInt8(ascii: "o"):
            guard take("{") else {
                place -= 1
                throw problem("missing opening brace after \\o")
            }
            return try braced(8)
        case UInt8(ascii: "0"): return UInt8(truncatingIfNeeded: number(8, atMost: 2))
        case UInt8(ascii: "L"), UInt8(ascii: "l"), UInt8(ascii: "U"), UInt8(ascii: "u"):
            place -= 1
            throw problem(Self.unknownToPCRE)
        default: return byte
        }
    }

    private mutating func number(_ base: Int, atMost digits: Int) -> Int {
        var value = 0
        for _ in 0..<digits {
            guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }), digit < base else { break }
            value = value * base + digit
            place += 1
        }
        return value
    }

    private mutating func braced(_ base: Int) throws(Problem) -> UInt8 {
        let value = number(base, atMost: 16 == base ? 7 : 10)
        guard value <= 255 else { throw problem("character value in \\x{} or \\o{} is too large") }
        guard take("}") else { throw problem("non-hex character in \\x{} (closing brace missing?)") }
        return UInt8(value)
    }

    // MARK: Sets

    mutating func set() throws(Problem) -> ByteSet {
        place += 1
        let isInverse = take("^")
        var set = ByteSet()
        var isFirst = true
        while let byte = next, byte != UInt8(ascii: "]") || isFirst {
            isFirst = false
            guard let low = try member(&set) else { continue }
            guard next == UInt8(ascii: "-"), place + 1 < bytes.count, bytes[place + 1] != UInt8(ascii: "]") else {
                set.insert(low)
                continue
            }
            place += 1
            var other = ByteSet()
            guard let high = try member(&other) else {
                place -= 1
                throw problem("invalid range in character class")
            }
            guard low <= high else {
                place -= 1
                throw problem("range out of order in character class")
            }
            set.insert(low...high)
        }
        guard take("]") else { throw problem("missing terminating ] for character class") }
        if options.ignoresCase { set = set.inBothCases }
        return isInverse ? set.inverse : set
    }

    /// One member of a set: a byte that may begin a range, or nil for several, which it adds.
    private mutating func member(_ set: inout ByteSet) throws(Problem) -> UInt8? {
        guard let byte = next else { throw problem("missing terminating ] for character class") }
        if byte == UInt8(ascii: "["), let kind = place + 1 < bytes.count ? bytes[place + 1] : nil,
            [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(kind), let end = end(of: kind)
        {
            guard kind == UInt8(ascii: ":") else { throw problem("POSIX collating elements are not supported") }
            var name = String(decoding: bytes[(place + 2)..<end], as: UTF8.self)
            let isInverse = name.hasPrefix("^")
            if isInverse { name.removeFirst() }
            guard let named = ByteSet(posix: name) else {
                place += 2
                throw problem("unknown POSIX class name")
            }
            set.formUnion(isInverse ? named.inverse : named)
            place = end + 2
            return nil
        }
        place += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        guard let letter = next else { throw problem("\\ at end of pattern") }
        place += 1
        if let named = ByteSet(escape: letter) {
            set.formUnion(named)
            return nil
        }
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "N"): throw problem("\\N is not supported in a class")
        case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "Q"), UInt8(ascii: "E"):
            throw problem("\\\(Character(Unicode.Scalar(letter))) is not supported in a class", isOnlyHere: true)
        case UInt8(ascii: "1")...UInt8(ascii: "7"):
            place -= 1
            return UInt8(truncatingIfNeeded: number(8, atMost: 3))
        default: return try character(letter)
        }
    }

    /// Where `:]` or its like ends a name that begins behind this place; nil where there is none.
    private func end(of kind: UInt8) -> Int? {
        var place = place + 2
        while place + 1 < bytes.count, bytes[place] != UInt8(ascii: "]"), bytes[place] != UInt8(ascii: "\\") {
            if bytes[place] == kind, bytes[place + 1] == UInt8(ascii: "]") { return place }
            place += 1
        }
        return nil
    }
}
