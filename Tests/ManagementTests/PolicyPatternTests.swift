import Testing

@testable import Management

@Test(
    "a policy's pattern matches what Erlang's re matches",
    arguments: [
        ("", "anything", true), ("^orders$", "orders", true), ("^orders$", "Orders", false),
        ("^orders$", "orders\n", true), ("^orders\\z", "orders\n", false), ("orders", "my.orders.1", true),
        ("^(?!amq\\.)", "amq.direct", false), ("^(?!amq\\.)", "orders", true), ("^(?!amq\\.).*", "", true),
        ("^(?=.*\\d)(?!.*x).+$", "a1", true), ("^(?=.*\\d)(?!.*x).+$", "a1x", false),
        ("^(?=.*\\d)(?!.*x).+$", "a", false), ("^((?!tmp).)*$", "a.tmp.b", false), ("^((?!tmp).)*$", "a.tm.b", true),
        ("(?i)^ORDERS", "orders.1", true), ("^a(?i:B)c$", "abc", true), ("^a(?i:B)c$", "abC", false),
        ("^a((?i)b)c$", "aBc", true), ("^a((?i)b)c$", "aBC", false), ("\\.(jobs|events)$", "x.events", true),
        ("^a.c$", "a\nc", false), ("(?s)^a.c$", "a\nc", true), ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false),
        ("\\bjob\\b", "a.job.b", true), ("\\bjob\\b", "jobs", false), ("\\Bob", "job", true),
        ("^[[:alpha:]_]+$", "a_b", true), ("^[[:^digit:]]+$", "a1", false), ("^[]a]+$", "]a", true),
        ("^[^]a]$", "]", false), ("^[\\w.-]+$", "a-b.c", true), ("^[a-c-e]+$", "a-e", true), ("^[+--]$", ",", true),
        ("^a{2,3}?$", "aaa", true), ("^a{,3}$", "a{,3}", true), ("^a{,3}$", "aa", false), ("a{", "a{", true),
        ("^\\Qa.b\\E$", "a.b", true), ("^\\Qa.b\\E$", "axb", false), ("^\\x41\\x{42}\\103$", "ABC", true),
        ("^\\x41\\x{42}\\0103$", "AB\u{8}3", true), ("^(?x) a b # c\n c$", "abc", true), ("(|a)*$", "b", true),
        ("^(a*)*b$", "aaab", true), ("^(a|b*)*$", "abbac", false), ("^(?<n>a)(?P<m>b)$", "ab", true),
        ("^(?#comment)a$", "a", true), ("^é$", "é", true), ("^.$", "é", false), ("^..$", "é", true),
        ("^\\w{3}$", "é1", false), ("a$|^b", "bc", true), ("(?!)", "a", false), ("^(?=a)*b$", "b", true),
    ])
func matching(text: String, name: String, matches: Bool) throws {
    #expect(try PolicyPattern(text).matches(name) == matches)
}

@Test(
    "what is no pattern is refused in PCRE's words, with its place",
    arguments: [
        ("(", "missing )", 1), ("(a", "missing )", 2), (")", "unmatched parentheses", 0),
        ("a)", "unmatched parentheses", 1), ("[a", "missing terminating ] for character class", 2),
        ("[]", "missing terminating ] for character class", 2), ("*", "nothing to repeat", 0),
        ("a**", "nothing to repeat", 2), ("^*", "nothing to repeat", 1), ("{1}", "nothing to repeat", 2),
        ("(*)", "nothing to repeat", 1), ("\\", "\\ at end of pattern", 1),
        ("a{3,1}", "numbers out of order in {} quantifier", 5), ("a{70000}", "number too big in {} quantifier", 7),
        ("[b-a]", "range out of order in character class", 3), ("(?z)", "unrecognized character after (? or (?-", 2),
        ("(?", "unrecognized character after (? or (?-", 2), ("[[:foo:]]", "unknown POSIX class name", 3),
        ("(?#abc", "missing ) after comment", 6), ("[[.a.]]", "POSIX collating elements are not supported", 1),
        ("(?<n>a)(?<n>b)", "two named subpatterns have the same name", 11),
        ("(?<1a>b)", "group name must start with a non-digit", 3),
        ("\\L", "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u", 1),
    ])
func invalid(text: String, problem: String, offset: Int) {
    #expect(throws: PolicyPattern.Problem(problem: problem, offset: offset)) { try PolicyPattern(text) }
}

@Test(
    "what cannot be matched in bounded time is refused here alone",
    arguments: ["(a)\\1", "(?<=a)b", "(?<!a)b", "(?>a)", "a++", "(?R)", "(a)(?1)", "\\p{L}", "\\K", "(*ACCEPT)"])
func unbounded(text: String) {
    #expect {
        try PolicyPattern(text)
    } throws: {
        ($0 as? PolicyPattern.Problem)?.isOnlyHere == true
    }
}

@Test("a pattern is refused when it is too long, too large or too deep, and none takes more than its cost")
func bounds() throws {
    let tooMuch = [
        String(repeating: "a", count: PolicyPattern.longestText + 1), "(a{99}){99}", "((((a?){9}){9}){9}){9}",
        String(repeating: "(", count: 500) + String(repeating: ")", count: 500),
        String(repeating: "(?!", count: 300),
    ]
    for text in tooMuch { #expect(throws: PolicyPattern.Problem.self) { try PolicyPattern(text) } }
    // Matchers that go back take longer for these than anybody waits.
    let name = String(repeating: "a", count: 254) + "!"
    for text in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "^((a*)*)*$", "^(?:(?=(a+)+$)a)*$"] {
        let pattern = try PolicyPattern(text)
        #expect(!pattern.matches(name))
        #expect(pattern.cost(of: name) <= PolicyPattern.mostSteps * 256)
    }
    // Counts of nothing in each other.
    #expect(try PolicyPattern("((((()){99}){99}){99}){99}").matches(""))
}
