import Foundation
import Terminal

/// What each key does: the action table with the keys a person has bound instead of its own.
public struct KeyMap: Sendable {
    /// The table's entries with the keys in force, in its order.
    let entries: [ActionTable.Entry]

    /// The keys of the table.
    public static let standard = KeyMap(bindings: [:])

    /// The table with other keys for some actions.
    init(bindings: [Action: [Key]]) {
        entries = ActionTable.entries.map { entry in
            var entry = entry
            if let keys = bindings[entry.action] { entry.keys = keys }
            return entry
        }
    }

    /// What a key does in a place.
    func entry(for key: Key, in place: Place) -> ActionTable.Entry? {
        entries.first { $0.places.contains(place) && $0.keys.contains(key) }
    }

    /// The entry of an action.
    func entry(of action: Action) -> ActionTable.Entry? { entries.first { $0.action == action } }

    /// The person's keys: those of a file, or of `$XDG_CONFIG_HOME/warren/keys.yaml` where none is named and there is
    /// one, else the standard keys. Throws everything that is wrong with the file.
    public static func load(path: String?, environment: [String: String]) throws(KeyFileErrors) -> KeyMap {
        let file: URL
        if let path {
            file = URL(filePath: path)
        } else {
            guard let own = YAMLFile.folder(environment)?.appending(path: "keys.yaml"),
                FileManager.default.fileExists(atPath: own.path(percentEncoded: false))
            else { return standard }
            file = own
        }
        let text: String
        do throws(FileError) {
            text = try YAMLFile.text(of: file)
        } catch {
            throw KeyFileErrors(errors: [error])
        }
        return try KeyFile.parse(text, file: file.path(percentEncoded: false))
    }
}
