import Terminal
import Testing

@Suite("Keys")
struct KeyTests {
    @Test("every key's name leads back to the key")
    func roundTrip() {
        var keys: [Key] = [
            .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end,
            .pageUp, .pageDown, .control(" "), .control("\\"), .control("_"),
        ]
        keys += (1...24).map(Key.function)
        keys += "abcdefgklnopqrstuvwxyz".map(Key.control)
        keys += (0x20..<0x7F).compactMap { Unicode.Scalar($0).map { Key.character(Character($0)) } }
        keys += [.character("é"), .character("漢")]
        for key in keys { #expect(Key(name: key.name) == key, "\(key.name)") }
    }

    @Test("names are taken in any letter case, characters in their own")
    func cases() {
        #expect(Key(name: "Ctrl-D") == .control("d"))
        #expect(Key(name: "^d") == .control("d"))
        #expect(Key(name: "ESCAPE") == .escape)
        #expect(Key(name: "f10") == .function(10))
        #expect(Key(name: "G") == .character("G"))
        #expect(Key(name: "Space") == .character(" "))
    }

    @Test(
        "a name that is no key, or a key no terminal can tell apart, is refused",
        arguments: [
            "", "ctrl-", "ctrl-i", "ctrl-m", "ctrl-j", "ctrl-h", "ctrl-[", "F0", "F25", "F01", "f+1", "hyper-x",
            "\u{1B}", "\n", "\u{202E}", "ctrl-é", "ctrl-1",
        ])
    func refused(name: String) {
        #expect(Key(name: name) == nil)
    }

    @Test("a literal is a character key")
    func literal() {
        let key: Key = "q"
        #expect(key == .character("q"))
    }
}
