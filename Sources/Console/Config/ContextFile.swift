import Foundation
import Yams

/// The brokers a person has named, from YAML:
///
/// ```yaml
/// contexts:
///   production:
///     urls: [https://mq-a.example, https://mq-b.example]   # or url: with one
///     user: ops
///     password_command: [pass, show, mq]     # or password_file:, password_env:, and with mode 0600 password:
///     vhost: orders
///     read_only: false
///     locked: true        # left out: locked beyond this machine
///     insecure: false     # true sends the password over plain HTTP to another machine
///     theme: high-contrast
///     refresh: 5          # seconds
/// ```
///
/// Only the address must be there. Anything else in the file is an error that names the line and the field.
public struct ContextFile: Sendable {
    /// The contexts in the order of the file.
    public let contexts: [Context]
    /// The file, for errors.
    public let file: String

    private static let fields = [
        "url", "urls", "user", "password", "password_file", "password_command", "password_env", "vhost", "read_only",
        "locked", "insecure", "theme", "refresh",
    ]

    /// The contexts of the person: those of a file, or of `$XDG_CONFIG_HOME/warren/config.yaml` where none is named;
    /// none where there is no such file.
    public static func load(path: String?, environment: [String: String]) throws(FileError) -> ContextFile {
        guard let file = path.map({ URL(filePath: $0) }) ?? YAMLFile.folder(environment)?.appending(path: "config.yaml")
        else { return ContextFile(contexts: [], file: "config.yaml") }
        let place = file.path(percentEncoded: false)
        if path == nil, !FileManager.default.fileExists(atPath: place) {
            return ContextFile(contexts: [], file: place)
        }
        let text = try YAMLFile.text(of: file)
        // A file whose mode cannot be known is not private.
        let mode = try? FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int
        return try parse(text, file: file, mode: mode ?? 0o777, home: environment["HOME"])
    }

    /// The contexts in a text; `mode` is the file's, `home` what `~/` stands for in the path of a password file, which
    /// otherwise begins at the file's folder.
    static func parse(_ text: String, file: URL, mode: Int, home: String?) throws(FileError) -> ContextFile {
        let yaml = try YAMLFile(text, name: file.path(percentEncoded: false))
        guard let root = yaml.root else { return ContextFile(contexts: [], file: yaml.name) }
        guard let list = try yaml.fields(of: root, at: nil, allowed: ["contexts"])["contexts"] else {
            return ContextFile(contexts: [], file: yaml.name)
        }
        var contexts: [Context] = []
        for field in try yaml.fields(of: list, at: "contexts", expected: "names of contexts") {
            let isPlain = !field.name.contains { $0.isWhitespace || !$0.unicodeScalars.allSatisfy(\.isPrintable) }
            guard !field.name.isEmpty, isPlain else {
                throw yaml.error(field.key, "contexts", "a name without spaces is expected")
            }
            let reader = ContextReader(
                yaml: yaml, path: "contexts." + field.name,
                given: try yaml.fields(of: field.value, at: "contexts." + field.name, allowed: fields))
            contexts.append(
                try reader.context(
                    named: field.name, node: field.key, mode: mode, home: home,
                    folder: file.deletingLastPathComponent()))
        }
        return ContextFile(contexts: contexts, file: yaml.name)
    }

    /// The context of a name. Throws an error that lists the names there are.
    public func context(named name: String) throws(FileError) -> Context {
        if let context = contexts.first(where: { $0.name == name }) { return context }
        let names = contexts.map(\.name).joined(separator: ", ")
        throw FileError(
            file: file,
            reason: "there is no context '\(name)'" + (names.isEmpty ? " nor any other" : "; there are \(names)"))
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: false
        default: true
        }
    }
}

/// Reads the fields of one context.
private struct ContextReader {
    let yaml: YAMLFile
    let path: String
    let given: [String: Node]

    private static let passwordFields = ["password", "password_file", "password_command", "password_env"]

    func context(
        named name: String, node: Node, mode: Int, home: String?, folder: URL
    ) throws(FileError) -> Context {
        Context(
            name: name, urls: try urls(node), user: try text("user"),
            password: try password(mode: mode, home: home, folder: folder), vhost: try text("vhost"),
            isReadOnly: try yaml.flag(given["read_only"], at: path + ".read_only"),
            isLocked: given["locked"] == nil ? nil : try yaml.flag(given["locked"], at: path + ".locked"),
            isInsecure: try yaml.flag(given["insecure"], at: path + ".insecure"), theme: try text("theme"),
            refresh: try refresh())
    }

    private func text(_ field: String) throws(FileError) -> String? {
        guard let node = given[field] else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw yaml.error(node, "\(path).\(field)", "a text is expected")
        }
        return text
    }

    private func urls(_ context: Node) throws(FileError) -> [String] {
        if let second = given["urls"], given["url"] != nil {
            throw yaml.error(second, path + ".urls", "give 'url' or 'urls', not both")
        }
        let field = given["urls"] == nil ? "url" : "urls"
        guard let node = given[field] else {
            throw yaml.error(context, path + ".url", "the address is missing, such as https://mq.example")
        }
        guard let texts = yaml.texts(of: node), !texts.isEmpty else {
            throw yaml.error(node, "\(path).\(field)", "an address or a list of them is expected")
        }
        for (text, node) in texts {
            let parts = URLComponents(string: text)
            guard let parts, ["http", "https"].contains(parts.scheme?.lowercased()), parts.host?.isEmpty == false else {
                throw yaml.error(node, "\(path).\(field)", "this is no http or https address")
            }
            // The address is shown and logged, and the file read by others: neither is a place for a password.
            guard parts.user == nil, parts.password == nil else {
                throw yaml.error(node, "\(path).\(field)", "no user or password here; use 'user' and 'password_file'")
            }
        }
        return texts.map(\.text)
    }

    private func password(mode: Int, home: String?, folder: URL) throws(FileError) -> PasswordSource? {
        let named = Self.passwordFields.filter { given[$0] != nil }
        guard let field = named.first, let node = given[field] else { return nil }
        let place = "\(path).\(field)"
        if named.count > 1 { throw yaml.error(node, place, "only one of \(named.joined(separator: ", ")) is possible") }
        if field == "password_command" {
            guard let words = yaml.texts(of: node), !words.isEmpty else {
                throw yaml.error(node, place, "a command is expected, such as [pass, show, mq]")
            }
            return .command(words.map(\.text))
        }
        guard let text = try text(field) else { return nil }
        switch field {
        case "password_env": return .environment(text)
        case "password_file":
            if text.hasPrefix("~/"), let home { return .file(home + text.dropFirst()) }
            return .file(URL(filePath: text, relativeTo: folder).path(percentEncoded: false))
        default:
            guard mode & 0o077 == 0 else {
                let octal = String(mode & 0o777, radix: 8)
                throw yaml.error(
                    node, place,
                    "others may read this file (mode \(octal)); make it 600, or use password_file, password_command "
                        + "or password_env")
            }
            return .plain(text)
        }
    }

    private func refresh() throws(FileError) -> Duration? {
        guard let node = given["refresh"] else { return nil }
        guard let seconds = node.float, (0.5...60).contains(seconds) else {
            throw yaml.error(node, path + ".refresh", "use 0.5 to 60 seconds")
        }
        return .milliseconds(Int((seconds * 1000).rounded()))
    }
}
