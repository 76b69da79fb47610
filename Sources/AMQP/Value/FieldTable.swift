/// Names and values in the order in which they came (AMQP 0-9-1 §4.2.5.5).
public struct FieldTable: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One name and its value.
    public struct Pair: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: FieldValue
    }

    /// Tables in tables and arrays in arrays deeper than this are refused: nobody needs them, and a stack is finite.
    public static let nestingLimit = 32

    /// All pairs, in order.
    public private(set) var pairs: [Pair] = []

    /// An empty table.
    public init() {}

    /// A table of these pairs.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        pairs = elements.map { Pair(name: $0.0, value: $0.1) }
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { pairs.isEmpty }

    /// The first value with this name. Setting replaces it in its place or appends it; setting nil removes it.
    public subscript(name: String) -> FieldValue? {
        get { pairs.first { $0.name == name }?.value }
        set {
            let index = pairs.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append(Pair(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Orders the pairs by their names, as RabbitMQ does with headers that it has changed.
    public mutating func sort() {
        let order = pairs.indices.sorted { left, right in
            let (name, other) = (pairs[left].name.utf8, pairs[right].name.utf8)
            return name.elementsEqual(other) ? left < right : name.lexicographicallyPrecedes(other)
        }
        pairs = order.map { pairs[$0] }
    }

    mutating func append(_ name: String, _ value: FieldValue) { pairs.append(Pair(name: name, value: value)) }
}
