/// Messages of one kind in the demo: where they go and how they are taken.
struct DemoFlow: Sendable {
    /// How its publisher makes sure.
    enum Safety: Sendable { case confirms, transactions, none }

    let queue: String
    /// Where it is published to, and with which key; the default exchange unless said otherwise.
    var exchange = ""
    var key: String
    let perSecond: Int
    let bodyBytes: Int
    let safety: Safety
    let prefetch: UInt16
    /// Acknowledgements a second; 0 for a consumer that never acknowledges.
    let acksPerSecond: Int
    /// Its consumer's tag; the broker makes one up where it is empty.
    var consumerTag = ""
    /// Most messages that the queue keeps (`x-max-length`).
    var maxLength: Int32?

    init(
        _ queue: String, exchange: String = "", key: String? = nil, perSecond: Int, bodyBytes: Int, safety: Safety,
        prefetch: UInt16, acksPerSecond: Int, consumerTag: String = "", maxLength: Int32? = nil
    ) {
        self.queue = queue
        self.exchange = exchange
        self.key = key ?? queue
        self.perSecond = perSecond
        self.bodyBytes = bodyBytes
        self.safety = safety
        self.prefetch = prefetch
        self.acksPerSecond = acksPerSecond
        self.consumerTag = consumerTag
        self.maxLength = maxLength
    }

    /// The small business: orders by region through a topic exchange, invoices whose consumer is too slow for a queue
    /// that has a limit, payments whose consumer is stuck, an audit in transactions, mail without any care.
    static let all = [
        DemoFlow(
            "orders.eu", exchange: "orders", key: "order.eu.new", perSecond: 400, bodyBytes: 220, safety: .confirms,
            prefetch: 100, acksPerSecond: 5000),
        DemoFlow(
            "orders.us", exchange: "orders", key: "order.us.new", perSecond: 300, bodyBytes: 220, safety: .confirms,
            prefetch: 100, acksPerSecond: 5000),
        DemoFlow(
            "invoices", perSecond: 200, bodyBytes: 900, safety: .confirms, prefetch: 50, acksPerSecond: 80,
            maxLength: 50_000),
        DemoFlow("mail", perSecond: 150, bodyBytes: 120, safety: .none, prefetch: 0, acksPerSecond: 5000),
        DemoFlow(
            "payments", perSecond: 20, bodyBytes: 160, safety: .confirms, prefetch: 10, acksPerSecond: 0,
            consumerTag: "pay-2"),
        DemoFlow("audit.tx", perSecond: 80, bodyBytes: 100, safety: .transactions, prefetch: 20, acksPerSecond: 5000),
    ]

    /// The exchanges beside the default one: name and type.
    static let exchanges = [("orders", "topic"), (unheard, "fanout")]
    /// Bindings: exchange, key, queue.
    static let bindings = [("orders", "*.eu.#", "orders.eu"), ("orders", "*.us.#", "orders.us")]
    /// The exchange that nobody is bound to.
    static let unheard = "audit"
    static let unheardPerSecond = 12
}
