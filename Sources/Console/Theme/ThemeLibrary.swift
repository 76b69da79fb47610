import Foundation

/// The themes at hand: those built in, and the person's own in `$XDG_CONFIG_HOME/warren/themes/*.yaml`.
public struct ThemeLibrary: Sendable {
    /// All usable themes, the one asked for first.
    public private(set) var themes: [Theme]
    /// What is wrong with own theme files that nobody asked for.
    public private(set) var problems: [FileError] = []

    /// The themes that need no file, the default first.
    public static func builtIn() throws(FileError) -> [Theme] {
        var themes: [Theme] = []
        for (name, text) in BuiltInThemes.all {
            themes.append(try ThemeFile.parse(text, file: "built-in theme \(name)"))
        }
        return themes
    }

    /// Loads the themes with the one asked for first: a name, or a path (anything with a slash or ending in
    /// `.yaml`). `nil` asks for the first built-in one. An own theme hides a built-in one of its name.
    ///
    /// Throws a ``FileError`` where the theme asked for does not exist or is not valid; what is wrong with other
    /// files is found in ``problems``.
    public init(wanted: String?, environment: [String: String]) throws(FileError) {
        themes = try Self.builtIn()
        if let wanted, wanted.contains("/") || wanted.hasSuffix(".yaml") || wanted.hasSuffix(".yml") {
            let theme = try Self.load(URL(filePath: wanted))
            loadOwn(environment)
            bringFirst(theme)
            return
        }
        loadOwn(environment)
        guard let wanted else { return }
        let isWanted = { (file: String) in URL(filePath: file).deletingPathExtension().lastPathComponent == wanted }
        if let problem = problems.first(where: { isWanted($0.file) }) { throw problem }
        guard let theme = themes.first(where: { $0.name == wanted }) else {
            let names = themes.map(\.name).joined(separator: ", ")
            throw FileError(
                file: wanted, reason: "there is no theme of this name; there are \(names), or give the path of a file")
        }
        bringFirst(theme)
    }

    /// The theme after another one, around.
    public func theme(after name: String) -> Theme? {
        let place = themes.firstIndex { $0.name == name } ?? -1
        return themes.isEmpty ? nil : themes[(place + 1) % themes.count]
    }

    private mutating func bringFirst(_ theme: Theme) {
        themes.removeAll { $0.name == theme.name }
        themes.insert(theme, at: 0)
    }

    private mutating func loadOwn(_ environment: [String: String]) {
        guard let folder = YAMLFile.folder(environment)?.appending(path: "themes") else { return }
        // No such folder: no own themes.
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        for file in files.sorted(by: { $0.path < $1.path }) where ["yaml", "yml"].contains(file.pathExtension) {
            do throws(FileError) {
                let theme = try Self.load(file)
                themes.removeAll { $0.name == theme.name }
                themes.append(theme)
            } catch {
                problems.append(error)
            }
        }
    }

    private static func load(_ file: URL) throws(FileError) -> Theme {
        try ThemeFile.parse(YAMLFile.text(of: file), file: file.path(percentEncoded: false))
    }
}
