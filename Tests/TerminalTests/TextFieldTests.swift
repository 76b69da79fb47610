import Terminal
import Testing

@Suite("Text fields")
struct TextFieldTests {
    /// A field after some keys, `|` marking its cursor.
    private func typed(_ text: String, _ keys: [Key], maximumLength: Int = 100) -> String {
        var field = TextField(text: text, maximumLength: maximumLength)
        for key in keys { field.handle(key) }
        let cursor = field.text.index(field.text.startIndex, offsetBy: field.cursor)
        return field.text[..<cursor] + "|" + field.text[cursor...]
    }

    @Test("keys edit at the cursor")
    func editing() {
        #expect(typed("ac", [.left, "b"]) == "ab|c")
        #expect(typed("abc", [.backspace, .backspace]) == "a|")
        #expect(typed("abc", [.home, .delete, .backspace]) == "|bc")
        #expect(typed("abc", [.home, .right, .end, .right]) == "abc|")
        #expect(typed("one two ", [.control("w")]) == "one |")
        #expect(typed("one two", [.left, .left, .control("k")]) == "one t|")
        #expect(typed("one two", [.left, .control("u")]) == "|o")
        #expect(typed("", [.backspace, .delete, .left, .right, .control("w")]) == "|")
        #expect(typed("e\u{301}x", [.left, .backspace]) == "|x")
    }

    @Test("what is too long is left out")
    func maximum() {
        #expect(typed("abcdef", ["g"], maximumLength: 3) == "abc|")
        #expect(typed("abc", ["g"], maximumLength: -1) == "|")
    }

    @Test("a paste is inserted without its control characters, so it submits nothing")
    func paste() {
        var field = TextField(text: "[]")
        field.handle(.left)
        let isTaken = field.handle(InputEvent.paste("a\nb\r\u{1B}[Ac\t"))
        #expect(isTaken)
        #expect(field.text == "[ab[Ac]")
        #expect(field.cursor == 6)
    }

    @Test("keys that mean nothing to a field are not taken")
    func untaken() {
        var field = TextField(text: "a")
        for key in [Key.enter, .escape, .tab, .up, .function(1), .control("c")] {
            let isTaken = field.handle(key)
            #expect(!isTaken)
        }
        let isTaken = field.handle(InputEvent.resize(Size(columns: 1, rows: 1)))
        #expect(!isTaken)
        #expect(field.text == "a")
    }

    @Test("the drawn field follows the cursor, and a masked one shows no letter")
    func drawing() {
        var frame = Frame(Size(columns: 8, rows: 1))
        var field = TextField(text: "abcdefgh")
        field.draw(into: &frame, column: 2, row: 0, width: 5)
        #expect(frame.line(0) == "  efgh")
        #expect(frame.cursor == Frame.Cursor(column: 6, row: 0))
        field.handle(.home)
        field.isMasked = true
        field.draw(into: &frame, column: 2, row: 0, width: 5)
        #expect(frame.line(0) == "  •••••")
        #expect(frame.cursor == Frame.Cursor(column: 2, row: 0))
        for width in -1...3 { field.draw(into: &frame, column: Int.max, row: Int.min, width: width) }
    }
}
