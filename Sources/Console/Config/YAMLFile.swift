import Foundation
import Yams

/// A YAML file with the means to say what is wrong where.
struct YAMLFile {
    /// More bytes than this are no configuration.
    static let largestSize = 1 << 20

    /// Its path, or another name for it in errors.
    let name: String
    /// Its content; `nil` where it is empty.
    let root: Node?

    /// One field of a mapping.
    struct Field {
        var name: String
        var key: Node
        var value: Node
    }

    /// The file of a text.
    init(_ text: String, name: String) throws(FileError) {
        self.name = name
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.syntaxError(error, in: name)
        }
    }

    /// The text of a file, which is as long as a person would write it.
    static func text(of file: URL) throws(FileError) -> String {
        let path = file.path(percentEncoded: false)
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            data = try handle.read(upToCount: largestSize + 1) ?? Data()
        } catch {
            throw FileError(file: path, reason: "cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= largestSize else {
            throw FileError(file: path, reason: "is larger than \(largestSize) bytes")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw FileError(file: path, reason: "is not UTF-8 text")
        }
        return text
    }

    /// The folder of the person's configuration: `$XDG_CONFIG_HOME/warren`, by default `~/.config/warren`
    /// (https://specifications.freedesktop.org/basedir-spec/latest/); `nil` where there is no home.
    static func folder(_ environment: [String: String]) -> URL? {
        let config = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        let home = environment["HOME"].map { URL(filePath: $0).appending(path: ".config") }
        return (config ?? home)?.appending(path: "warren")
    }

    /// The fields of a mapping in the order of the file.
    func fields(of node: Node, at path: String?, expected: String) throws(FileError) -> [Field] {
        guard let mapping = node.mapping else { throw error(node, path, "fields are expected here: \(expected)") }
        return mapping.map { Field(name: $0.key.scalar?.string ?? "", key: $0.key, value: $0.value) }
    }

    /// The fields of a mapping by their names, all of which must be among those allowed.
    func fields(of node: Node, at path: String?, allowed: [String]) throws(FileError) -> [String: Node] {
        let names = allowed.joined(separator: ", ")
        var found: [String: Node] = [:]
        for field in try fields(of: node, at: path, expected: names) {
            guard allowed.contains(field.name) else {
                let place = [path, field.name].compactMap { $0 }.joined(separator: ".")
                throw error(field.key, place, "there is no such field; the fields are \(names)")
            }
            found[field.name] = field.value
        }
        return found
    }

    /// The texts of a scalar or of a list of scalars; `nil` for anything else and for what is left empty.
    func texts(of node: Node) -> [(text: String, node: Node)]? {
        let nodes = node.sequence.map(Array.init) ?? [node]
        var texts: [(text: String, node: Node)] = []
        for node in nodes {
            guard let text = node.scalar?.string, !text.isEmpty else { return nil }
            texts.append((text, node))
        }
        return texts
    }

    /// Whether a field is set; false where it is left out.
    func flag(_ node: Node?, at path: String) throws(FileError) -> Bool {
        guard let node else { return false }
        guard let value = node.bool else { throw error(node, path, "this is true or false") }
        return value
    }

    /// An error at a node.
    func error(_ node: Node, _ field: String?, _ reason: String) -> FileError {
        FileError(file: name, line: node.mark?.line, field: field, reason: reason)
    }

    private static func syntaxError(_ error: any Error, in file: String) -> FileError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            FileError(file: file, line: mark.line, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            FileError(
                file: file, line: context.mark.line, field: duplicates.first, reason: "this field stands here twice")
        default:
            FileError(file: file, reason: "not YAML: \(error)")
        }
    }
}
