import Testing

@testable import Console

@Test(
    "a count takes at most five cells and never claims more than there is",
    arguments: [
        (0, "0"), (9_999, "9999"), (10_000, "10.0k"), (28_412, "28.4k"), (99_999, "99.9k"), (284_120, "284k"),
        (999_999, "999k"), (1_234_567, "1.23M"), (1_099_999, "1.09M"), (12_345_678, "12.3M"), (Int.max, "9.22E"),
        (Int.min, "-9999"), (-3, "-3"),
    ])
func count(value: Int, text: String) {
    #expect(Figures.count(value) == text)
    #expect(Figures.count(value).count <= 5)
}

@Test("what is not provided is a dash, and zero is a figure")
func notProvided() {
    #expect(Figures.count(nil) == "–")
    #expect(Figures.count(0) == "0")
    #expect(Figures.rate(nil) == "–")
    #expect(Figures.rate(0) == "0")
    #expect(Figures.rate(.nan) == "–")
    #expect(Figures.bytes(nil) == "–")
    #expect(Figures.age(nil) == "–")
}

@Test(
    "rates keep a decimal below ten and fit five cells",
    arguments: [
        (0.04, "<0.1"), (0.2, "0.2"), (3.0, "3.0"), (9.96, "10"), (310.4, "310"), (2_420, "2420"), (28_400, "28.4k"),
        (1e300, "9.22E"),
    ])
func rate(value: Double, text: String) {
    #expect(Figures.rate(value) == text)
}

@Test("sizes are in units of 1024")
func bytes() {
    #expect(Figures.bytes(1_023) == "1023B")
    #expect(Figures.bytes(1_024) == "1.0k")
    #expect(Figures.bytes(212 << 20) == "212M")
    #expect(Figures.bytes(Int.max) == "8.0E")
    #expect(Figures.bytes(-1) == "0B")
}

@Test("ages take four cells")
func ages() {
    let cases: [(Duration, String)] = [
        (.milliseconds(400), "0.4s"), (.seconds(42), "42s"), (.seconds(600), "10m"), (.seconds(18_000), "5h"),
        (.seconds(86_400 * 12), "12d"), (.seconds(-3), "0.0s"), (.seconds(86_400 * 5_000), "999d"),
    ]
    for (span, text) in cases { #expect(Figures.age(span) == text) }
}

@Test("exact counts are grouped by three")
func exact() {
    #expect(Figures.exact(28_412) == "28,412")
    #expect(Figures.exact(1_000_000) == "1,000,000")
    #expect(Figures.exact(-1_234) == "-1,234")
    #expect(Figures.exact(Int.min) == "-9,223,372,036,854,775,808")
}
