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
    private let file: YAMLFile

    /// The theme in a text; `file` is named in errors.
    static func parse(_ text: String, file: String) throws(FileError) -> Theme {
        try ThemeFile(file: YAMLFile(text, name: file)).theme()
    }

    private func theme() throws(FileError) -> Theme {
        guard let root = file.root else {
            throw FileError(file: file.name, line: 1, reason: "the file is empty; it needs 'name' and 'styles'")
        }
        let top = try file.fields(of: root, at: nil, allowed: ["name", "styles"])
        guard let nameNode = top["name"], let name = nameNode.scalar?.string, !name.isEmpty else {
            throw file.error(top["name"] ?? root, "name", "a theme needs a name")
        }
        guard let stylesNode = top["styles"] else { throw file.error(root, "styles", "the styles are missing") }
        let styles = try file.fields(of: stylesNode, at: "styles", allowed: ThemeRole.allCases.map(\.rawValue))
        var looks: [ThemeRole: Theme.Look] = [:]
        for role in ThemeRole.allCases {
            guard let node = styles[role.rawValue] else {
                throw file.error(stylesNode, "styles.\(role.rawValue)", "this style is missing")
            }
            looks[role] = try look(node, at: "styles.\(role.rawValue)", background: looks[.text]?.background)
        }
        guard let theme = Theme(name: name, looks: looks) else {
            throw file.error(stylesNode, "styles", "a style is missing")
        }
        return theme
    }

    private func look(
        _ node: Node, at path: String, background: ThemeColor?
    ) throws(FileError) -> Theme.Look {
        let given = try file.fields(of: node, at: path, allowed: ["fg", "bg", "bold", "underline"])
        guard let foreground = given["fg"] else { throw file.error(node, path + ".fg", "the colour is missing") }
        let behind: ThemeColor
        if let own = given["bg"] {
            behind = try color(own, at: path + ".bg")
        } else if let background {
            behind = background
        } else {
            throw file.error(node, path + ".bg", "'text' needs a background")
        }
        return Theme.Look(
            foreground: try color(foreground, at: path + ".fg"), background: behind,
            isBold: try file.flag(given["bold"], at: path + ".bold"),
            isUnderlined: try file.flag(given["underline"], at: path + ".underline"))
    }

    private func color(_ node: Node, at path: String) throws(FileError) -> ThemeColor {
        guard let text = node.scalar?.string, let color = ThemeColor(hex: text) else {
            throw file.error(node, path, "a colour is written \"#rrggbb\", in quotes")
        }
        return color
    }
}
