/// Why a filter cannot be used: what is wrong, where, and what would be right.
struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the text, in characters from 1.
    var column: Int
    /// What is wrong there.
    var problem: String
    /// What is expected there.
    var expected: String

    /// `column 7: 'abc' is no number; expected a number such as 1000, 10k or 2M`
    var description: String { "column \(column): \(problem); expected \(expected)" }
}
