/// Finds the bindings that a message matches, by the numbers that the exchange gave them.
enum BindingIndex {
    case direct(DirectIndex)
    case fanout
    case topic(TopicTrie)
    case headers(HeadersIndex)

    init(_ kind: ExchangeKind) {
        switch kind {
        case .direct: self = .direct(DirectIndex())
        case .fanout: self = .fanout
        case .topic: self = .topic(TopicTrie())
        case .headers: self = .headers(HeadersIndex())
        }
    }

    func insert(_ number: UInt64, _ binding: Binding) {
        switch self {
        case .direct(let index): index.insert(number, key: binding.routingKey)
        case .fanout: break
        case .topic(let trie): trie.insert(number, pattern: binding.routingKey)
        case .headers(let index): index.insert(number, HeadersMatch(binding.arguments))
        }
    }

    func remove(_ number: UInt64, _ binding: Binding) {
        switch self {
        case .direct(let index): index.remove(number, key: binding.routingKey)
        case .fanout: break
        case .topic(let trie): trie.remove(number, pattern: binding.routingKey)
        case .headers(let index): index.remove(number)
        }
    }
}

/// Bindings of a direct exchange by their keys.
final class DirectIndex {
    private var numbers: [[UInt8]: [UInt64]] = [:]

    func insert(_ number: UInt64, key: [UInt8]) { numbers[key, default: []].append(number) }

    func remove(_ number: UInt64, key: [UInt8]) {
        guard var known = numbers[key] else { return }
        known.remove(ascending: number)
        numbers[key] = known.isEmpty ? nil : known
    }

    /// The bindings with this key, oldest first.
    func match(_ routingKey: UnsafeRawBufferPointer) -> [UInt64] { numbers[Array(routingKey)] ?? [] }
}

extension [UInt64] {
    /// Removes a number from numbers that ascend.
    mutating func remove(ascending number: UInt64) {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        if low < count, self[low] == number { remove(at: low) }
    }
}
