/// Rules about single lines of code.
enum LineRules {
    /// Only the executable talks to standard output: while the console runs, the terminal is its own.
    static func prints(in file: SourceFile) -> [Violation] {
        guard file.module != "warren" else { return [] }
        return find(in: file, /(?:^|[^.\w])(print|debugPrint|dump)\s*\(/, unless: { $0.contains("func ") }) {
            "\($0) outside Sources/warren"
        }
    }

    /// `!` behind an expression or type, `try!` and `as!` need a comment on the line that says why they cannot fail.
    static func forcing(in file: SourceFile) -> [Violation] {
        find(in: file, /[\w)\]}>?"](!)(?!=)/, unless: { _ in false }) { _ in
            "force without a comment that explains it"
        }
        .filter { file.comments[$0.line - 1].isEmpty }
    }

    /// A test waits for a condition with a deadline; only `eventually` lets time pass.
    static func sleeps(in file: SourceFile) -> [Violation] {
        guard file.path != "Tests/TestSupport/Eventually.swift" else { return [] }
        if file.path.hasSuffix(".swift") || file.path.hasSuffix(".py") {
            return find(in: file, /(?:^|\W)(u?sleep|nanosleep)\s*\(/, unless: { $0.contains("func ") }) {
                "\($0): wait for a condition with a deadline instead"
            }
        }
        return find(in: file, /(?:^|[;&|]\s*|\s)(sleep)\s+[0-9.$]/, unless: { _ in false }) {
            "\($0): wait for a condition with a deadline instead"
        }
    }

    /// Every test has a name that reads as a sentence.
    static func unnamedTests(in file: SourceFile) -> [Violation] {
        zip(file.code, file.lines).enumerated().compactMap { number, pair in
            guard let attribute = pair.0.firstMatch(of: /@(?:Test)(?!\w)/) else { return nil }
            let after = pair.0[attribute.range.upperBound...].drop { $0 == " " }
            let offset = pair.0.distance(from: pair.0.startIndex, to: after.startIndex)
            let source = String(pair.1.dropFirst(offset))
            let next = number + 1 < file.lines.count ? file.lines[number + 1] : ""
            let isNamed =
                source.firstMatch(of: /^\(\s*"\S+(\s+\S+)+.*"/) != nil
                || source == "(" && next.firstMatch(of: /^\s*"\S+(\s+\S+)+/) != nil
            return isNamed
                ? nil : Violation(path: file.path, line: number + 1, reason: "a test without a sentence as its name")
        }
    }

    /// Folders where people keep their work; written in pieces, so that this file passes its own rule.
    private static let homes = ["home", "Users", "root", "work", "workspace"]

    /// No path of a developer's machine.
    static func localPaths(in file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { number, line in
            for home in homes {
                for range in line.ranges(of: "/" + home + "/") {
                    let before = range.lowerBound == line.startIndex ? " " : line[line.index(before: range.lowerBound)]
                    if " \"'`=:(<>[,\t".contains(before) {
                        return Violation(path: file.path, line: number + 1, reason: "a path of somebody's machine")
                    }
                }
            }
            return nil
        }
    }

    private static func find(
        in file: SourceFile, _ pattern: Regex<(Substring, Substring)>, unless isFine: (String) -> Bool,
        reason: (Substring) -> String
    ) -> [Violation] {
        file.code.enumerated().compactMap { number, line in
            guard let match = line.firstMatch(of: pattern), !isFine(line) else { return nil }
            return Violation(path: file.path, line: number + 1, reason: reason(match.1))
        }
    }
}
