import Foundation
import Management
import Terminal
import Testing

@testable import Console

@Test("a key file replaces the keys of the actions it names, and leaves the others theirs")
func rebinding() throws {
    let map = try KeyFile.parse(
        """
        # my keys
        purge: X
        delete: [ctrl-x, Delete]
        help: ["?", f2]
        problems: []
        filter: n
        """, file: "keys.yaml")
    #expect(map.entry(of: .purgeQueue)?.keys == ["X"])
    #expect(map.entry(of: .deleteQueue)?.keys == [.control("x"), .delete])
    #expect(map.entry(of: .help)?.keys == ["?", .function(2)])
    #expect(map.entry(of: .problemsOnly)?.keys == [])
    #expect(map.entry(of: .filter)?.keys == ["n"])
    #expect(map.entry(for: "p", in: .queueList) == nil)
    for entry in ActionTable.entries
    where ![.purgeQueue, .deleteQueue, .help, .problemsOnly, .filter].contains(entry.action) {
        #expect(map.entry(of: entry.action)?.keys == entry.keys)
    }
}

@Test("keys may change places")
func swappedKeys() throws {
    let map = try KeyFile.parse("declare: p\npurge: c\n", file: "keys.yaml")
    #expect(map.entry(for: "p", in: .queueList)?.action == .declareQueue)
    #expect(map.entry(for: "c", in: .queueList)?.action == .purgeQueue)
}

@Test("an empty file leaves every key as it is", arguments: ["", "# nothing\n", "{}"])
func emptyKeyFile(text: String) throws {
    let map = try KeyFile.parse(text, file: "keys.yaml")
    #expect(map.entries.map(\.keys) == ActionTable.entries.map(\.keys))
}

@Test(
    "whatever is wrong with a key file is reported with line, field and reason",
    arguments: [
        ("up: k\nprge: x", [2], ["prge"], "there is no such action; the actions are overview, queues"),
        ("purge: alt-x", [1], ["purge"], "there is no key 'alt-x'"),
        ("purge: ctrl-i", [1], ["purge"], "cannot tell 'ctrl-i' from 'tab'"),
        ("purge: ctrl-m", [1], ["purge"], "from 'enter'"), ("purge: Control-J", [1], ["purge"], "from 'enter'"),
        ("purge: ^h", [1], ["purge"], "from 'backspace'"), ("purge: ctrl-[", [1], ["purge"], "from 'esc'"),
        ("purge:", [1], ["purge"], "a key or a list of keys is expected"),
        ("purge: { key: x }", [1], ["purge"], "a key or a list of keys is expected"),
        ("- purge", [1], [nil], "the names of actions"), ("purge: [", [2], [nil], "not YAML"),
        ("quit: []", [1], ["quit"], "needs a key"), ("back: []\ncommand: []", [1, 2], ["back", "command"], "needs"),
        ("purge: c", [1], ["purge"], "'c' is 'declare' already in Queues; give one of them another key"),
        ("pause: X\nredraw:\n  - X\n", [3], ["redraw"], "'X' is 'pause' already in"),
        ("purge: [alt-x, Q]\n\nnope: 1\npause: up", [1, 3, 4], ["purge", "nope", "pause"], "there is no"),
    ] as [(String, [Int], [String?], String)])
func keyFileErrors(text: String, lines: [Int], fields: [String?], reason: String) {
    #expect {
        try KeyFile.parse(text, file: "keys.yaml")
    } throws: { error in
        guard let errors = (error as? KeyFileErrors)?.errors else { return false }
        let isRight =
            errors.map(\.line) == lines && errors.map(\.field) == fields && errors[0].reason.contains(reason)
            && errors.allSatisfy { $0.file == "keys.yaml" }
        if !isRight { Issue.record("\(errors)") }
        return isRight
    }
}

@Test("the keys of a person are found where configuration belongs, or where they say")
func keyFilePlaces() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "warren-keys-\(UUID())")
    try FileManager.default.createDirectory(at: folder.appending(path: "warren"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = ["XDG_CONFIG_HOME": folder.path]
    #expect(try KeyMap.load(path: nil, environment: environment).entry(of: .pause)?.keys == ["z"])
    let own = folder.appending(path: "warren/keys.yaml")
    try "pause: Z".write(to: own, atomically: true, encoding: .utf8)
    #expect(try KeyMap.load(path: nil, environment: environment).entry(of: .pause)?.keys == ["Z"])
    let other = folder.appending(path: "other.yaml")
    try "pause: X".write(to: other, atomically: true, encoding: .utf8)
    #expect(try KeyMap.load(path: other.path, environment: environment).entry(of: .pause)?.keys == ["X"])
    #expect(throws: KeyFileErrors.self) { try KeyMap.load(path: folder.path + "/none.yaml", environment: [:]) }
    try Data([0xFF, 0xFE]).write(to: own)
    #expect {
        try KeyMap.load(path: nil, environment: environment)
    } throws: { error in
        "\(error)" == own.path + ": is not UTF-8 text"
    }
}

@Test("dispatch, footer, help, tabs and mouse follow the keys that are bound")
func reboundConsole() throws {
    let map = try KeyFile.parse(
        "purge: X\nhelp: F2\noverview: F3\nup: W\ndown: e\nopen: o\nproblems: []\n", file: "keys.yaml")
    var state = try Fixture.console(keys: map)
    #expect(state.lines[1].hasPrefix(" F3 Over  2[Queues]") && state.lines[1].hasSuffix("F2 help"))
    #expect(state.lines[23].contains("X purge") && state.lines[23].contains("F2 help"))
    _ = state.press(["e", "e", "W"])
    #expect(state.queues.selection?.name == "orders.eu")
    _ = state.press(["p"])
    #expect(state.dialog == nil)
    _ = state.update(.mouse(MouseEvent(column: 5, row: 7, button: .wheelDown)), at: state.now)
    #expect(state.queues.selection?.name == "orders.us")
    for column in [2, 8] {
        var clicked = state
        _ = clicked.update(.mouse(MouseEvent(column: column, row: 1, button: .left)), at: state.now)
        #expect(clicked.panel == .overview)
    }
    _ = state.press([.function(2)])
    let help = HelpScreen.lines(for: state, width: 80)
    #expect(help.contains(.item(keys: "X", text: "remove the queue's ready messages", isBarred: false)))
    #expect(help.contains(.item(keys: ":problems", text: "only rows that need attention", isBarred: false)))
    _ = state.press([.escape, "X"])
    guard case .confirm? = state.dialog else {
        Issue.record("the purge was not asked for")
        return
    }
}
