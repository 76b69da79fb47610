import Terminal
import Testing

@testable import Console

@Test(
    "every sign of the console has one of ASCII, so nothing turns into a question mark in locale C",
    arguments: [[], [.enter], ["1"], ["c", .tab, .tab], ["p"], ["s"], ["q"], ["/", "x"], [":"], ["?"]] as [[Key]])
func asciiConsole(keys: [Key]) throws {
    var state = try Fixture.console(columns: 200, rows: 60)
    state.glyphs = .ascii
    _ = state.press(keys)
    let frame = state.render()
    let ascii = frame.degraded(to: .ascii)
    for row in 0..<frame.size.rows {
        let line = ascii.line(row)
        #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(line.count { $0 == "?" } == frame.line(row).count { $0 == "?" }, "\(frame.line(row))")
    }
}
