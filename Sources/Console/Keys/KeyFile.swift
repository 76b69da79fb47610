import Terminal
import Yams

/// Reads the keys a person wants from YAML: the name of an action, and its key or keys, which replace the standard
/// ones. An action not named keeps its own; an empty list leaves it to `:`.
///
/// ```yaml
/// purge: X
/// delete: [ctrl-d, delete]
/// help: ["?", F1]
/// problems: []
/// ```
///
/// The names are those that `:` takes; keys are written `a`, `space`, `ctrl-d`, `F1`, `esc`, `pgup`, as ``Key/name``.
struct KeyFile {
    /// What must keep a key, so that there is a way back, out, and to everything else.
    private static let indispensable: [Action] = [.back, .quit, .command]

    /// A key that a line of the file binds.
    private struct Binding {
        var action: Action
        var key: Key
        var node: Node
    }

    private let file: YAMLFile
    private var errors: [FileError] = []
    private var keys: [Action: [Key]] = [:]
    /// All keys of the file, in its order.
    private var bindings: [Binding] = []

    /// The keys in a text; `file` is named in errors. Throws everything that is wrong.
    static func parse(_ text: String, file: String) throws(KeyFileErrors) -> KeyMap {
        var reader: KeyFile
        do throws(FileError) {
            reader = KeyFile(file: try YAMLFile(text, name: file))
            try reader.read()
        } catch {
            throw KeyFileErrors(errors: [error])
        }
        let map = KeyMap(bindings: reader.keys)
        reader.findConflicts(in: map)
        guard reader.errors.isEmpty else {
            throw KeyFileErrors(errors: reader.errors.sorted { ($0.line ?? 0) < ($1.line ?? 0) })
        }
        return map
    }

    private init(file: YAMLFile) { self.file = file }

    private mutating func read() throws(FileError) {
        guard let root = file.root else { return }
        for field in try file.fields(of: root, at: nil, expected: "the names of actions, each with its keys") {
            guard let action = Action(rawValue: field.name) else {
                let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
                errors.append(file.error(field.key, field.name, "there is no such action; the actions are \(names)"))
                continue
            }
            read(field.value, of: action)
        }
    }

    private mutating func read(_ node: Node, of action: Action) {
        guard let texts = file.texts(of: node) else {
            errors.append(file.error(node, action.rawValue, "a key or a list of keys is expected, such as [x, ctrl-d]"))
            return
        }
        if texts.isEmpty, Self.indispensable.contains(action) {
            errors.append(file.error(node, action.rawValue, "this action needs a key"))
        }
        keys[action] = []
        for (text, node) in texts {
            guard let key = Key(name: text) else {
                errors.append(file.error(node, action.rawValue, Self.refusal(of: text)))
                continue
            }
            keys[action, default: []].append(key)
            bindings.append(Binding(action: action, key: key, node: node))
        }
    }

    /// Why a name is not taken.
    private static func refusal(of name: String) -> String {
        for (letter, same) in Key.indistinguishable {
            let names = ["ctrl-", "control-", "^"].map { "\($0)\(letter)" }
            guard names.contains(name.lowercased()) else { continue }
            return "a terminal cannot tell '\(name)' from '\(same.name)'; name another key"
        }
        return "there is no key '\(name)'; write a, space, ctrl-d, F1, esc, enter, tab, up, pgdn …"
    }

    /// Reports every key of the file that means something else in the same place.
    private mutating func findConflicts(in map: KeyMap) {
        for (position, binding) in bindings.enumerated() {
            guard let own = map.entry(of: binding.action) else { continue }
            for other in map.entries where other.action != binding.action && other.keys.contains(binding.key) {
                let places = own.places.filter(other.places.contains)
                // Of two lines of the file the later one is reported.
                let isLater = bindings[position...].contains { $0.action == other.action && $0.key == binding.key }
                guard !places.isEmpty, !isLater else { continue }
                errors.append(
                    file.error(
                        binding.node, binding.action.rawValue,
                        "'\(binding.key.name)' is '\(other.action.rawValue)' already in "
                            + places.map(\.title).joined(separator: ", ") + "; give one of them another key"))
            }
        }
    }
}

/// All that is wrong with a file of keys.
public struct KeyFileErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the order of the file's lines; never empty.
    public var errors: [FileError]

    /// One a line.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
