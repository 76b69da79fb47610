/// Tells Swift code from strings and comments, well enough for rules that look at single lines.
///
/// Knows line comments, nested block comments, strings of one and of several lines, raw strings and interpolation.
struct SwiftMasker {
    private let source: [Character]
    private var index = 0
    private var line = 0
    /// The source with comments and the insides of strings replaced by spaces; the same lines.
    private(set) var code = ""
    /// The comment on each line.
    private(set) var comments = [""]

    init(_ text: String) {
        source = Array(text)
    }

    mutating func run() { maskCode(untilParenthesis: false) }

    /// Copies code until the end, or until the parenthesis that ends an interpolation.
    private mutating func maskCode(untilParenthesis: Bool) {
        var depth = 0
        while index < source.count {
            if matches("//") {
                maskLineComment()
            } else if matches("/*") {
                maskBlockComment()
            } else if let pounds = stringStart() {
                maskString(pounds: pounds)
            } else {
                if untilParenthesis {
                    if source[index] == "(" { depth += 1 }
                    if source[index] == ")" {
                        if depth == 0 { return }
                        depth -= 1
                    }
                }
                keep()
            }
        }
    }

    private mutating func maskLineComment() {
        while index < source.count, !source[index].isNewline {
            comments[line].append(source[index])
            blank()
        }
    }

    private mutating func maskBlockComment() {
        var depth = 0
        repeat {
            if matches("/*") { depth += 1 } else if matches("*/") { depth -= 1 } else { blankInComment(); continue }
            blankInComment()
            if index < source.count { blankInComment() }
        } while depth > 0 && index < source.count
    }

    private mutating func blankInComment() {
        if !source[index].isNewline { comments[line].append(source[index]) }
        blank()
    }

    /// How many `#` open the string that starts here; nil where none does.
    private func stringStart() -> Int? {
        var at = index
        while at < source.count, source[at] == "#" { at += 1 }
        return at < source.count && source[at] == "\"" ? at - index : nil
    }

    private mutating func maskString(pounds: Int) {
        for _ in 0..<pounds { keep() }
        let isLong = matches("\"\"\"")
        let quotes = isLong ? "\"\"\"" : "\""
        for _ in quotes { keep() }
        let end = quotes + String(repeating: "#", count: pounds)
        let escape = "\\" + String(repeating: "#", count: pounds)
        while index < source.count {
            if matches(end) {
                for _ in end { keep() }
                return
            }
            if matches(escape + "(") {
                for _ in 0..<(escape.count + 1) { blank() }
                maskCode(untilParenthesis: true)
                if index < source.count { blank() }
            } else if matches(escape) {
                for _ in 0..<min(escape.count + 1, source.count - index) { blank() }
            } else if !isLong, source[index].isNewline {
                // Not a string after all; better to go on with code than to lose the rest of the file.
                return
            } else {
                blank()
            }
        }
    }

    private func matches(_ text: String) -> Bool {
        var at = index
        for character in text {
            guard at < source.count, source[at] == character else { return false }
            at += 1
        }
        return true
    }

    private mutating func keep() {
        code.append(source[index])
        advance()
    }

    private mutating func blank() {
        code.append(source[index].isNewline ? source[index] : " ")
        advance()
    }

    private mutating func advance() {
        if source[index].isNewline {
            line += 1
            comments.append("")
        }
        index += 1
    }
}
