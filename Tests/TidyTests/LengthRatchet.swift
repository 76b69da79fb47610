/// Files stay short. Those that do not yet are listed with their length, which may only shrink.
enum LengthRatchet {
    /// About two screens beyond what one concept needs.
    static let limit = 400

    /// Path to lines.
    static let exceptions: [String: Int] = [:]

    static func violations(in file: SourceFile, exceptions: [String: Int] = exceptions) -> [Violation] {
        let length = file.lines.count - (file.lines.last == "" ? 1 : 0)
        let allowed = exceptions[file.path] ?? limit
        if length > allowed {
            return [Violation(path: file.path, line: 0, reason: "\(length) lines, at most \(allowed)")]
        }
        if let listed = exceptions[file.path], length < listed {
            return [Violation(path: file.path, line: 0, reason: "shrank to \(length) lines: lower its exception")]
        }
        return []
    }
}
