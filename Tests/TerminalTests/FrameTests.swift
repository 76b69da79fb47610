import Terminal
import Testing

@Suite("Frames")
struct FrameTests {
    @Test("drawing at any place of a frame of any size is clipped, never an error")
    func clipping() {
        let extremes = [Int.min, -1_000_000_000, -3, -1, 0, 1, 2, 3, 1_000_000_000, Int.max]
        for columns in [0, 1, 2, 5] {
            for rows in [0, 1, 3] {
                var frame = Frame(Size(columns: columns, rows: rows))
                for column in extremes {
                    for row in extremes {
                        frame.put("a漢e\u{301}z", column: column, row: row)
                        frame.put("漢字", column: column, row: row, width: column)
                        frame.fill(Rect(column: column, row: row, columns: row, rows: column), with: "x", style: .plain)
                        frame.restyle(Rect(column: row, row: column, columns: column, rows: row)) {
                            $0.attributes = .bold
                        }
                        frame.draw(Frame(Size(columns: 3, rows: 2)), column: column, row: row)
                        DialogBox(title: "t").draw(
                            into: &frame, area: Rect(column: column, row: row, columns: row, rows: column))
                        _ = frame[column, row]
                        _ = frame.line(row)
                    }
                }
                for row in 0..<rows {
                    let widths = (0..<columns).map { Int(frame[$0, row].width) }
                    #expect(widths.reduce(0, +) == columns, "every column belongs to one letter")
                }
            }
        }
    }

    @Test("a size is brought inside its limits")
    func size() {
        #expect(Size(columns: -1, rows: Int.max) == Size(columns: 0, rows: Size.limit))
    }

    @Test("text is cut at the right edge, at its width and at the left edge")
    func cutting() {
        var frame = Frame(Size(columns: 6, rows: 3))
        #expect(frame.put("abcdefgh", column: 2, row: 0) == 4)
        #expect(frame.put("abcdefgh", column: 1, row: 1, width: 3) == 3)
        #expect(frame.put("abcd", column: -2, row: 2) == 4)
        #expect(frame.text == "  abcd\n abc\ncd\n")
        #expect(frame.put("x", column: 6, row: 0) == 0)
        #expect(frame.put("x", column: 0, row: 3) == 0)
    }

    @Test("a wide letter that straddles an edge leaves a blank")
    func wideAtEdges() {
        var frame = Frame(Size(columns: 4, rows: 2), style: .plain)
        frame.put("ab漢", column: 1, row: 0)
        frame.put("漢b", column: -1, row: 1)
        #expect(frame.text == " ab\n b\n")
        #expect(frame[3, 0].width == 1)
    }

    @Test("overwriting half of a wide letter blanks the other half")
    func wideOverwritten() {
        var frame = Frame(Size(columns: 6, rows: 1))
        frame.put("漢字漢", column: 0, row: 0)
        frame.put("x", column: 1, row: 0)
        #expect(frame.line(0) == " x字漢")
        frame.put("y", column: 4, row: 0)
        #expect(frame.line(0) == " x字y")
        frame.put("大", column: 1, row: 0)
        #expect(frame.line(0) == " 大 y")
    }

    @Test("combining marks stay with their letter; a third one shows as a sign, all of the rest with it")
    func marks() {
        var frame = Frame(Size(columns: 6, rows: 1))
        #expect(frame.put("e\u{301}x", column: 0, row: 0) == 2)
        #expect(Array(frame[0, 0].text.unicodeScalars) == ["e", "\u{301}"])
        #expect(TextWidth.of("a" + String(repeating: "\u{301}", count: 500) + "b") == 3)
        #expect(TextWidth.of("\u{301}") == 1, "a mark without a letter has a carrier")
    }

    @Test("every control, bidi and zero-width character becomes a visible sign of one column")
    func hostileText() {
        var hostile: [UInt32] = Array(0...0x1F) + Array(0x7F...0x9F)
        hostile += [
            0xAD, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x2060, 0xFEFF, 0xFE0F, 0x180E,
        ]
        hostile += Array(0x202A...0x202E) + Array(0x2066...0x2069) + [0xE0001, 0xE0041, 0xFFF9, 0xFFFE, 0x10FFFF]
        for value in hostile {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var frame = Frame(Size(columns: 4, rows: 1))
            let used = frame.put("a" + String(Character(scalar)) + "b", column: 0, row: 0)
            #expect(used == 3, "U+\(String(value, radix: 16))")
            let shown = frame.line(0).unicodeScalars
            #expect(!shown.contains(scalar) && shown.count == 3, "U+\(String(value, radix: 16))")
        }
        var frame = Frame(Size(columns: 20, rows: 1))
        frame.put("\u{1B}[2J\r\nx\u{202E}", column: 0, row: 0)
        #expect(frame.line(0) == "␛[2J␍␊x\u{FFFD}")
    }

    @Test("the styled dump tells runs of one look apart")
    func styledText() {
        var frame = Frame(Size(columns: 8, rows: 2))
        frame.put("ab", column: 1, row: 0, style: Style(foreground: .rgb(255, 128, 0), attributes: .bold))
        frame.put("c", column: 3, row: 0, style: Style(background: .indexed(4)))
        #expect(frame.styledText == "0:1 bold #ff8000|ab|\n0:3 on 4|c|\n")
    }

    @Test("without UTF-8 every sign becomes one of ASCII of the same width")
    func degraded() {
        var frame = Frame(Size(columns: 12, rows: 1))
        frame.put("a…│漢é▼⣿e\u{301}z", column: 0, row: 0)
        let ascii = frame.degraded(to: .ascii)
        #expect(ascii.line(0) == "a~|? ?v*ez")
        #expect(frame.degraded(to: .block).line(0) == "a…│漢é▼*e\u{301}z")
        #expect(frame.degraded(to: .braille) == frame)
    }

    @Test("names are cut in the middle and keep their ends", arguments: 0...30)
    func cutMiddle(width: Int) {
        let name = "orders.eu.dead-letter"
        let cut = TextWidth.cutMiddle(name, width)
        #expect(TextWidth.of(cut) == min(width, 21))
        if width >= 21 {
            #expect(cut == name)
        } else if width > 2 {
            #expect(cut.last == "r" && cut.first == "o" && cut.contains("…"))
        }
        #expect(TextWidth.of(TextWidth.cutMiddle("漢字漢字漢字", width)) <= width)
        #expect(TextWidth.of(TextWidth.padLeft(name, width)) == width)
        #expect(TextWidth.of(TextWidth.padRight("漢字漢字漢字", width)) == width)
    }

    @Test("text wraps at spaces and breaks words that are too long")
    func wrap() {
        #expect(TextWidth.wrap("one two  three", 7) == ["one two", "three"])
        #expect(TextWidth.wrap("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"])
        #expect(TextWidth.wrap("漢", 1) == [])
        #expect(TextWidth.wrap("x", 0) == [])
    }
}
