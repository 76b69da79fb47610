import AMQP

/// A queue of one virtual host.
struct QueuePlace: Hashable, CustomStringConvertible {
    let host: String
    let name: String

    var description: String { host == "/" ? name : "\(host):\(name)" }
}

/// The names that simulated clients use, the same in every virtual host. What is in `stable` is declared first and never
/// deleted; volatile queues come and go.
enum Topology {
    static let hosts = ["/", "other"]

    /// Never purged either, but `purged`.
    static let stable = ["stable-durable", "stable-transient", purged, dropping, rejecting, fleeting]
    static let purged = "stable-purged"
    /// Keeps the newest `lengthMax` messages.
    static let dropping = "stable-dropping"
    /// Refuses what would be more than `lengthMax` messages.
    static let rejecting = "stable-rejecting"
    /// Keeps messages for `fleetingMilliseconds`.
    static let fleeting = "stable-fleeting"
    static let volatile = ["volatile-durable", "volatile-transient"]
    static let durable = ["stable-durable", purged, dropping, rejecting, fleeting, "volatile-durable"]
    static let lengthMax = 6
    static let fleetingMilliseconds: UInt64 = 200

    static let direct = "sim.direct"
    static let fanout = "sim.fanout"
    static let topic = "sim.topic"
    static let exchanges = [(direct, "direct"), (fanout, "fanout"), (topic, "topic")]
    /// Comes and goes.
    static let volatileExchange = "sim.volatile"

    /// Bindings that last: exchange, routing key, queue.
    static let bindings: [(exchange: String, key: String, queue: String)] = [
        (direct, "one", "stable-durable"),
        (direct, "two", "stable-durable"),
        (direct, "two", "stable-transient"),
        (direct, "two", dropping),
        (direct, "three", purged),
        (direct, "three", rejecting),
        (fanout, "", "stable-transient"),
        (fanout, "", purged),
        (fanout, "", fleeting),
        (topic, "a.*", "stable-durable"),
        (topic, "*.b.#", "stable-transient"),
        (topic, "#.c", purged),
        (topic, "a.#.b", dropping),
        (topic, "*.*.c", rejecting),
        (topic, "b", fleeting),
        (topic, "#.a.#", fleeting),
    ]

    /// Bindings of volatile queues, which come and go: exchange and routing key.
    static let volatileBindings = [
        (direct, "one"), (direct, "four"), (fanout, ""), (volatileExchange, ""), (topic, "#"), (topic, "c.*"),
    ]
    static let topicWords = ["a", "b", "c", ""]

    static func arguments(of queue: String, fault: WorldFault?) -> FieldTable {
        switch queue {
        case dropping where fault == .forgottenLimit: [:]
        case fleeting where fault == .shortLifetime: ["x-message-ttl": .int32(1)]
        case dropping: ["x-max-length": .int32(Int32(lengthMax))]
        case rejecting: ["x-max-length": .int32(Int32(lengthMax)), "x-overflow": .bytes(Array("reject-publish".utf8))]
        case fleeting: ["x-message-ttl": .int64(Int64(fleetingMilliseconds))]
        default: [:]
        }
    }

    static func isDurable(_ place: QueuePlace) -> Bool { durable.contains(place.name) }
    static func isVolatile(_ place: QueuePlace) -> Bool { volatile.contains(place.name) }

    /// Milliseconds that a queue keeps its messages.
    static func lifetime(in place: QueuePlace) -> UInt64? { place.name == fleeting ? fleetingMilliseconds : nil }

    // MARK: Where messages go

    static func certainQueues(_ host: String, _ exchange: String, _ key: String) -> [QueuePlace] {
        let names: [String]
        if exchange.isEmpty {
            names = stable.filter { $0 == key }
        } else {
            // Each queue once, however many of its bindings match.
            names = stable.filter { queue in
                bindings.contains { $0.exchange == exchange && $0.queue == queue && takes(exchange, $0.key, key) }
            }
        }
        return names.map { QueuePlace(host: host, name: $0) }
    }

    static func possibleQueues(_ host: String, _ exchange: String, _ key: String) -> [QueuePlace] {
        let mayReachVolatile =
            exchange.isEmpty
            ? volatile.filter { $0 == key }
            : volatileBindings.contains { $0.0 == exchange && takes(exchange, $0.1, key) } ? volatile : []
        return certainQueues(host, exchange, key) + mayReachVolatile.map { QueuePlace(host: host, name: $0) }
    }

    /// Whether a binding of an exchange takes a routing key.
    private static func takes(_ exchange: String, _ pattern: String, _ key: String) -> Bool {
        switch exchange {
        case direct: pattern == key
        case topic: TopicReference.matches(pattern, key)
        default: true
        }
    }
}
