import Testing

@testable import Console

@Test(
    "expressions match as in PCRE, in either case",
    arguments: [
        ("abc", "xABCx", true), ("^abc$", "abc", true), ("^abc$", "abcd", false), ("a.c", "a\nc", true),
        ("a|b", "xb", true), ("^(?:a|bc)+$", "abcbca", true), ("^(a|bc)+$", "abcb", false), ("^$", "", true),
        ("[a-c]x", "BX", true), ("[^a-c]x", "Bx", false), ("[^a-c]x", "dx", true), ("[]x]", "]", true),
        ("[a\\-z]", "-", true), ("[a\\-z]", "m", false), ("[-a]", "-", true), ("[\\d.]+$", "v1.2", true),
        ("\\d{3}", "ab12", false), ("\\d{3}", "ab123", true), ("^a{2,}$", "aaa", true), ("^a{2,}$", "a", false),
        ("^a{1,2}$", "aaa", false), ("^a{0}b$", "b", true), ("\\D", "123", false), ("^\\w+$", "a_1", true),
        ("\\W", "a_1", false), ("\\.", "ab", false), ("é", "CAFÉ", true), ("漢.$", "漢字", true), ("()", "", true),
        ("(|a)b", "b", true), ("(a*)*b", "aaab", true), ("a||b", "", true), ("[\\D]", "1a", true),
        ("^[^\\d]$", "1", false), ("x*", "", true), ("\\^", "a^", true), ("[\\d-z]", "-", true),
    ])
func patterns(text: String, name: String, matches: Bool) throws {
    #expect(try Pattern(text).matches(name) == matches)
}

@Test(
    "an expression that is none, or too large, is refused with its place",
    arguments: [
        ("", 0), ("(", 0), ("a(b", 1), ("a)", 1), ("[a", 0), ("*a", 0), ("a|*", 2), ("a++", 2), ("a*?", 2), ("^*", 1),
        ("a{", 1), ("a{x}", 1), ("a{2,1}", 1), ("a{,2}", 1), ("a{1,2,3}", 1), ("a{9999}", 1), ("(?=a)", 2),
        ("(?<n>a)", 2), ("a\\", 2), ("\\b", 1), ("\\1", 1), ("[z-a]", 4), ("[[:alpha:]]", 1),
        ("[a&&b]", 2), ("a{256}", 0), ("(a{99}){99}", 0), ("((((a?){9}){9}){9}){9}", 0),
        (String(repeating: "(", count: 200), 33), (String(repeating: "a", count: 256), 255),
    ])
func badPatterns(text: String, offset: Int) {
    #expect {
        try Pattern(text)
    } throws: { error in
        guard let problem = error as? Pattern.Problem else { return false }
        if problem.offset != offset { Issue.record("\(problem)") }
        return problem.offset == offset && !problem.expected.isEmpty
    }
}

@Test(
    "expressions that matchers with backtracking take for ever over are answered within the bound",
    arguments: [
        "(a+)+$", "(a|a)*b", "(a*)*b", "(a|aa)+$", "(.*a){12}$", "a?a?a?a?a?a?a?a?aaaaaaaab",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "((((((){99}){99}){99}){99}){99}){99}b", "(a{1,9}){1,9}b",
    ])
func pathologicalPatterns(text: String) throws {
    let pattern = try Pattern(text)
    let name = String(repeating: "a", count: 254) + "!"
    let clock = ContinuousClock()
    let time = clock.measure { #expect(!pattern.matches(name)) }
    // 65,280 moves at most: milliseconds even without optimisation, where going back would outlast the universe.
    #expect(time < .seconds(5))
    #expect(!pattern.isCheap)
}

@Test("only an expression with few repetitions, none in another, is cheap for a matcher that goes back")
func cheapPatterns() throws {
    for text in ["abc", "a*b+", "^orders\\..*\\.dlq$", "a*|b|c"] { #expect(try Pattern(text).isCheap) }
    for text in ["(a*)b*c*", "(a*)*", "(a?b)+", "(a|a)*", "a{1,9}b?c+"] { #expect(try !Pattern(text).isCheap) }
}
