internal import AMQP

/// A binding of a queue to an exchange. Two bindings that differ only in their arguments are two bindings.
struct Binding: Hashable {
    let queue: String
    let queueID: UInt64
    let routingKey: [UInt8]
    let arguments: FieldTable
}

/// A named place to publish to, and its bindings in the order in which they were made.
final class Exchange {
    let name: String
    let settings: ExchangeDefinition
    private(set) var bindings: [Binding] = []
    /// Positions in `bindings` by routing key, so that a direct exchange finds its queues without a search.
    private var byKey: [[UInt8]: [Int]] = [:]
    private var hadBinding = false
    var publishedIn: UInt64 = 0

    init(name: String, settings: ExchangeDefinition) {
        self.name = name
        self.settings = settings
    }

    var isAbandoned: Bool { settings.isAutoDelete && hadBinding && bindings.isEmpty }

    /// Adds a binding; the same one twice is one (AMQP 0-9-1, `queue.bind`: "ignore duplicate bindings").
    func bind(_ binding: Binding) {
        if let known = byKey[binding.routingKey], known.contains(where: { bindings[$0] == binding }) { return }
        byKey[binding.routingKey, default: []].append(bindings.count)
        bindings.append(binding)
        hadBinding = true
    }

    /// Whether a queue is bound in exactly this way.
    func isBound(_ queue: String, routingKey: [UInt8], arguments: FieldTable) -> Bool {
        byKey[routingKey]?.contains { bindings[$0].queue == queue && bindings[$0].arguments == arguments } ?? false
    }

    /// Removes the bindings that satisfy the condition and says whether there were any.
    func unbind(where matches: (Binding) -> Bool) -> Bool {
        let before = bindings.count
        bindings.removeAll(where: matches)
        guard bindings.count != before else { return false }
        byKey.removeAll(keepingCapacity: true)
        for (position, binding) in bindings.enumerated() {
            byKey[binding.routingKey, default: []].append(position)
        }
        return true
    }

    /// The ids of the queues that a message with this routing key goes to, each once, in binding order.
    func route(_ routingKey: UnsafeRawBufferPointer) -> [UInt64] {
        switch settings.kind {
        case .direct:
            guard let positions = byKey[Array(routingKey)] else { return [] }
            return distinct(positions.lazy.map { self.bindings[$0].queueID })
        case .fanout:
            return distinct(bindings.lazy.map(\.queueID))
        }
    }

    private func distinct(_ ids: some Sequence<UInt64>) -> [UInt64] {
        var seen: Set<UInt64> = []
        return ids.filter { seen.insert($0).inserted }
    }
}
