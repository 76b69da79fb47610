/// A text file of the repository, as the rules see it.
struct SourceFile: Sendable {
    /// Path from the top of the repository, such as `Sources/Broker/Runtime/Node.swift`.
    let path: String
    let text: String
    /// Lines as they are.
    let lines: [String]
    /// Lines of Swift with the contents of strings and all comments blanked out.
    let code: [String]
    /// The comment that a line ends with or consists of; "" for none.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if path.hasSuffix(".swift") {
            var masker = SwiftMasker(text)
            masker.run()
            code = masker.code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            comments = masker.comments
        } else {
            code = lines
            comments = lines.map { _ in "" }
        }
    }

    /// The module a file of `Sources` belongs to.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
}

/// Something a rule found.
struct Violation: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 where it is about the whole file.
    let line: Int
    let reason: String

    var description: String { line == 0 ? "\(path): \(reason)" : "\(path):\(line): \(reason)" }
}
