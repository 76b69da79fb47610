/// Finds iteration over dictionaries and sets, whose order differs from run to run (nothing observable may depend on
/// it). A heuristic: it goes by the names that are declared with such a type in the module.
///
/// A line is fine when it sorts, or when it or the line above carries a comment `order-free: why`.
struct OrderRule {
    /// Names declared as dictionary or set anywhere in the module.
    private let unordered: Set<String>

    init(_ files: [SourceFile]) {
        // Other files see neither what is private nor what is local to a function.
        unordered = files.reduce(into: []) { $0.formUnion(Self.declared(in: $1.shared).unordered) }
    }

    func violations(in file: SourceFile) -> [Violation] {
        let own = Self.declared(in: file.code)
        // What the file itself declares as something else is not the dictionary of the same name elsewhere.
        let names = unordered.subtracting(own.other.subtracting(own.unordered))
        return file.code.enumerated().compactMap { number, line in
            guard let name = Self.iterated(in: line).first(where: names.contains) else { return nil }
            let next = number + 1 < file.code.count ? file.code[number + 1] : ""
            let goesOn = next.drop(while: \.isWhitespace).hasPrefix(".")
            if line.contains("sorted") || goesOn && next.contains("sorted") { return nil }
            let said = file.comments[number] + (number > 0 ? file.comments[number - 1] : "")
            if said.contains("order-free:") { return nil }
            return Violation(
                path: file.path, line: number + 1,
                reason: "iteration over the dictionary or set '\(name)' without sorting it")
        }
    }

    /// Names on a line whose elements it walks through.
    private static func iterated(in line: String) -> [String] {
        var found: [String] = []
        for match in line.matches(
            of: /\bfor\s+(?:case\s+)?.+?\s+in\s+(?:[\w.?!]+\.)?(\w+)(?:\.(?:keys|values))?\s*(?:\{|where|$)/)
        {
            found.append(String(match.1))
        }
        let walks =
            /(\w+)[?!]?\.(?:(?:keys|values)\.?\b|(?:forEach|map|flatMap|compactMap|compactMapValues|filter|reduce|first|enumerated|prefix|lazy|popFirst|randomElement|min|max|joined)\b)/
        for match in line.matches(of: walks) { found.append(String(match.1)) }
        return found
    }

    /// Names a file declares: as dictionary or set, and as anything else.
    private static func declared(in lines: [String]) -> (unordered: Set<String>, other: Set<String>) {
        var unordered: Set<String> = []
        var other: Set<String> = []
        for line in lines {
            for match in line.matches(
                of: /(?:\b(?:var|let)\s+)?(\w+)\s*:\s*(?:inout\s+)?(\[[^\[\]]*:[^=]*\]|Set<|Dictionary<)/)
            {
                unordered.insert(String(match.1))
            }
            for match in line.matches(of: /\b(?:var|let)\s+(\w+)\s*=\s*(?:\[[^\[\]:]+:.*\]\(|Set[<(]|Dictionary[<(])/) {
                unordered.insert(String(match.1))
            }
            for match in line.matches(of: /\b(?:var|let)\s+(\w+)\b/) { other.insert(String(match.1)) }
        }
        return (unordered, other)
    }
}

extension SourceFile {
    /// Lines that may declare what other files of the module can name.
    fileprivate var shared: [String] {
        code.filter { line in
            !line.contains(/\b(?:private|fileprivate|func|init)\b(?!\()/) && line.prefix { $0 == " " }.count <= 4
        }
    }
}
