/// Why a file that a person wrote cannot be used: which file, where in it, and what would be right.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, or the name that was looked for.
    public var file: String
    /// The line, from 1, where one can be named.
    public var line: Int?
    /// The field, such as `styles.text.fg`, where it is about one.
    public var field: String?
    /// What is wrong and what would be right.
    public var reason: String

    /// `themes/mine.yaml:7: styles.text.fg: …`, free of control characters.
    public var description: String {
        let place = file + (line.map { ":\($0)" } ?? "")
        let text = [place, field, reason].compactMap { $0 }.joined(separator: ": ")
        return String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
