import Testing

@testable import Terminal

@Suite("Decoding of input and colours")
struct KeyDecoderTests {
    @Test("characters become keys; control characters the keys people know them by")
    func characters() {
        var decoder = KeyDecoder()
        #expect(decoder.character(0x61) == .key("a"))
        #expect(decoder.character(0x0D) == .key(.enter))
        #expect(decoder.character(0x09) == .key(.tab))
        #expect(decoder.character(0x7F) == .key(.backspace))
        #expect(decoder.character(0x1B) == .key(.escape))
        #expect(decoder.character(0x1A) == .key(.control("z")))
        #expect(decoder.character(0x1C) == .key(.control("\\")))
        #expect(decoder.character(0x00) == .key(.control(" ")))
        #expect(decoder.character(0x9B) == nil, "a C1 control is no key")
        #expect(decoder.character(0xD800) == nil)
        #expect(decoder.code(Int32.max) == nil)
    }

    @Test("between the brackets of a paste nothing is a key")
    func paste() {
        var decoder = KeyDecoder()
        #expect(decoder.code(KeyDecoder.pasteStart) == nil)
        for scalar in "q\ry\u{1B}".unicodeScalars { #expect(decoder.character(scalar.value) == nil) }
        #expect(decoder.code(0o402) == nil, "an arrow key")
        #expect(decoder.code(KeyDecoder.pasteEnd) == .paste("q\ny\u{1B}"))
        #expect(decoder.character(0x71) == .key("q"))
        #expect(decoder.code(KeyDecoder.pasteEnd) == nil, "an end without a start")
    }

    @Test("the rest of a paste beyond its limit is dropped")
    func longPaste() {
        var decoder = KeyDecoder()
        _ = decoder.code(KeyDecoder.pasteStart)
        for _ in 0..<InputEvent.longestPaste + 10 { _ = decoder.character(0x78) }
        guard case .paste(let text) = decoder.endPaste() else {
            Issue.record("no paste")
            return
        }
        #expect(text.utf8.count == InputEvent.longestPaste)
    }

    @Test("colours come down the ladder to the nearest there is")
    func ladder() {
        let style = Style(foreground: .rgb(250, 10, 10), background: .rgb(0, 0, 95))
        #expect(ColorDepth.direct.adapt(style) == style)
        #expect(ColorDepth.indexed256.adapt(style) == Style(foreground: .indexed(196), background: .indexed(17)))
        #expect(ColorDepth.ansi16.nearest(.rgb(250, 10, 10)) == .indexed(9))
        #expect(
            ColorDepth.ansi8.adapt(Style(foreground: .indexed(9))) == Style(foreground: .indexed(1), attributes: .bold))
        #expect(ColorDepth.mono.adapt(style) == Style(attributes: .reverse))
        // By hue: pale red stays red, a dark blue behind a selection stays blue, greys stay grey.
        #expect(ColorDepth.ansi16.nearest(.rgb(255, 123, 114)) == .indexed(9))
        #expect(ColorDepth.ansi16.nearest(.rgb(23, 58, 94)) == .indexed(4))
        #expect(ColorDepth.ansi16.nearest(.rgb(152, 164, 177)) == .indexed(7))
        // Dark yellow on white, and bright black where black is as bright as it gets, cannot be read.
        let brown = Style(foreground: .rgb(122, 66, 0), background: .rgb(250, 250, 250))
        #expect(ColorDepth.ansi16.adapt(brown) == Style(foreground: .indexed(0), background: .indexed(15)))
        // Two dark backgrounds that come out as black.
        let dialog = Style(foreground: .rgb(250, 250, 250), background: .rgb(34, 42, 51))
        #expect(ColorDepth.ansi16.adapt(dialog, plain: .rgb(18, 22, 27)).attributes == .reverse)
        #expect(ColorDepth.ansi16.adapt(dialog, plain: dialog.background).attributes == [])
        for index in UInt8.min...UInt8.max {
            for depth in ColorDepth.allCases {
                let once = depth.adapt(Style(foreground: .indexed(index), background: .indexed(index)))
                #expect(depth.adapt(once) == once, "\(depth) \(index)")
            }
        }
    }

    @Test("NO_COLOR, when not empty, means no colour")
    func noColor() {
        #expect(ColorDepth.of(colors: 256, isDirect: false, noColor: "1") == .mono)
        #expect(ColorDepth.of(colors: 256, isDirect: false, noColor: "") == .indexed256)
        #expect(ColorDepth.of(colors: 1 << 24, isDirect: true, noColor: nil) == .direct)
        #expect(ColorDepth.of(colors: 8, isDirect: false, noColor: nil) == .ansi8)
        #expect(ColorDepth.of(colors: -1, isDirect: false, noColor: nil) == .mono)
    }

    @Test("padding is taken out of terminal capabilities")
    func padding() {
        #expect(TerminalSequences.withoutPadding(Array("a$<2/>b$<c".utf8)) == Array("ab$<c".utf8))
    }

    @Test("a waker takes any number of wake-ups")
    func waker() throws {
        let waker = try Waker()
        for _ in 0..<1_000 { waker.wake() }
        waker.reset()
        waker.wake()
    }
}
