import Management
import Terminal
import Testing

@testable import Console

/// Random numbers of a seed (SplitMix64), so that a failure can be had again.
private struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func text(of letters: [Character], upTo longest: Int) -> String {
        String((0..<Int.random(in: 0...longest, using: &self)).compactMap { _ in letters.randomElement(using: &self) })
    }
}

@Test("an expression means what it means to another matcher, whatever it is", arguments: 0..<8 as Range<UInt64>)
func randomPatterns(seed: UInt64) throws {
    var dice = Dice(seed)
    let letters = Array("aab.()[]^$|*+?{}12,\\d-:")
    var compared = 0
    for _ in 0..<1_500 {
        let text = dice.text(of: letters, upTo: 9)
        guard let pattern = try? Pattern(text) else { continue }
        for _ in 0..<4 {
            let name = dice.text(of: Array("aab12.-"), upTo: 6)
            let matches = pattern.matches(name)
            guard pattern.isCheap, let other = try? Regex(text).ignoresCase() else { continue }
            #expect(name.contains(other) == matches, "~\(text) on '\(name)', seed \(seed)")
            compared += 1
        }
    }
    #expect(compared > 100)
}

@Test("no text is too odd for a filter or a command", arguments: 0..<6 as Range<UInt64>)
func randomLines(seed: UInt64) {
    var dice = Dice(seed)
    let letters = Array("aready!~\"=<>.()[]{}*+?|\\^$ ,-k019é漢\u{301}\u{202E}: vhost")
    let queues = Fixture.queues(step: 3)
    for _ in 0..<2_000 {
        let text = dice.text(of: letters, upTo: 24)
        do throws(FilterError) {
            let filter = try Filter<QueueInfo>(text)
            _ = queues.count(where: filter.passes)
            _ = filter.serverPart
        } catch {
            #expect(error.column >= 1 && error.column <= text.count + 1, "\(text), seed \(seed)")
        }
        do throws(CommandError) {
            _ = try Command.parse(text)
        } catch {
            #expect(error.column >= 1 && error.column <= text.count + 2, "\(text), seed \(seed)")
        }
        _ = CommandCandidates(vhosts: ["/"], themes: []).completions(of: text)
    }
}

@Test(
    "whatever keys are pressed at whatever size, the picture fits and nothing is changed",
    arguments: 0..<8 as Range<UInt64>)
func randomKeys(seed: UInt64) throws {
    var dice = Dice(seed)
    var keys: [Key] = ActionTable.entries.flatMap(\.keys)
    keys += [.tab, .backTab, .delete, .left, .right, .home, .end, .insert, .control("w"), .control("u"), .function(9)]
    keys += "orders!~>=9 k\"".map(Key.character)
    var state = try Fixture.console(lock: Lock(name: "mq", isLoopback: false))
    for step in 0..<250 {
        let effects: [Effect]
        switch Int.random(in: 0..<40, using: &dice) {
        case 0:
            let size = Size(
                columns: Int.random(in: 0...130, using: &dice), rows: Int.random(in: 0...50, using: &dice))
            effects = state.update(.resize(size), at: state.now)
        case 1: effects = state.update(.paste("x\u{1B}[2J\ny"), at: state.now)
        case 2:
            let mouse = MouseEvent(
                column: Int.random(in: -1...140, using: &dice), row: Int.random(in: -1...60, using: &dice),
                button: .left)
            effects = state.update(.mouse(mouse), at: state.now)
        case 3: effects = state.update(.monitor(Fixture.monitor()), at: state.now)
        default: effects = state.press([keys.randomElement(using: &dice) ?? .enter])
        }
        // Locked: whatever was pressed, and the name is never typed by chance.
        #expect(!effects.contains { if case .perform = $0 { true } else { false } }, "seed \(seed), step \(step)")
        let frame = state.render()
        #expect(frame.size == state.size)
        #expect(frame.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    }
}
