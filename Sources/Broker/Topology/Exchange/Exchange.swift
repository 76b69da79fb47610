internal import AMQP

/// A named place to publish to, and the bindings that lead from it.
///
/// Bindings are numbered in the order in which they were made; the index of the exchange's kind finds numbers, and the
/// numbers find bindings. So a binding is added and removed without a walk through the others.
final class Exchange {
    let name: String
    let settings: ExchangeDefinition
    private let index: BindingIndex
    private var lastNumber: UInt64 = 0
    /// By number.
    private var byNumber: [UInt64: Binding] = [:]
    private var numbers: [Binding: UInt64] = [:]
    /// Numbers of all bindings, ascending.
    private var order: [UInt64] = []
    private var hadBinding = false
    var policyChoice = PolicyChoice()

    @exclusivity(unchecked) var counters = ExchangeCounters()
    var readings = Readings(ExchangeCounters())

    init(name: String, settings: ExchangeDefinition) {
        self.name = name
        self.settings = settings
        index = BindingIndex(settings.kind)
    }

    /// Whether it should go now that its last binding has.
    var isAbandoned: Bool { settings.isAutoDelete && hadBinding && numbers.isEmpty }
    /// Whether every virtual host has it from the beginning.
    var isSystem: Bool { name.isEmpty || name.hasPrefix("amq.") }
    var bindingCount: Int { numbers.count }
    /// All bindings, oldest first.
    var bindings: [Binding] { order.compactMap { byNumber[$0] } }
    /// Where messages go that none of its bindings takes (RabbitMQ, "Alternate Exchanges"): its argument says so, and
    /// without one its policy.
    var alternate: String? {
        (settings.arguments[ExchangeArguments.alternate] ?? policyChoice.told?.definition[ExchangeArguments.alternate])?
            .text
    }

    /// Adds a binding; the same one twice is one (AMQP 0-9-1, `queue.bind`: "ignore duplicate bindings"). Returns
    /// whether it is new.
    func bind(_ binding: Binding) -> Bool {
        guard numbers[binding] == nil else { return false }
        lastNumber += 1
        numbers[binding] = lastNumber
        byNumber[lastNumber] = binding
        order.append(lastNumber)
        index.insert(lastNumber, binding)
        hadBinding = true
        return true
    }

    /// Whether something is bound in exactly this way.
    func has(_ binding: Binding) -> Bool { numbers[binding] != nil }

    /// Removes a binding; returns whether it was there.
    func unbind(_ binding: Binding) -> Bool {
        guard let number = numbers.removeValue(forKey: binding) else { return false }
        byNumber[number] = nil
        order.remove(ascending: number)
        index.remove(number, binding)
        return true
    }

    /// Where a message goes by this exchange's own bindings, oldest binding first.
    func destinations(_ routingKey: UnsafeRawBufferPointer, headers: FieldTable?) -> [Destination] {
        let matching =
            switch index {
            case .direct(let index): index.match(routingKey)
            case .fanout: order
            case .topic(let trie): trie.match(routingKey)
            case .headers(let index): index.match(headers ?? FieldTable())
            }
        return matching.compactMap { byNumber[$0]?.destination }
    }
}
