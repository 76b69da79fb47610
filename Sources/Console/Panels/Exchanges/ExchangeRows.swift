import Management
import Monitor

/// Exchanges as rows of a list.
enum ExchangeRows {
    static let columns: [ObjectColumn] = [
        .name("EXCHANGE", 20, "the exchange's name; the default one has none"),
        .text("TYPE", 8, 0, "how it routes: direct, fanout, topic, headers, or a plugin's type"),
        .text("FEAT", 6, 3, "D durable, A auto-delete, I internal, AE alternate exchange, + other arguments"),
        .text("ALTERNATE", 16, 4, "where messages go that none of its bindings takes"),
        .figure("IN/s", 6, 1, "messages published to it per second"),
        .figure("OUT/s", 6, 2, "what they became per second: one for each queue each went to"),
        .figure("IN", 6, 5, "messages published to it so far"),
        .text("POLICY", 10, 6, "the policy that applies"),
    ]

    static func row(_ exchange: ExchangeInfo, showsVhost: Bool) -> ObjectRow {
        let ref = ObjectRef.exchange(exchange.id)
        var row = ObjectRow(ref)
        row.add(text: showsVhost ? "\(exchange.vhost) \(ref.name)" : ref.name)
        row.add(text: exchange.type)
        row.add(text: features(exchange))
        row.add(text: exchange.alternateExchange ?? "", .dim)
        // RabbitMQ gives no statistics before the first message.
        let isUnused = exchange.publishIn == nil && exchange.publishOut == nil
        row.add(rate: isUnused ? nil : exchange.publishIn?.rate, isUnused ? .dim : .text)
        let isDropping = dropsAll(exchange)
        row.add(rate: isUnused ? nil : exchange.publishOut?.rate ?? 0, isDropping ? .warning : isUnused ? .dim : .text)
        row.add(count: exchange.publishIn?.value)
        row.add(text: exchange.policy ?? "")
        if isDropping {
            row.words =
                "\(ref.name): \(Figures.rate(exchange.publishIn?.rate))/s are published here and reach no queue: they are "
                + "dropped, or returned where the publisher asks for that."
            row.role = .warning
        } else {
            row.words = "\(ref.name): \(words(exchange))"
        }
        return row
    }

    /// Whether messages come in and none reaches a queue.
    static func dropsAll(_ exchange: ExchangeInfo) -> Bool {
        (exchange.publishIn?.rate ?? 0) > 0 && (exchange.publishOut?.rate ?? 0) == 0
    }

    private static func words(_ exchange: ExchangeInfo) -> String {
        let how =
            switch exchange.type {
            case "direct": "to what is bound with exactly the message's routing key"
            case "fanout": "to everything bound, whatever the routing key"
            case "topic": "to what is bound with a pattern of words the routing key matches"
            case "headers": "to what is bound with arguments the message's headers match"
            default: "in a way of its own"
            }
        if exchange.name.isEmpty { return "routes to the queue that the routing key names." }
        let rest = exchange.alternateExchange.map { "; what nothing takes goes to \($0)" } ?? ""
        return "routes \(how)\(rest)."
    }

    private static func features(_ exchange: ExchangeInfo) -> String {
        var features: [String] = []
        if exchange.durable == true { features.append("D") }
        if exchange.autoDelete == true { features.append("A") }
        if exchange.internal == true { features.append("I") }
        if exchange.alternateExchange != nil { features.append("AE") }
        if exchange.arguments.contains(where: { $0.key != "alternate-exchange" }) { features.append("+") }
        return features.joined(separator: " ")
    }
}

extension ObjectDetail {
    init(_ exchange: ExchangeInfo, _ detail: Detail?) {
        self.init()
        add("type", exchange.type)
        add("vhost", exchange.vhost)
        add("durable", flag: exchange.durable)
        add("auto-delete", flag: exchange.autoDelete)
        add("internal", flag: exchange.internal)
        add("policy", exchange.policy ?? "none")
        add("published in", exchange.publishIn)
        add("to queues", exchange.publishOut, ExchangeRows.dropsAll(exchange) ? .warning : .text)
        add(arguments: exchange.arguments, "ARGUMENTS")
        guard let detail, detail.target == .exchange(exchange.id) else { return }
        add(bindings: detail.outgoing, "BINDINGS FROM IT", .destination)
        if !detail.incoming.isEmpty { add(bindings: detail.incoming, "BINDINGS TO IT", .source) }
    }
}
