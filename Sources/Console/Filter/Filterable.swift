/// Something a list shows and a ``Filter`` can choose: a queue, a node …
protocol Filterable: Sendable {
    /// Its name: what a text or a `~regex` without a field is compared with.
    var filterName: String { get }
    /// Its fields, in the order of the help. The one table of them: parsing, matching and help derive from it.
    static var filterFields: [FilterField<Self>] { get }
}

/// One field of a resource that a filter can name.
struct FilterField<Item>: Sendable {
    /// Its name in a filter, such as `ready`.
    var name: String
    /// What it holds.
    var kind: FilterKind
    /// What it means, for the help.
    var meaning: String
    /// Its value; `nil` where the broker does not provide it.
    var value: @Sendable (Item) -> FilterValue?

    /// A field of text, compared whole and in either case.
    static func text(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (Item) -> String?
    ) -> FilterField {
        FilterField(name: name, kind: .text, meaning: meaning) { value($0).map(FilterValue.text) }
    }

    /// A field that counts something.
    static func count(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (Item) -> Int?
    ) -> FilterField {
        FilterField(name: name, kind: .number, meaning: meaning) { value($0).map { .number(Double($0)) } }
    }

    /// A field of a change per second.
    static func rate(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (Item) -> Double?
    ) -> FilterField {
        FilterField(name: name, kind: .number, meaning: meaning) { value($0).map(FilterValue.number) }
    }

    /// A field of a size in bytes.
    static func bytes(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (Item) -> Int?
    ) -> FilterField {
        FilterField(name: name, kind: .bytes, meaning: meaning) { value($0).map { .number(Double($0)) } }
    }

    /// A field that is so or not.
    static func flag(
        _ name: String, _ meaning: String, _ value: @escaping @Sendable (Item) -> Bool?
    ) -> FilterField {
        FilterField(name: name, kind: .flag, meaning: meaning) { value($0).map(FilterValue.flag) }
    }
}

/// What a field holds, and so what it can be compared with.
enum FilterKind: Hashable, Sendable {
    /// A text.
    case text
    /// A number; k, M, G are thousands.
    case number
    /// A number of bytes; k, M, G are of 1024, as the tables show sizes.
    case bytes
    /// Yes or no.
    case flag

    /// What may stand behind the operator.
    var expected: String {
        switch self {
        case .text: "a text"
        case .number: "a number such as 1000, 10k or 2M"
        case .bytes: "a size such as 4096, 64k or 2G"
        case .flag: "yes or no"
        }
    }
}

/// The value of a field.
enum FilterValue: Hashable, Sendable {
    case text(String)
    case number(Double)
    case flag(Bool)
}

/// How a field is compared.
enum FilterComparison: String, CaseIterable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// Whether it asks which of two is larger.
    var isOrder: Bool { self != .equal && self != .notEqual }
}
