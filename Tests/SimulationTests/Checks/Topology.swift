/// The names that simulated clients use. What is in `stable` is declared first and never deleted; volatile queues
/// come and go.
enum Topology {
    /// Never purged either, but `purged`.
    static let stable = ["stable-durable", "stable-transient", purged]
    static let purged = "stable-purged"
    static let volatile = ["volatile-durable", "volatile-transient"]
    static let durable = ["stable-durable", purged, "volatile-durable"]
    static let direct = "sim.direct"
    static let fanout = "sim.fanout"
    /// Comes and goes.
    static let volatileExchange = "sim.volatile"

    /// Bindings that last: exchange, routing key, queue.
    static let bindings: [(exchange: String, key: String, queue: String)] = [
        (direct, "one", "stable-durable"),
        (direct, "two", "stable-durable"),
        (direct, "two", "stable-transient"),
        (direct, "three", purged),
        (fanout, "", "stable-transient"),
        (fanout, "", purged),
    ]
    static let volatileKeys = ["one", "four"]

    static func certainQueues(_ exchange: String, _ key: String) -> [String] {
        if exchange.isEmpty { return stable.contains(key) ? [key] : [] }
        return bindings.filter { $0.exchange == exchange && (exchange == fanout || $0.key == key) }.map(\.queue)
    }

    static func possibleQueues(_ exchange: String, _ key: String) -> [String] {
        if exchange.isEmpty { return (stable + volatile).contains(key) ? [key] : [] }
        let isBoundAtTimes = exchange != direct || volatileKeys.contains(key)
        return certainQueues(exchange, key) + (isBoundAtTimes ? volatile : [])
    }
}
