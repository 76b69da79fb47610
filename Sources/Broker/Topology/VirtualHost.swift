internal import AMQP

/// A namespace of exchanges and queues (RabbitMQ, "Virtual Hosts").
final class VirtualHost {
    let name: String
    private(set) var exchanges: [String: Exchange] = [:]
    private(set) var queues: [String: ClassicQueue] = [:]
    var policies = Policies()

    /// Has the exchanges that every virtual host has (AMQP 0-9-1 §3.1.3).
    init(name: String) {
        self.name = name
        for kind in ExchangeKind.allCases {
            add(Exchange(name: "amq.\(kind.rawValue)", settings: ExchangeDefinition(kind: kind, isDurable: true)))
        }
        // Both names of the headers exchange (AMQP 0-9-1 §3.1.3.4 names amq.match).
        add(Exchange(name: "amq.match", settings: ExchangeDefinition(kind: .headers, isDurable: true)))
        // The default exchange is a direct one whose bindings are the queues' names; see `Router`.
        add(Exchange(name: "", settings: ExchangeDefinition(kind: .direct, isDurable: true)))
    }

    /// Bindings by where they lead to, each with the exchange it comes from, oldest first.
    /// Durable exchanges that have gone since this was last looked at.
    var gone: [String] = []
    private var incoming: [Destination: [(source: Exchange, binding: Binding)]] = [:]

    func add(_ exchange: Exchange) { exchanges[exchange.name] = exchange }
    func add(_ queue: ClassicQueue) { queues[queue.name] = queue }

    // MARK: Bindings

    /// Adds a binding; the same one twice is one. Returns whether it is new.
    func bind(_ source: Exchange, _ binding: Binding) -> Bool {
        guard source.bind(binding) else { return false }
        incoming[binding.destination, default: []].append((source, binding))
        return true
    }

    /// Removes a binding; an auto-delete exchange without bindings goes with it.
    func unbind(_ source: Exchange, _ binding: Binding) {
        guard source.unbind(binding) else { return }
        incoming[binding.destination]?.removeAll { $0.source === source && $0.binding == binding }
        if incoming[binding.destination]?.isEmpty == true { incoming[binding.destination] = nil }
        if source.isAbandoned { removeExchange(source) }
    }

    /// The bindings that lead somewhere, oldest first.
    func bindings(to destination: Destination) -> [(source: Exchange, binding: Binding)] {
        incoming[destination] ?? []
    }

    /// Removes a queue and the bindings to it.
    func removeQueue(_ name: String) {
        queues[name] = nil
        for exchange in unbindAll(from: .queue(name)) { removeExchange(exchange) }
    }

    /// Removes an exchange with the bindings from it and to it; auto-delete exchanges that lose their last binding
    /// that way go too, and so on.
    func removeExchange(_ exchange: Exchange) {
        // A list and no recursion: a chain of them may be as long as clients like.
        var going = [exchange]
        while let exchange = going.popLast() {
            guard exchanges[exchange.name] === exchange else { continue }
            exchanges[exchange.name] = nil
            if exchange.settings.isDurable { gone.append(exchange.name) }
            var seen: Set<Destination> = []
            for binding in exchange.bindings where seen.insert(binding.destination).inserted {
                incoming[binding.destination]?.removeAll { $0.source === exchange }
                if incoming[binding.destination]?.isEmpty == true { incoming[binding.destination] = nil }
            }
            going += unbindAll(from: .exchange(exchange.name))
        }
    }

    /// Removes the bindings that lead somewhere; returns the exchanges that should go because of that.
    private func unbindAll(from destination: Destination) -> [Exchange] {
        var abandoned: [Exchange] = []
        for (source, binding) in incoming.removeValue(forKey: destination) ?? [] {
            if source.unbind(binding), source.isAbandoned { abandoned.append(source) }
        }
        return abandoned
    }

    // MARK: Routing

    /// The queues that a message published to `exchange` goes to, each once: through bindings, exchanges bound to
    /// exchanges, and alternate exchanges where nothing is bound that takes it (RabbitMQ, "Exchange to Exchange
    /// Bindings", "Alternate Exchanges"). No exchange is asked twice, so that circles end.
    ///
    /// `headers` is called at most once, if a headers exchange is on the way; `usedHeaders` says whether it was.
    func route(
        from exchange: Exchange, _ routingKey: UnsafeRawBufferPointer, headers: () -> FieldTable?
    ) -> (queues: [ClassicQueue], usedHeaders: Bool) {
        var found: [ClassicQueue] = []
        var seenQueues: Set<String> = []
        var seenExchanges: Set<String> = [exchange.name]
        var waiting = [exchange]
        var known: FieldTable?
        var usedHeaders = false
        while let next = waiting.popLast() {
            if next.settings.kind == .headers, !usedHeaders {
                usedHeaders = true
                known = headers()
            }
            let destinations =
                next.name.isEmpty
                ? defaultDestination(routingKey) : next.destinations(routingKey, headers: known)
            for destination in destinations {
                switch destination {
                case .queue(let name):
                    if let queue = queues[name], seenQueues.insert(name).inserted { found.append(queue) }
                case .exchange(let name):
                    if let further = exchanges[name], seenExchanges.insert(name).inserted { waiting.append(further) }
                }
            }
            if destinations.isEmpty, let name = next.alternate, let further = exchanges[name],
                seenExchanges.insert(name).inserted
            {
                waiting.append(further)
            }
        }
        return (found, usedHeaders)
    }

    /// The default exchange leads to the queue that the routing key names.
    private func defaultDestination(_ routingKey: UnsafeRawBufferPointer) -> [Destination] {
        let name = String(decoding: routingKey, as: UTF8.self)
        return queues[name] == nil ? [] : [.queue(name)]
    }

    /// Exchanges in the order of their names.
    var sortedExchanges: [Exchange] { exchanges.values.sorted { $0.name < $1.name } }
}
