import Terminal
import Testing

@Suite("Charts, sparklines and bars")
struct ChartTests {
    private func picture(_ glyphs: GlyphSet, columns: Int = 24, rows: Int = 5) -> String {
        var frame = Frame(Size(columns: columns, rows: rows))
        let values: [Double?] = [0, 500, 1_000, 1_900, nil, nil, 400, 400, 400, 1_200]
        Chart(series: [.init(values)], capacity: 10, startLabel: "9s")
            .draw(into: &frame, area: Rect(frame.size), glyphs: glyphs)
        return frame.text
    }

    @Test("a line with a gap, in braille, blocks and ASCII")
    func goldens() {
        #expect(
            picture(.braille) == """
                2k┤      ⡠⠂
                  │    ⢀⠔⠁             ⡠
                1k┤  ⢀⠔⠁             ⢀⠜
                  │⡠⠒⠁          ⠈⠉⠉⠉⠉⠁
                 0┴─9s───────────────now

                """)
        #expect(
            picture(.block) == """
                2k┤      ▄▀
                  │    ▄▀              ▄
                1k┤  ▄▀               █
                  │▄▀           ▀▀▀▀▀▀
                 0┴─9s───────────────now

                """)
        #expect(
            picture(.ascii) == """
                2k┤      .'
                  │    .'              .
                1k┤  .'               :
                  │.'           ''''''
                 0┴─9s───────────────now

                """)
    }

    @Test("any size, sample and capacity draws without an error and inside its area")
    func anySize() {
        let values: [Double?] = [nil, .nan, .infinity, -.infinity, -5, 0, 1e308, 1e-308]
        for columns in -1...14 {
            for rows in -1...9 {
                for capacity in [Int.min, 0, 1, 3, Int.max] {
                    for glyphs in GlyphSet.allCases {
                        var frame = Frame(Size(columns: 16, rows: 10))
                        Chart(series: [.init(values), .init([]), .init([3])], capacity: capacity)
                            .draw(
                                into: &frame, area: Rect(column: 1, row: 1, columns: columns, rows: rows),
                                glyphs: glyphs)
                        #expect(frame.line(0).isEmpty)
                        #expect((0..<10).allSatisfy { frame[15, $0] == .blank && frame[0, $0] == .blank })
                    }
                }
            }
        }
    }

    @Test("a sparkline shows the last samples, gaps as blanks, nothing but zeros as the lowest bar")
    func sparkline() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([9, nil, 7], width: 4, maximum: 14) == " ▆ ▅")
        #expect(Sparkline.text([0, 0], width: 2) == "▁▁")
        #expect(Sparkline.text([5, 1], width: 1) == "█")
        #expect(Sparkline.text([.nan, .infinity], width: 2) == "  ")
        #expect(Sparkline.text([1], width: -1) == "")
    }

    @Test("a bar shows any share above zero, and is full only when it is")
    func bar() {
        #expect(Bar.text(0, width: 4) == "▁▁▁▁")
        #expect(Bar.text(0.001, width: 4) == "▇▁▁▁")
        #expect(Bar.text(0.5, width: 4) == "▇▇▁▁")
        #expect(Bar.text(0.999, width: 4) == "▇▇▇▁")
        #expect(Bar.text(7, width: 4) == "▇▇▇▇")
        #expect(Bar.text(.nan, width: 4) == "▁▁▁▁")
        #expect(Bar.text(0.5, width: -1) == "")
    }

    @Test("a dialog box frames its content and shortens its title")
    func dialog() {
        var frame = Frame(Size(columns: 14, rows: 5), style: .plain)
        let inside = DialogBox(title: "Purge payments").draw(
            into: &frame, centeredIn: Rect(frame.size), content: Size(columns: 8, rows: 1))
        #expect(inside == Rect(column: 3, row: 2, columns: 8, rows: 1))
        #expect(frame.text == "\n ┌ Purg…nts ┐\n │          │\n └──────────┘\n\n")
    }
}
