import Glibc
import Testing

@testable import Terminal

@Suite("Kinds of terminals")
struct TerminalKindTests {
    @Test(
        "each kind of terminal draws what it can",
        arguments: [
            ("xterm-256color", GlyphSet.braille), ("screen-256color", .braille), ("tmux-256color", .braille),
            ("xterm-direct", .braille), ("linux", .block), ("linux-16color", .block), ("vt100", .ascii),
            ("vt220", .ascii), ("dumb", .ascii), ("ansi", .ascii),
        ])
    func glyphs(term: String, glyphs: GlyphSet) {
        #expect(GlyphSet.best(term: term, isUTF8: true) == glyphs)
        #expect(GlyphSet.best(term: term, isUTF8: false) == .ascii)
    }

    @Test(
        "COLORTERM asks for all colours, NO_COLOR for none, and NO_COLOR wins",
        arguments: [
            ("xterm-256color", "truecolor", nil, "xterm-direct"), ("xterm-256color", "24bit", "", "xterm-direct"),
            ("tmux-256color", "TrueColor", nil, "tmux-direct"), ("xterm", "truecolor", nil, "xterm-direct"),
            ("xterm-direct", "truecolor", nil, nil), ("xterm-256color", nil, nil, nil),
            ("xterm-256color", "yes", nil, nil), ("xterm-256color", "", nil, nil),
            ("xterm-256color", "truecolor", "1", nil),
        ] as [(String, String?, String?, String?)])
    func colorTerm(term: String, colorTerm: String?, noColor: String?, wanted: String?) {
        #expect(ColorDepth.directTerm(for: term, colorTerm: colorTerm, noColor: noColor) == wanted)
    }

    @Test("without colours the picture's own background is plain, and others stand out in reverse")
    func monoBackground() {
        let (plain, selection) = (Color.rgb(18, 22, 27), Color.rgb(23, 58, 94))
        #expect(
            ColorDepth.mono.adapt(Style(background: plain, attributes: .bold), plain: plain) == Style(attributes: .bold)
        )
        #expect(ColorDepth.mono.adapt(Style(background: selection), plain: plain) == Style(attributes: .reverse))
        #expect(ColorDepth.mono.adapt(Style(background: .default), plain: plain) == .plain)
        let style = Style(background: plain)
        #expect(ColorDepth.direct.adapt(style, plain: plain) == style)
        #expect(Frame(Size(columns: 1, rows: 1), style: style).degraded(to: .ascii).background == plain)
    }

    @Test("the bytes a thread writes are counted")
    func writeCounter() throws {
        let counter = WriteCounter()
        let start = counter.total
        let before = try #require(start)
        let sink = open("/dev/null", O_WRONLY)
        defer { close(sink) }
        let bytes = [UInt8](repeating: 0, count: 12_345)
        #expect(write(sink, bytes, bytes.count) == bytes.count)
        let after = counter.total
        #expect(after == before + bytes.count)
        #expect(WriteCounter.written(in: "rchar: 1\nwchar: 42\nsyscr: 3\n") == 42)
        #expect(WriteCounter.written(in: "") == nil)
    }
}
