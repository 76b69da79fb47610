/// Reads the terms of a filter.
struct FilterParser {
    /// The fields there are, in the order of their table.
    let fields: [(name: String, kind: FilterKind)]

    /// A character with where it stands; quoted ones mean nothing but themselves.
    private struct Letter {
        var character: Character
        var isQuoted: Bool
        var column: Int

        func `is`(_ sign: Character) -> Bool { !isQuoted && character == sign }
    }

    private typealias Word = ArraySlice<Letter>

    /// The terms of a text; none for an empty one.
    func terms(of text: String) throws(FilterError) -> [FilterTerm] {
        var terms: [FilterTerm] = []
        for word in try words(of: text) { terms.append(try term(of: word)) }
        return terms
    }

    private func words(of text: String) throws(FilterError) -> [(letters: Word, column: Int)] {
        var words: [(letters: Word, column: Int)] = []
        var word: [Letter] = []
        var start: Int?
        var quote: Int?
        for (place, character) in text.enumerated() {
            let column = place + 1
            if character == "\"" {
                quote = quote == nil ? column : nil
                start = start ?? column
            } else if quote == nil, character.isWhitespace {
                if let start { words.append((word[...], start)) }
                (word, start) = ([], nil)
            } else {
                word.append(Letter(character: character, isQuoted: quote != nil, column: column))
                start = start ?? column
            }
        }
        if let quote { throw FilterError(column: quote, problem: "the quote is not closed", expected: "a second \"") }
        if let start { words.append((word[...], start)) }
        return words
    }

    private func term(of word: (letters: Word, column: Int)) throws(FilterError) -> FilterTerm {
        var rest = word.letters
        let isInverse = rest.first?.is("!") == true
        if isInverse { rest = rest.dropFirst() }
        guard let first = rest.first else {
            let column = word.column + (isInverse ? 1 : 0)
            throw FilterError(column: column, problem: "nothing to look for", expected: "a text, ~regex or a field")
        }
        if first.is("~") {
            return FilterTerm(isInverse: isInverse, test: .matches(try pattern(rest.dropFirst(), first)))
        }
        guard let sign = rest.firstIndex(where: { $0.is("=") || $0.is("<") || $0.is(">") }) else {
            return FilterTerm(isInverse: isInverse, test: .contains(string(rest)))
        }
        return FilterTerm(isInverse: isInverse, test: try comparison(rest, sign))
    }

    private func pattern(_ letters: Word, _ tilde: Letter) throws(FilterError) -> Pattern {
        do throws(Pattern.Problem) {
            return try Pattern(string(letters))
        } catch {
            let place = letters.startIndex + error.offset
            let end = (letters.last?.column ?? tilde.column) + 1
            let column = letters.indices.contains(place) ? letters[place].column : end
            throw FilterError(column: column, problem: error.problem, expected: error.expected)
        }
    }

    private func comparison(_ word: Word, _ sign: Int) throws(FilterError) -> FilterTerm.Test {
        var operatorStart = sign
        var operatorEnd = sign + 1
        if word[sign].is("=") {
            if sign > word.startIndex, word[sign - 1].is("!") { operatorStart -= 1 }
        } else if operatorEnd < word.endIndex, word[operatorEnd].is("=") {
            operatorEnd += 1
        }
        let written = string(word[operatorStart..<operatorEnd])
        let name = string(word[..<operatorStart])
        let start = word[word.startIndex].column
        let fieldNames = fields.map(\.name).joined(separator: ", ")
        guard !name.isEmpty else {
            throw FilterError(
                column: start, problem: "no field before '\(written)'",
                expected: "one of \(fieldNames), or quotes around a text with '\(written)'")
        }
        guard let place = fields.firstIndex(where: { $0.name == name.lowercased() }) else {
            throw FilterError(
                column: start, problem: "there is no field '\(name)'",
                expected: "one of \(fieldNames), or quotes around a text with '\(written)'")
        }
        let kind = fields[place].kind
        // Every way of writing an operator above is one of the table.
        guard let comparison = FilterComparison(rawValue: written),
            !comparison.isOrder || kind == .number || kind == .bytes
        else {
            throw FilterError(
                column: word[operatorStart].column, problem: "'\(name)' is not a number and has no '\(written)'",
                expected: "= or !=")
        }
        let letters = word[operatorEnd...]
        guard let value = FilterValue(string(letters), kind: kind) else {
            let column = letters.first?.column ?? word[operatorEnd - 1].column + 1
            let problem = letters.isEmpty ? "no value" : "'\(string(letters))' is none"
            throw FilterError(column: column, problem: problem, expected: kind.expected)
        }
        return .field(place, comparison, value)
    }

    private func string(_ letters: Word) -> String { String(letters.map(\.character)) }
}

extension FilterValue {
    /// The value a text means for a kind of field.
    fileprivate init?(_ text: String, kind: FilterKind) {
        switch kind {
        case .text:
            guard !text.isEmpty else { return nil }
            self = .text(text)
        case .flag:
            switch text.lowercased() {
            case "yes", "true", "y": self = .flag(true)
            case "no", "false", "n": self = .flag(false)
            default: return nil
            }
        case .number, .bytes:
            guard let number = Self.number(text, unit: kind == .bytes ? 1024 : 1000) else { return nil }
            self = .number(number)
        }
    }

    /// A decimal number with at most one of k, M, G and T behind it.
    private static func number(_ text: String, unit: Double) -> Double? {
        let suffixes: [Character] = ["k", "m", "g", "t"]
        var digits = text.lowercased()
        var scale = 1.0
        if let last = digits.last, let place = suffixes.firstIndex(of: last) {
            digits.removeLast()
            for _ in 0...place { scale *= unit }
        }
        let unsigned = digits.hasPrefix("-") ? digits.dropFirst() : digits[...]
        let isPlain = unsigned.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        guard isPlain, unsigned.first != ".", unsigned.last != ".", unsigned.utf8.count <= 18,
            let value = Double(digits)
        else { return nil }
        return value * scale
    }
}
