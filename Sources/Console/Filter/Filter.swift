/// What of a list to show, as typed behind `/`: terms joined by spaces, all of which must hold.
///
/// ```
/// orders            the name contains it, in either case
/// !test             the name does not
/// ~^orders\.(eu|us) the name matches the expression (see ``Pattern``)
/// ready>1000        a field, with = != < <= > >= and numbers with k, M, G
/// type=quorum       texts are compared whole, in either case
/// "a = b"           quotes keep spaces and signs
/// ```
///
/// `!` before any term turns it around. What the broker does not provide passes no comparison, turned around or not.
struct Filter<Item: Filterable>: Hashable, Sendable {
    /// As typed.
    let text: String
    /// The terms, in their order.
    let terms: [FilterTerm]

    /// The filter that lets everything pass.
    init() {
        text = ""
        terms = []
    }

    /// The filter a text means. Throws a ``FilterError`` that says what is wrong where.
    init(_ text: String) throws(FilterError) {
        self.text = text
        terms = try FilterParser(fields: Item.filterFields.map { ($0.name, $0.kind) }).terms(of: text)
    }

    /// Whether everything passes.
    var isEmpty: Bool { terms.isEmpty }

    /// Whether an item passes.
    func passes(_ item: Item) -> Bool { terms.allSatisfy { holds($0, for: item) } }

    private func holds(_ term: FilterTerm, for item: Item) -> Bool {
        switch term.test {
        case .contains(let needle):
            return item.filterName.lowercased().contains(needle.lowercased()) != term.isInverse
        case .matches(let pattern):
            return pattern.matches(item.filterName) != term.isInverse
        case .field(let place, let comparison, let wanted):
            guard let value = Item.filterFields[place].value(item) else { return false }
            return comparison.holds(value, wanted) != term.isInverse
        }
    }

    /// What the help says of filters on such items: the forms, then every field with its meaning.
    static var help: [(form: String, meaning: String)] {
        let forms = [
            ("text  !text", "names that contain it; that do not"),
            ("~regex", "names that match: . [] () | * + ? {n,m} ^ $ \\d \\w \\s"),
            ("field>1000", "= != < <= > >=; numbers with k, M, G; terms joined by spaces"),
        ]
        return forms + Item.filterFields.map { ($0.name, $0.meaning) }
    }
}

/// One term of a filter.
struct FilterTerm: Hashable, Sendable {
    /// What is looked at.
    enum Test: Hashable, Sendable {
        /// The name contains a text.
        case contains(String)
        /// The name matches an expression.
        case matches(Pattern)
        /// The field at this place of the table compares so.
        case field(Int, FilterComparison, FilterValue)
    }

    /// Whether it must not hold.
    var isInverse: Bool
    var test: Test
}

extension FilterComparison {
    /// Whether a value compares so with another. Values of two kinds never do; the parser lets none through.
    func holds(_ value: FilterValue, _ wanted: FilterValue) -> Bool {
        switch (value, wanted) {
        case (.text(let value), .text(let wanted)):
            let isEqual = value.lowercased() == wanted.lowercased()
            return self == .equal ? isEqual : self == .notEqual ? !isEqual : false
        case (.flag(let value), .flag(let wanted)):
            return self == .equal ? value == wanted : self == .notEqual ? value != wanted : false
        case (.number(let value), .number(let wanted)):
            switch self {
            case .equal: return value == wanted
            case .notEqual: return value != wanted
            case .less: return value < wanted
            case .lessOrEqual: return value <= wanted
            case .greater: return value > wanted
            case .greaterOrEqual: return value >= wanted
            }
        default: return false
        }
    }
}
