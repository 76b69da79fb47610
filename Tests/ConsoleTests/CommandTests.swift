import Management
import Terminal
import Testing

@testable import Console

@Test("every action is a command by its name")
func actionCommands() throws {
    for action in Action.allCases {
        #expect(try Command.parse(action.rawValue) == .action(action))
        #expect(CommandTable.entries.count { $0.name == action.rawValue } == 1)
    }
}

@Test(
    "commands with something behind them",
    arguments: [
        ("vhost /", Command.vhost("/")), (":vhost  my vhost ", .vhost("my vhost")), ("theme mono", .theme("mono")),
        ("theme", .action(.nextTheme)), ("refresh", .action(.refresh)), ("refresh 2.5", .interval(.milliseconds(2500))),
        ("refresh 5s", .interval(.seconds(5))), ("unlock mq-1", .unlock("mq-1")), ("tour off", .tour(false)),
        ("tour on", .tour(true)), ("q", .action(.quit)), ("q!", .quitNow), ("h", .action(.help)),
        ("  queues  ", .action(.showQueues)),
    ])
func commands(line: String, command: Command) throws {
    #expect(try Command.parse(line) == command)
}

@Test("an empty line is no command and no error", arguments: ["", "  ", ":", " : "])
func emptyCommand(line: String) throws {
    #expect(try Command.parse(line) == nil)
}

@Test(
    "a line that is no command says what is wrong, where, and what is expected",
    arguments: [
        ("quues", 1, ":quues is no command", "the name of one"), ("  x", 3, ":x is no command", "the name of one"),
        ("queues now", 8, ":queues takes nothing behind it", "the end"),
        ("vhost", 7, "nothing is named", "the name of a vhost"),
        ("unlock ", 8, "nothing is named", "the endpoint's name"),
        ("refresh fast", 9, "'fast' is none", "seconds from"),
        ("refresh 0.1", 9, "'0.1' is none", "seconds"), ("refresh 1e2", 9, "'1e2' is none", "seconds"),
        ("refresh nan", 9, "'nan' is none", "seconds"), ("tour maybe", 6, "'maybe' is none", "on or off"),
        ("q! now", 1, ":q! is no command", "the name"),
    ])
func commandErrors(line: String, column: Int, problem: String, expected: String) {
    #expect {
        try Command.parse(line)
    } throws: { error in
        guard let error = error as? CommandError else { return false }
        let isRight = error.column == column && error.problem == problem && error.expected.hasPrefix(expected)
        if !isRight { Issue.record("\(error)") }
        return isRight
    }
}

@Test(
    "commands and what stands behind them are completed",
    arguments: [
        ("que", ["queues"]), ("th", ["theme"]), ("vhost ", ["vhost /", "vhost /a", "vhost b"]),
        ("vhost /", ["vhost /", "vhost /a"]), ("vhost x", []), ("theme da", ["theme dark"]),
        ("tour ", ["tour off", "tour on"]),
        ("refresh 1", ["refresh 1", "refresh 10"]), ("unlock ", []), ("queues ", []), ("nonsense", []),
    ])
func completions(line: String, options: [String]) {
    let candidates = CommandCandidates(vhosts: ["/", "/a", "b"], themes: ["dark", "light"])
    #expect(candidates.completions(of: line) == options)
}

/// The text of a prompt after keys.
private func typed(_ keys: [Key], history: [String] = []) -> String {
    var past = CommandHistory()
    for line in history { past.add(line) }
    var prompt = CommandPrompt(history: past)
    let candidates = CommandCandidates(vhosts: ["/", "/a", "b"], themes: ["dark", "light"])
    for key in keys { _ = prompt.press(key, candidates: candidates) }
    return prompt.field.text
}

@Test("Tab completes as far as it is clear, then goes through what there is, and around")
func tab() {
    #expect(typed(["q", "u", "e", .tab]) == "queues")
    #expect(typed(["v", "h", .tab]) == "vhost ")
    #expect(typed(["s", "o", .tab]) == "sort")
    let vhost = Array("vhost ").map(Key.character)
    #expect(typed(vhost + [.tab]) == "vhost /")
    #expect(typed(vhost + [.tab, .tab]) == "vhost /a")
    #expect(typed(vhost + [.tab, .tab, .tab, .tab]) == "vhost /")
    #expect(typed(vhost + [.backTab]) == "vhost b")
    #expect(typed(vhost + [.tab, .backspace, "b", .tab]) == "vhost b")
    #expect(typed(["x", "y", .tab]) == "xy")
}

@Test("the arrows go through earlier lines and back to what was typed")
func history() {
    let past = ["queues", "theme mono", "queues", "sort"]
    #expect(typed(["a", .up], history: past) == "sort")
    #expect(typed(["a", .up, .up], history: past) == "queues")
    #expect(typed(["a", .up, .up, .up, .up, .up], history: past) == "theme mono")
    #expect(typed(["a", .up, .up, .down, .down], history: past) == "a")
    #expect(typed(["a", .down], history: past) == "a")
    #expect(typed([.up], history: []) == "")
    #expect(typed([.up, "!", .up], history: past) == "sort")
}

@Test("the history keeps the last hundred lines, each once")
func boundedHistory() {
    var history = CommandHistory()
    for number in 0..<1000 { history.add("\(number % 150)") }
    #expect(history.lines.count == CommandHistory.limit)
    #expect(Set(history.lines).count == history.lines.count)
    #expect(history.lines.last == "99")
}

/// A console after a line was typed behind `:`.
private func running(_ line: String, lock: Lock = .open) throws -> (state: ConsoleState, effects: [Effect]) {
    var state = try Fixture.console(lock: lock)
    let effects = state.press([":"] + line.map(Key.character) + [.enter])
    return (state, effects)
}

@Test("the line behind : runs commands")
func runningCommands() throws {
    #expect(try running("overview").state.panel == .overview)
    #expect(try running("theme light").state.theme.name == "light")
    #expect(
        try running("theme pink").state.receipt?.text.hasPrefix("there is no theme 'pink'; there are dark,") == true)
    #expect(try running("refresh 10").effects.contains(.setInterval(.seconds(10))))
    #expect(try running("refresh").effects.contains(.refresh))
    let listed = try running("vhost other one").effects.compactMap {
        if case .list(let page) = $0 { page } else { nil }
    }
    #expect(listed.map(\.vhost) == ["other one"])
    #expect(try running("tour off").state.tour == nil)
    #expect(try running("q").effects.contains(.quit))
    #expect(try running("purge").effects.contains { if case .reread = $0 { true } else { false } })
    let failed = try running("nope").state
    #expect(failed.receipt?.outcome == .failed)
    #expect(failed.lines[22].contains("column 1: :nope is no command; expected the name of one; tab shows them"))
}

@Test("an action that does not apply where the console is says where it does")
func commandElsewhere() throws {
    var state = try Fixture.console(panel: .overview)
    _ = state.press(":purge".map(Key.character) + [.enter])
    #expect(state.receipt?.text == ":purge works in Queues, One queue")
    #expect(state.dialog == nil)
}

@Test(":unlock opens the lock with the endpoint's name only")
func unlockCommand() throws {
    let lock = Lock(name: "mq-1", isLoopback: false)
    #expect(try running("unlock mq-2", lock: lock).state.gate.refusal(at: .seconds(100)) != nil)
    let open = try running("unlock mq-1", lock: lock).state
    #expect(open.gate.refusal(at: open.now) == nil)
    #expect(open.lines[0].contains("unlocked 15m"))
    #expect(open.receipt?.text == "mq-1 is unlocked for 15m")
    #expect(open.lines[23].contains("purge"))
    #expect(try running("unlock mq-1").state.receipt?.text == "this endpoint is not locked")
}

@Test("the command line shows what it could become, and what a command does")
func commandView() throws {
    var state = try Fixture.console()
    _ = state.press(":th".map(Key.character))
    #expect(state.lines[22] == " theme")
    #expect(state.lines[23] == " :th")
    _ = state.press(["e", "m", .tab])
    #expect(state.lines[23] == " :theme")
    #expect(state.lines[22] == " dark  light  high-contrast  colour-blind-safe  mono")
    _ = state.press([.tab, .tab])
    #expect(state.lines[23] == " :theme light")
    _ = state.press([.control("u")] + "queues".map(Key.character))
    #expect(state.lines[22] == " every queue")
    let narrow = try Fixture.console(columns: 40, rows: 10)
    for count in 0...40 {
        var state = narrow
        _ = state.press([":"] + Array(repeating: .tab, count: count))
        guard case .command(let prompt)? = state.dialog else { continue }
        if let cycle = prompt.cycle { #expect(state.lines[8].contains(cycle.options[cycle.place])) }
    }
}

@Test("earlier lines come back with the arrows, pasted text runs nothing, Escape forgets the line")
func commandKeys() throws {
    var state = try Fixture.console()
    _ = state.press(":sort".map(Key.character) + [.enter, .escape, ":", .up])
    #expect(state.lines[23] == " :sort")
    _ = state.update(.paste(" x\nquit\n"), at: state.now)
    #expect(state.lines[23] == " :sort x")
    #expect(state.press([.escape]) == [])
    #expect(state.dialog == nil && state.commandHistory.lines == ["sort"])
    _ = state.press([":", .backspace])
    #expect(state.dialog == nil)
}
