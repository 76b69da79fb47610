/// Messages of one kind in the demo: where they go, who publishes them from which nodes, and how they are taken.
struct DemoFlow: Sendable {
    /// How its publishers make sure.
    enum Safety: Sendable { case confirms, transactions }

    /// What kind of queue it is.
    enum Kind: Sendable { case classic, quorum }

    let queue: String
    var kind = Kind.classic
    /// The node on which its queue lives or is led at first, by its place.
    let home: Int
    /// Where it is published to, and with which key; the default exchange and the queue's name unless said otherwise.
    var exchange = ""
    var key: String?
    let perSecond: Double
    let bodyBytes: Int
    var safety = Safety.confirms
    /// The nodes that its publishers prefer, one for each.
    let publishers: [Int]
    /// The nodes that its consumers prefer, one for each.
    let consumers: [Int]
    /// Most deliveries that a consumer holds; 0 for as many as come.
    var prefetch: UInt16 = 100
    /// Acknowledgements a second of a consumer; nil for all that it has had in hand for a moment, 0 for one that never
    /// acknowledges.
    var acksPerSecond: Double?
    /// Its consumer's tag; the broker makes one up where it is empty.
    var consumerTag = ""
    /// Most messages that the queue keeps (`x-max-length`).
    var maxLength: Int32?

    /// Whether every confirmed message must come: not where nobody takes all of them.
    var isAudited: Bool { !consumers.isEmpty && acksPerSecond == nil }

    /// The small business. Orders by region through a topic exchange, in quorum queues that different nodes lead; payments
    /// whose consumer is stuck, and mail, on one node; an audit in transactions on another; invoices whose consumer is too
    /// slow for a queue that has a limit; orders that nobody could handle, left for a person.
    static let all = [
        DemoFlow(
            queue: "orders.eu", kind: .quorum, home: 1, exchange: "orders", key: "order.eu.new", perSecond: 1000,
            bodyBytes: 220, publishers: [0, 2], consumers: [2, 0]),
        DemoFlow(
            queue: "orders.us", kind: .quorum, home: 0, exchange: "orders", key: "order.us.new", perSecond: 300,
            bodyBytes: 220, publishers: [2], consumers: [1]),
        DemoFlow(
            queue: "invoices", home: 2, perSecond: 200, bodyBytes: 900, publishers: [0], consumers: [2], prefetch: 50,
            acksPerSecond: 80, maxLength: 50_000),
        DemoFlow(
            queue: "mail", home: 1, perSecond: 150, bodyBytes: 120, publishers: [0], consumers: [2], prefetch: 0),
        DemoFlow(
            queue: "payments", home: 1, perSecond: 100, bodyBytes: 160, publishers: [2], consumers: [0], prefetch: 10,
            acksPerSecond: 0, consumerTag: "pay-2", maxLength: 100_000),
        DemoFlow(
            queue: "audit.tx", home: 0, perSecond: 60, bodyBytes: 100, safety: .transactions, publishers: [0],
            consumers: [1], prefetch: 20),
        DemoFlow(
            queue: "orders.eu.dead-letter", home: 2, perSecond: 0.5, bodyBytes: 220, publishers: [1], consumers: [],
            maxLength: 1000),
    ]

    /// The exchanges beside the default one: name and type.
    static let exchanges = [("orders", "topic"), (unheard, "fanout")]
    /// Bindings: exchange, key, queue.
    static let bindings = [("orders", "*.eu.#", "orders.eu"), ("orders", "*.us.#", "orders.us")]
    /// The exchange that nobody is bound to.
    static let unheard = "audit"
    static let unheardPerSecond = 12.0
}
