import Foundation
import Terminal
import Testing

@testable import Console

@Test("the built-in themes are the files of the project, word for word")
func builtInThemesAreTheFiles() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let folder = root.appending(path: "themes")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "README.md" }.sorted()
    #expect(files == BuiltInThemes.all.map { $0.0 + ".yaml" }.sorted())
    for (name, text) in BuiltInThemes.all {
        #expect(try String(contentsOf: folder.appending(path: name + ".yaml"), encoding: .utf8) == text)
    }
}

@Test("all letters of the built-in themes have a contrast of 4.5:1 or more")
func contrast() throws {
    for theme in try ThemeLibrary.builtIn() {
        for role in ThemeRole.allCases {
            let look = theme[role]
            #expect(look.foreground.contrast(to: look.background) >= 4.5, "\(theme.name) \(role)")
        }
        // What keeps its own colour on a selected row, in a dialog and on a button.
        for (roles, background) in [
            ([ThemeRole.dim, .warning, .critical, .stale, .depth], ThemeRole.selection),
            ([.text, .title, .header, .dim, .warning, .critical, .key], .dialog), ([.dim], .button),
        ] {
            for role in roles {
                let ratio = theme[role].foreground.contrast(to: theme[background].background)
                #expect(ratio >= 4.5, "\(theme.name): \(role) on \(background) is \(ratio)")
            }
        }
    }
}

@Test("contrast is reckoned as WCAG does")
func contrastFormula() throws {
    let black = try #require(ThemeColor(hex: "#000000"))
    let white = try #require(ThemeColor(hex: "#ffffff"))
    let grey = try #require(ThemeColor(hex: "#777777"))
    #expect(abs(black.contrast(to: white) - 21) < 0.001)
    #expect(abs(grey.contrast(to: white) - 4.478) < 0.001)
}

@Test(
    "a colour is # and six digits, nothing else", arguments: ["#12345", "123456", "#1234567", "#12345g", "#+12345", ""])
func badColors(text: String) {
    #expect(ThemeColor(hex: text) == nil)
}

@Test(
    "a bad theme file is an error with its line and field",
    arguments: [
        ("", 1, nil), ("name: [", 2, nil), ("nam: x\nstyles: {}", 1, "nam"),
        ("name: x\nstyles:\n  text: 3", 3, "styles.text"),
        ("name: x\nstyles:\n  text: { fg: red }", 3, "styles.text.bg"),
        ("name: x\nstyles:\n  text: { fg: red, bg: \"#000000\" }", 3, "styles.text.fg"),
        ("name: x\nstyles:\n  text: { fg: \"#ffffff\", bg: \"#000000\", bold: perhaps }", 3, "styles.text.bold"),
        ("name: x\nstyles:\n  text: { fg: \"#ffffff\", bg: \"#000000\", size: 3 }", 3, "styles.text.size"),
        ("name: x\nstyles:\n  text: { fg: \"#ffffff\", bg: \"#000000\" }", 3, "styles.dim"),
        ("name: x\nname: y", nil, "name"),
    ] as [(String, Int?, String?)])
func badFiles(text: String, line: Int?, field: String?) {
    #expect {
        try ThemeFile.parse(text, file: "mine.yaml")
    } throws: { error in
        guard let error = error as? FileError else { return false }
        return error.file == "mine.yaml" && (line == nil || error.line == line) && error.field == field
    }
}

@Test("a theme is found by name or path, own ones first, and a bad one is an error only when asked for")
func library() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "warren-themes-\(UUID())")
    let themes = folder.appending(path: "warren/themes")
    try FileManager.default.createDirectory(at: themes, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let dark = try #require(BuiltInThemes.all.first?.1)
    let mine = dark.replacing("name: dark", with: "name: mine")
    try mine.write(to: themes.appending(path: "mine.yaml"), atomically: true, encoding: .utf8)
    try "name: bad".write(to: themes.appending(path: "bad.yaml"), atomically: true, encoding: .utf8)
    let environment = ["XDG_CONFIG_HOME": folder.path]

    let library = try ThemeLibrary(wanted: "mine", environment: environment)
    #expect(library.themes.map(\.name) == ["mine"] + BuiltInThemes.all.map(\.0))
    #expect(library.problems.map(\.field) == ["styles"])
    #expect(library.theme(after: "mono")?.name == "mine")
    #expect(throws: FileError.self) { try ThemeLibrary(wanted: "bad", environment: environment) }
    #expect(throws: FileError.self) { try ThemeLibrary(wanted: "nowhere", environment: environment) }
    let path = themes.appending(path: "mine.yaml").path
    #expect(try ThemeLibrary(wanted: path, environment: [:]).themes.first?.name == "mine")
}

@Test("the themes' README names every role and every theme that is built in")
func readme() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "themes/README.md"), encoding: .utf8)
    let roles = text.matches(of: /\n\| `(\w+)` \| [^|]+ \|(?=\n)/).map { String($0.1) }
    #expect(roles == ThemeRole.allCases.map(\.rawValue))
    for (name, _) in BuiltInThemes.all { #expect(text.contains("`\(name)`")) }
}

@Test("T goes through every theme and comes back to the first")
func cyclingThemes() throws {
    var state = try Fixture.console()
    var seen = [state.theme.name]
    for _ in BuiltInThemes.all {
        _ = state.press(["T"])
        seen.append(state.theme.name)
    }
    #expect(seen == BuiltInThemes.all.map(\.0) + ["dark"])
}

@Test("the high-contrast theme keeps 7:1")
func highContrast() throws {
    let theme = try #require(try ThemeLibrary.builtIn().first { $0.name == "high-contrast" })
    for role in ThemeRole.allCases { #expect(theme[role].foreground.contrast(to: theme[role].background) >= 7) }
}

@Test("the mono theme has no hues, and warnings and failures are told apart without them")
func mono() throws {
    let theme = try #require(try ThemeLibrary.builtIn().first { $0.name == "mono" })
    for role in ThemeRole.allCases {
        for color in [theme[role].foreground, theme[role].background] {
            #expect(color.red == color.green && color.green == color.blue)
        }
    }
    #expect(Set([theme[.text], theme[.warning], theme[.critical]]).count == 3)
}

@Test("the colour-blind-safe theme keeps its signals apart for each kind of colour blindness", arguments: Sight.all)
func colourBlindSafe(sight: Sight) throws {
    let theme = try #require(try ThemeLibrary.builtIn().first { $0.name == "colour-blind-safe" })
    for roles in [[ThemeRole.good, .warning, .critical], [.publish, .deliver, .ack]] {
        for (place, role) in roles.enumerated() {
            for other in roles.dropFirst(place + 1) {
                let difference = sight.difference(theme[role].foreground, theme[other].foreground)
                #expect(difference >= 15, "\(role) and \(other) with \(sight)")
            }
        }
    }
}

@Test("no letters vanish where a terminal has fewer colours", arguments: ColorDepth.allCases)
func fewerColours(depth: ColorDepth) throws {
    for theme in try ThemeLibrary.builtIn() {
        let plain = theme.style(.text).background
        let over: [(ThemeRole, ThemeRole)] =
            ThemeRole.allCases.map { ($0, $0) }
            + [.dim, .warning, .critical, .stale, .depth].map { ($0, .selection) }
            + [.text, .title, .header, .dim, .warning, .critical, .key].map { ($0, .dialog) }
        for (role, background) in over {
            let style = theme.style(role).on(theme.style(background).background)
            let shown = depth.adapt(style, plain: plain)
            let isThere = shown.foreground != shown.background || depth == .mono
            #expect(isThere, "\(theme.name): \(role) on \(background): \(shown)")
        }
    }
}
