import Yams

/// Reads a theme from YAML:
///
/// ```yaml
/// name: dark
/// styles:
///   text: { fg: "#d7dae0", bg: "#14171c" }
///   title: { fg: "#ffffff", bold: true }
/// ```
///
/// Every role of ``ThemeRole`` must be there with `fg`; `bg` is that of `text` where it is left out, `bold` and
/// `underline` are false. Anything else in the file is an error that names the line and the field.
struct ThemeFile {
    private let file: String

    /// The theme in a text; `file` is named in errors.
    static func parse(_ text: String, file: String) throws(ThemeError) -> Theme {
        try ThemeFile(file: file).theme(from: text)
    }

    private func theme(from text: String) throws(ThemeError) -> Theme {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw syntaxError(error)
        }
        guard let root else {
            throw ThemeError(file: file, line: 1, reason: "the file is empty; it needs 'name' and 'styles'")
        }
        let top = try fields(of: root, at: nil, allowed: ["name", "styles"])
        guard let nameNode = top["name"], let name = nameNode.scalar?.string, !name.isEmpty else {
            throw error(top["name"] ?? root, "name", "a theme needs a name")
        }
        guard let stylesNode = top["styles"] else { throw error(root, "styles", "the styles are missing") }
        let styles = try fields(of: stylesNode, at: "styles", allowed: ThemeRole.allCases.map(\.rawValue))
        var looks: [ThemeRole: Theme.Look] = [:]
        for role in ThemeRole.allCases {
            guard let node = styles[role.rawValue] else {
                throw error(stylesNode, "styles.\(role.rawValue)", "this style is missing")
            }
            looks[role] = try look(node, at: "styles.\(role.rawValue)", background: looks[.text]?.background)
        }
        guard let theme = Theme(name: name, looks: looks) else {
            throw error(stylesNode, "styles", "a style is missing")
        }
        return theme
    }

    private func look(
        _ node: Node, at path: String, background: ThemeColor?
    ) throws(ThemeError) -> Theme.Look {
        let given = try fields(of: node, at: path, allowed: ["fg", "bg", "bold", "underline"])
        guard let foreground = given["fg"] else { throw error(node, path + ".fg", "the colour is missing") }
        let behind: ThemeColor
        if let own = given["bg"] {
            behind = try color(own, at: path + ".bg")
        } else if let background {
            behind = background
        } else {
            throw error(node, path + ".bg", "'text' needs a background")
        }
        return Theme.Look(
            foreground: try color(foreground, at: path + ".fg"), background: behind,
            isBold: try flag(given["bold"], at: path + ".bold"),
            isUnderlined: try flag(given["underline"], at: path + ".underline"))
    }

    private func color(_ node: Node, at path: String) throws(ThemeError) -> ThemeColor {
        guard let text = node.scalar?.string, let color = ThemeColor(hex: text) else {
            throw error(node, path, "a colour is written \"#rrggbb\", in quotes")
        }
        return color
    }

    private func flag(_ node: Node?, at path: String) throws(ThemeError) -> Bool {
        guard let node else { return false }
        guard let value = node.bool else { throw error(node, path, "this is true or false") }
        return value
    }

    private func fields(
        of node: Node, at path: String?, allowed: [String]
    ) throws(ThemeError) -> [String: Node] {
        guard let mapping = node.mapping else {
            throw error(node, path, "fields are expected here: \(allowed.joined(separator: ", "))")
        }
        var found: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let place = [path, name].compactMap { $0 }.joined(separator: ".")
            guard allowed.contains(name) else {
                throw error(key, place, "there is no such field; the fields are \(allowed.joined(separator: ", "))")
            }
            found[name] = value
        }
        return found
    }

    private func error(_ node: Node, _ field: String?, _ reason: String) -> ThemeError {
        ThemeError(file: file, line: node.mark?.line, field: field, reason: reason)
    }

    private func syntaxError(_ error: any Error) -> ThemeError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ThemeError(file: file, line: mark.line, reason: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ThemeError(
                file: file, line: context.mark.line, field: duplicates.first, reason: "this field stands here twice")
        default:
            ThemeError(file: file, reason: "not YAML: \(error)")
        }
    }
}
