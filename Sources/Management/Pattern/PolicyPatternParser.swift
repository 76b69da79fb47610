/// Reads the expression of a policy as PCRE does.
struct PolicyPatternParser {
    typealias Problem = PolicyPattern.Problem
    typealias Tree = PolicyPatternTree

    /// Switches that hold from where they are set to the end of their group.
    struct Options {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewlines = false
        var isExtended = false
    }

    let bytes: [UInt8]
    var place = 0
    private var depth = 0
    var options = Options()
    private var groupNames: Set<String> = []

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The whole expression.
    mutating func parse() throws(Problem) -> Tree {
        guard bytes.count <= PolicyPattern.longestText else {
            throw Problem(
                problem: "regular expression is too large: more than \(PolicyPattern.longestText) bytes",
                offset: PolicyPattern.longestText, isOnlyHere: true)
        }
        let tree = try choice()
        if place < bytes.count { throw problem("unmatched parentheses") }
        return tree
    }

    // MARK: Structure

    private mutating func choice() throws(Problem) -> Tree {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(Problem) -> Tree {
        var parts: [Tree] = []
        var canRepeat = false
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if options.isExtended, skipSpace() { continue }
            if let (least, most) = try counts(after: canRepeat) {
                let last = parts.removeLast()
                parts.append(.repeated(last, least, most))
                canRepeat = false
                continue
            }
            let before = parts.count
            canRepeat = try element(&parts) && (parts.count > before || canRepeat)
        }
        return .sequence(parts)
    }

    /// Reads one element; returns whether it may be repeated.
    private mutating func element(_ parts: inout [Tree]) throws(Problem) -> Bool {
        switch bytes[place] {
        case UInt8(ascii: "("): return try group(&parts)
        case UInt8(ascii: "["):
            parts.append(.byte(try set()))
            return true
        case UInt8(ascii: "\\"): return try escape(&parts)
        case UInt8(ascii: "."):
            place += 1
            parts.append(.byte(options.dotTakesNewlines ? .all : ByteSet(0x0A...0x0A).inverse))
            return true
        case UInt8(ascii: "^"):
            place += 1
            parts.append(.place(options.isMultiline ? .lineStart : .start))
            return false
        case UInt8(ascii: "$"):
            place += 1
            parts.append(.place(options.isMultiline ? .lineEnd : .endOrNewline))
            return false
        case let byte:
            place += 1
            parts.append(literal(byte))
            return true
        }
    }

    func literal(_ byte: UInt8) -> Tree {
        let set = ByteSet(byte...byte)
        return .byte(options.ignoresCase ? set.inBothCases : set)
    }

    /// White space and comments, which mean nothing with `(?x)`; false where there is none.
    private mutating func skipSpace() -> Bool {
        if take("#") {
            while let byte = next, byte != UInt8(ascii: "\n") { place += 1 }
            return true
        }
        guard let byte = next, ByteSet.space.contains(byte) else { return false }
        place += 1
        return true
    }

    // MARK: Repetition

    /// `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`, lazy or not, which is the same to a name; nil where there is none.
    private mutating func counts(after canRepeat: Bool) throws(Problem) -> (least: Int, most: Int?)? {
        let bounds: (least: Int, most: Int?)
        switch next {
        case UInt8(ascii: "*"): bounds = (0, nil)
        case UInt8(ascii: "+"): bounds = (1, nil)
        case UInt8(ascii: "?"): bounds = (0, 1)
        case UInt8(ascii: "{"):
            guard let counted = try braces() else { return nil }
            bounds = counted
        default: return nil
        }
        guard canRepeat else { throw problem("nothing to repeat") }
        place += 1
        if take("?") { return bounds }
        if next == UInt8(ascii: "+") {
            // Possessive or not is the same where nothing else can take what it takes, which is not looked into.
            throw problem("possessive repetitions are not supported", isOnlyHere: true)
        }
        return bounds
    }

    /// Up to before the closing brace; nil where the braces are only signs.
    mutating func braces() throws(Problem) -> (least: Int, most: Int?)? {
        var end = place + 1
        func number() -> Int? {
            var digits = 0
            var value = 0
            while end < bytes.count, ByteSet.digit.contains(bytes[end]) {
                value = min(value * 10 + Int(bytes[end] - UInt8(ascii: "0")), 100_000)
                digits += 1
                end += 1
            }
            return digits == 0 ? nil : value
        }
        guard let least = number() else { return nil }
        var most: Int? = least
        if end < bytes.count, bytes[end] == UInt8(ascii: ",") {
            end += 1
            let start = end
            most = number()
            if most == nil, end != start { return nil }
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
        place = end
        if max(least, most ?? 0) > 65_535 { throw problem("number too big in {} quantifier") }
        if let most, most < least { throw problem("numbers out of order in {} quantifier") }
        return (least, most)
    }

    // MARK: Groups

    private mutating func group(_ parts: inout [Tree]) throws(Problem) -> Bool {
        place += 1
        if next == UInt8(ascii: "*") { return try startsWithVerb(&parts) }
        var look: Bool?
        let outer = options
        if take("?") {
            switch next {
            case UInt8(ascii: ":"): place += 1
            case UInt8(ascii: "="), UInt8(ascii: "!"):
                look = next == UInt8(ascii: "!")
                place += 1
            case UInt8(ascii: "#"):
                guard let end = bytes[place...].firstIndex(of: UInt8(ascii: ")")) else {
                    place = bytes.count
                    throw problem("missing ) after comment")
                }
                place = end + 1
                // What was before it may still be repeated.
                return true
            case UInt8(ascii: "<"), UInt8(ascii: "P"), UInt8(ascii: "'"): try name()
            case UInt8(ascii: ">"): throw problem("atomic groups are not supported", isOnlyHere: true)
            case UInt8(ascii: "|"): throw problem("(?| is not supported", isOnlyHere: true)
            case UInt8(ascii: "("): throw problem("conditions are not supported", isOnlyHere: true)
            case UInt8(ascii: "R"), UInt8(ascii: "&"), UInt8(ascii: "+"):
                throw problem("recursion is not supported", isOnlyHere: true)
            case let digit? where ByteSet.digit.contains(digit):
                throw problem("recursion is not supported", isOnlyHere: true)
            default: if try switches() { return false }
            }
        }
        depth += 1
        guard depth <= PolicyPattern.deepestNesting else {
            throw problem("groups stand too deep in each other", isOnlyHere: true)
        }
        let tree = try choice()
        depth -= 1
        guard take(")") else { throw problem("missing )") }
        options = outer
        parts.append(look.map { .look(tree, isNegative: $0) } ?? tree)
        return true
    }

    /// `(*` begins a verb where letters follow; else the star repeats nothing.
    private mutating func startsWithVerb(_ parts: inout [Tree]) throws(Problem) -> Bool {
        if place + 1 < bytes.count, ByteSet.letter.contains(bytes[place + 1]) || bytes[place + 1] == UInt8(ascii: ":") {
            throw problem("verbs are not supported", isOnlyHere: true)
        }
        throw problem("nothing to repeat")
    }

    /// The name of a group, up to behind its end. Nothing refers to it.
    private mutating func name() throws(Problem) {
        if take("P") {
            guard next == UInt8(ascii: "<") else {
                if next == UInt8(ascii: "=") || next == UInt8(ascii: ">") {
                    throw problem("references to groups are not supported", isOnlyHere: true)
                }
                throw problem("unrecognized character after (?P")
            }
        }
        let end = next == UInt8(ascii: "'") ? UInt8(ascii: "'") : UInt8(ascii: ">")
        place += 1
        if end == UInt8(ascii: ">"), next == UInt8(ascii: "=") || next == UInt8(ascii: "!") {
            throw problem("lookbehind is not supported", isOnlyHere: true)
        }
        let start = place
        while let byte = next, ByteSet.word.contains(byte) { place += 1 }
        let name = String(decoding: bytes[start..<place], as: UTF8.self)
        if let first = bytes[start..<place].first, ByteSet.digit.contains(first) {
            place = start
            throw problem("group name must start with a non-digit")
        }
        guard next == end, !name.isEmpty else {
            throw problem("syntax error in subpattern name (missing terminator)")
        }
        guard groupNames.insert(name).inserted else { throw problem("two named subpatterns have the same name") }
        place += 1
    }

    /// `(?i)`, which holds for the rest of the group around it: true; or `(?i:` before a group.
    private mutating func switches() throws(Problem) -> Bool {
        var isOn = true
        while let byte = next {
            switch byte {
            case UInt8(ascii: "-") where isOn: isOn = false
            case UInt8(ascii: "i"): options.ignoresCase = isOn
            case UInt8(ascii: "m"): options.isMultiline = isOn
            case UInt8(ascii: "s"): options.dotTakesNewlines = isOn
            case UInt8(ascii: "x"): options.isExtended = isOn
            case UInt8(ascii: ")"), UInt8(ascii: ":"):
                place += 1
                return byte == UInt8(ascii: ")")
            case UInt8(ascii: "J"), UInt8(ascii: "U"), UInt8(ascii: "X"):
                throw problem("the switch \(Character(Unicode.Scalar(byte))) is not supported", isOnlyHere: true)
            default: throw problem("unrecognized character after (? or (?-")
            }
            place += 1
        }
        throw problem("unrecognized character after (? or (?-")
    }

    // MARK: Bytes

    var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == sign.value else { return false }
        place += 1
        return true
    }

    func problem(_ problem: String, isOnlyHere: Bool = false) -> Problem {
        Problem(problem: problem, offset: place, isOnlyHere: isOnlyHere)
    }
}
