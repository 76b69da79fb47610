internal import AMQP

/// A namespace of exchanges and queues (RabbitMQ, "Virtual Hosts").
final class VirtualHost {
    let name: String
    private(set) var exchanges: [String: Exchange] = [:]
    private(set) var queues: [String: ClassicQueue] = [:]

    /// Has the exchanges that every virtual host has (AMQP 0-9-1 §3.1.3.1–2) and that this engine can route.
    init(name: String) {
        self.name = name
        for kind in [ExchangeKind.direct, .fanout] {
            add(Exchange(name: "amq.\(kind.rawValue)", settings: ExchangeDefinition(kind: kind, isDurable: true)))
        }
        // The default exchange is a direct one whose bindings are the queues' names; see `Router`.
        add(Exchange(name: "", settings: ExchangeDefinition(kind: .direct, isDurable: true)))
    }

    func add(_ exchange: Exchange) { exchanges[exchange.name] = exchange }
    func removeExchange(_ name: String) { exchanges[name] = nil }
    func add(_ queue: ClassicQueue) { queues[queue.name] = queue }
    func removeQueue(_ name: String) { queues[name] = nil }

    /// Exchanges in the order of their names.
    var sortedExchanges: [Exchange] { exchanges.values.sorted { $0.name < $1.name } }
}
