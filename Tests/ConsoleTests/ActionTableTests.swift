import Terminal
import Testing

@testable import Console

@Test("no key means two things in one place")
func noConflicts() {
    for place in Place.allCases {
        var taken: [Key: Action] = [:]
        for entry in ActionTable.entries where entry.places.contains(place) {
            for key in entry.keys {
                #expect(taken[key] == nil, "\(key.name) in \(place.title): \(entry.action)")
                taken[key] = entry.action
            }
        }
    }
}

@Test("every action stands in the table once, with a key in every place it applies")
func everyActionIsReachable() {
    for action in Action.allCases {
        let entries = ActionTable.entries.filter { $0.action == action }
        #expect(entries.count == 1, "\(action)")
        for entry in entries {
            #expect(!entry.keys.isEmpty && !entry.places.isEmpty)
            for place in entry.places {
                for key in entry.keys { #expect(ActionTable.entry(for: key, in: place)?.action == action) }
            }
        }
    }
}

@Test("no default key is one that terminals cannot tell apart or that a multiplexer takes")
func keysAreDistinguishable() {
    let barred: Set<Key> = [.control("i"), .control("m"), .control("j"), .control("h"), .control("a"), .control("b")]
    for entry in ActionTable.entries { #expect(barred.isDisjoint(with: entry.keys), "\(entry.action)") }
}

@Test("everything that changes the broker is barred in a read-only console")
func readOnlyBars() throws {
    var state = try Fixture.console(isReadOnly: true)
    for entry in ActionTable.entries where entry.isDangerous {
        let effects = state.perform(entry)
        #expect(effects == [])
        #expect(state.dialog == nil)
        #expect(state.receipt?.text.contains("read-only") == true)
    }
    #expect(state.lines[0].contains("read-only"))
    #expect(!state.lines[23].contains("purge"))
}

@Test("the help lists every key of the place, and the footer only keys of the table")
func helpAndFooterAreDerived() throws {
    for (panel, keys) in [(ConsoleState.Panel.overview, [Key]()), (.queues, []), (.queues, [.enter])] {
        var state = try Fixture.console(columns: 160, panel: panel)
        _ = state.press(keys)
        let help = HelpScreen.lines(for: state, width: 160)
        let table = ActionTable.entries.filter { $0.places.contains(state.place) }
        for entry in table {
            let names = entry.keys.map(\.shortName).joined(separator: " ")
            #expect(
                help.contains {
                    if case .item(names, let text, _) = $0 { text.hasPrefix(entry.description) } else { false }
                })
        }
        let footer = Footer(state, width: 160)
        let labels = Set(table.map(\.label))
        for item in footer.left + footer.right { #expect(labels.contains(item.label)) }
        #expect(footer.left.reduce(0) { $0 + $1.width + 2 } <= 160)
    }
}

@Test("the footer of a narrow screen keeps help and quit")
func narrowFooter() throws {
    let state = try Fixture.console(columns: 40, rows: 10)
    #expect(state.lines[9].hasSuffix("? help  q quit"))
}
