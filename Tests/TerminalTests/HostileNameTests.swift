import Testing

@testable import Terminal

// Tests take them by their places: a test's arguments are printed, and that would do to this terminal what they try.

/// Names as anybody may give them to a queue, all of at most the 255 bytes that AMQP allows.
private let hostileNames: [String] = [
    // Steering the terminal: clear, title, clipboard, report, mouse mode, charset; the same as C1 controls.
    "\u{1B}[2J\u{1B}[H", "\u{1B}]0;owned\u{07}", "\u{1B}]52;c;ZXZpbA==\u{07}", "\u{1B}[6n", "\u{1B}[?1000h",
    "\u{1B}(0lqk",
    "\u{9B}2J", "\u{9D}0;x\u{9C}", "\u{90}q\u{9C}", "a\r\nb\tc\u{08}d\u{0B}\u{0C}\u{00}\u{7F}\u{0E}\u{0F}",
    // Reordering and hiding: overrides, isolates, marks, joiners, tags, fillers, variation selectors.
    "invoice\u{202E}txt.exe", "a\u{2066}b\u{2069}\u{200F}c\u{200E}\u{61C}", "pay\u{200B}ments\u{2060}\u{FEFF}\u{AD}",
    "x\u{E0041}\u{E007F}", "\u{3164}\u{115F}\u{1160}\u{FFA0}", "\u{2028}\u{2029}", "✂\u{FE0F}✂\u{FE0E}",
    "👩\u{200D}👩\u{200D}👧", "🇩🇪🇫🇷", "👍🏽",
    // Piling up, and letters of other widths and directions.
    "Z" + String(repeating: "\u{489}\u{335}", count: 60), String(repeating: "\u{301}", count: 127), "שלום.עולם",
    "مرحبا",
    String(repeating: "漢", count: 85), "ｆｕｌｌ", "각각", "กำ", "क्षि",
    // Nothing but length.
    String(repeating: "x", count: 255), String(repeating: "e\u{301}", count: 85),
    String(repeating: "\u{1B}", count: 255),
]

@Suite("Names that others chose")
struct HostileNameTests {
    /// Whether a scalar can do nothing to a terminal but show.
    private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if properties.isDefaultIgnorableCodePoint || properties.isBidiControl { return false }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned: return false
        default: return true
        }
    }

    @Test("whatever a name holds, nothing that steers, reorders or hides is drawn", arguments: hostileNames.indices)
    func drawn(place: Int) {
        let name = hostileNames[place]
        #expect(name.utf8.count <= 255)
        for width in [1, 2, 3, 7, 24, 80] {
            let cuts = [
                TextWidth.cutMiddle(name, width), TextWidth.cutEnd(name, width), TextWidth.padLeft(name, width),
                TextWidth.padRight(name, width), TextWidth.wrap(name, width, limit: 3).joined(),
            ]
            for text in cuts { #expect(text.unicodeScalars.allSatisfy(isHarmless)) }
            for text in cuts.prefix(2) { #expect(TextWidth.of(text) <= width) }
            var frame = Frame(Size(columns: width, rows: 2))
            frame.put(name, column: 0, row: 0)
            frame.put("|", column: 0, row: 1)
            #expect(frame.text.unicodeScalars.allSatisfy { isHarmless($0) || $0 == "\n" })
            #expect((0..<width).reduce(0) { $0 + Int(frame[$1, 0].width) } == width, "every column is one letter's")
            #expect(frame.line(1) == "|", "nothing runs over into the next row")
        }
    }

    @Test("a name takes the columns it is measured to take, so what follows stands where it should")
    func measured() {
        for name in hostileNames {
            let width = TextWidth.of(name)
            var frame = Frame(Size(columns: width + 3, rows: 1))
            let used = frame.put(name, column: 0, row: 0)
            frame.put("|", column: used, row: 0)
            #expect(used == width)
            #expect(frame[width, 0].text == "|")
            #expect(TextWidth.of(frame.line(0).dropLast()) == width, "drawing is measured again as the same")
        }
    }

    @Test(
        "in locale C nothing but printable ASCII is drawn, and columns stay",
        arguments: hostileNames.indices)
    func localeC(place: Int) {
        let name = hostileNames[place]
        var frame = Frame(Size(columns: 80, rows: 1))
        frame.put(name, column: 0, row: 0, width: 40)
        frame.put("|▇⣿─…", column: 40, row: 0)
        let ascii = frame.degraded(to: GlyphSet.best(term: "xterm-256color", isUTF8: false))
        #expect(ascii.text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A })
        #expect(ascii[40, 0].text == "|" && ascii.line(0).hasSuffix("|#*-~"))
    }

    @Test("two names that differ only in what cannot be seen look different")
    func lookAlikes() {
        for (plain, disguised) in [
            ("payments", "pay\u{200B}ments"), ("a.b", "a.\u{202E}b"), ("orders", "orders\u{00}"), ("x", "x\u{FEFF}"),
        ] {
            #expect(TextWidth.cutMiddle(disguised, 80) != TextWidth.cutMiddle(plain, 80))
        }
    }
}
