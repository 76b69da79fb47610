/// An expression as a tree.
indirect enum PatternTree: Hashable, Sendable {
    case letter(LetterSet)
    case start, end
    case sequence([PatternTree])
    case choice([PatternTree])
    /// From least to most times; `nil`: any number more.
    case repeated(PatternTree, Int, Int?)

    /// How many repetitions there are in it.
    var repetitions: Int {
        switch self {
        case .letter, .start, .end: 0
        case .sequence(let parts), .choice(let parts): parts.reduce(0) { $0 + $1.repetitions }
        case .repeated(let part, _, _): part.repetitions + 1
        }
    }

    /// Whether there is one way through it only.
    private var isStraight: Bool {
        switch self {
        case .letter, .start, .end: true
        case .sequence(let parts): parts.allSatisfy(\.isStraight)
        case .choice, .repeated: false
        }
    }

    /// Whether nothing is repeated that has several ways through it: such ways multiply with each turn.
    var repeatsOnlyStraight: Bool {
        switch self {
        case .letter, .start, .end: true
        case .sequence(let parts), .choice(let parts): parts.allSatisfy(\.repeatsOnlyStraight)
        case .repeated(let part, _, _): part.isStraight
        }
    }
}

/// Reads an expression.
struct PatternParser {
    private let letters: [Character]
    private var place = 0
    private var depth = 0

    init(_ text: String) { letters = Array(text) }

    /// The whole expression.
    mutating func parse() throws(Pattern.Problem) -> PatternTree {
        guard letters.count <= Pattern.longestText else {
            throw Pattern.Problem(
                offset: Pattern.longestText, problem: "the expression is too long",
                expected: "at most \(Pattern.longestText) characters")
        }
        if letters.isEmpty { throw problem("nothing to look for", expected: "an expression behind ~") }
        let tree = try choice()
        if place < letters.count { throw problem("')' closes nothing", expected: "\\) for the sign itself") }
        return tree
    }

    private var next: Character? { place < letters.count ? letters[place] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        place += 1
        return true
    }

    private mutating func choice() throws(Pattern.Problem) -> PatternTree {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(Pattern.Problem) -> PatternTree {
        var parts: [PatternTree] = []
        while let letter = next, letter != "|", letter != ")" { parts.append(try repeated()) }
        return .sequence(parts)
    }

    private mutating func repeated() throws(Pattern.Problem) -> PatternTree {
        let tree = try atom()
        let offset = place
        let bounds: (least: Int, most: Int?)
        switch next {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{": bounds = try counts()
        default: return tree
        }
        place += 1
        if let sign = next, "*+?{".contains(sign) {
            throw problem("a repetition of a repetition", expected: "one of * + ? {n,m}, or a group around the first")
        }
        if tree == .start || tree == .end {
            throw Pattern.Problem(offset: offset, problem: "^ and $ cannot be repeated", expected: "a letter before it")
        }
        return .repeated(tree, bounds.least, bounds.most)
    }

    /// `{n}`, `{n,}` or `{n,m}`, up to before its closing brace.
    private mutating func counts() throws(Pattern.Problem) -> (least: Int, most: Int?) {
        let start = place
        let expected = "{n}, {n,} or {n,m} with n ≤ m ≤ \(Pattern.mostSteps), or \\{ for the sign itself"
        guard let end = letters[start...].firstIndex(of: "}") else {
            throw problem("the brace is not closed", expected: expected)
        }
        let parts = letters[(start + 1)..<end].split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.map { part in
            part.count <= 3 && part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(String(part)) : nil
        }
        let isOpen = parts.count == 2 && parts[1].isEmpty
        guard let first = numbers.first, let least = first, parts.count <= 2 else {
            throw problem("no count", expected: expected)
        }
        let most = parts.count == 1 ? least : numbers[1]
        guard isOpen || most != nil, least <= Pattern.mostSteps, most.map({ $0 >= least }) ?? true else {
            throw problem("no count", expected: expected)
        }
        place = end
        return (least, isOpen ? nil : most)
    }

    private mutating func atom() throws(Pattern.Problem) -> PatternTree {
        guard let letter = next else { throw problem("the expression ends here", expected: "a letter") }
        switch letter {
        case "(": return try group()
        case "[": return .letter(try set())
        case "*", "+", "?", "{":
            throw problem("'\(letter)' repeats nothing", expected: "a letter before it, or \\\(letter)")
        case "\\": return .letter(try escape())
        default: break
        }
        place += 1
        switch letter {
        case ".": return .letter(.all)
        case "^": return .start
        case "$": return .end
        default: return .sequence(letter.unicodeScalars.map { .letter(LetterSet($0)) })
        }
    }

    private mutating func group() throws(Pattern.Problem) -> PatternTree {
        let start = place
        place += 1
        if take("?"), !take(":") {
            throw problem("only (?: ) is known of the groups with (?", expected: "( or (?:")
        }
        depth += 1
        guard depth <= Pattern.deepestNesting else {
            throw problem("groups stand too deep in each other", expected: "at most \(Pattern.deepestNesting)")
        }
        let tree = try choice()
        depth -= 1
        guard take(")") else {
            throw Pattern.Problem(offset: start, problem: "the group is not closed", expected: ")")
        }
        return tree
    }

    private mutating func escape() throws(Pattern.Problem) -> LetterSet {
        place += 1
        guard let letter = next else { throw problem("nothing behind \\", expected: "the sign that is meant") }
        if let set = LetterSet(escape: letter) {
            place += 1
            return set
        }
        guard let scalar = letter.unicodeScalars.first, letter.unicodeScalars.count == 1, !letter.isLetter,
            !letter.isNumber
        else {
            throw problem("\\\(letter) is not known", expected: "\\d, \\w, \\s, or \\ before a sign")
        }
        place += 1
        return LetterSet(scalar)
    }

    private mutating func set() throws(Pattern.Problem) -> LetterSet {
        let start = place
        place += 1
        var set = LetterSet(isInverse: take("^"))
        var isFirst = true
        while let letter = next, letter != "]" || isFirst {
            isFirst = false
            let low = try member()
            guard low.count == 1, next == "-", place + 1 < letters.count, letters[place + 1] != "]" else {
                set.add(low.set)
                continue
            }
            place += 1
            let high = try member()
            guard high.count == 1, low.value <= high.value else {
                throw problem("the range runs backwards", expected: "the lower end first")
            }
            set.add(low.value...high.value)
        }
        guard take("]") else { throw Pattern.Problem(offset: start, problem: "'[' is not closed", expected: "]") }
        return set
    }

    /// One member of a set: a letter, or the letters of an escape.
    private mutating func member() throws(Pattern.Problem) -> (set: LetterSet, count: Int, value: UInt32) {
        guard let letter = next else { throw problem("the set ends here", expected: "]") }
        if letter == "\\" {
            let set = try escape()
            let first = set.ranges[0]
            let isSingle = set.ranges.count == 1 && first.count == 1 && !set.isInverse
            return (set, isSingle ? 1 : 2, first.lowerBound)
        }
        guard let scalar = letter.unicodeScalars.first, letter.unicodeScalars.count == 1 else {
            throw problem("a letter of several parts", expected: "single letters in [ ]")
        }
        // Other dialects read more into these.
        let isDoubled = "&-~".contains(letter) && place + 1 < letters.count && letters[place + 1] == letter
        if letter == "[" || isDoubled {
            throw problem("'\(letter)' means other things in a set elsewhere", expected: "\\\(letter)")
        }
        place += 1
        return (LetterSet(scalar), 1, scalar.value)
    }

    private func problem(_ problem: String, expected: String) -> Pattern.Problem {
        Pattern.Problem(offset: place, problem: problem, expected: expected)
    }
}
