import Management

extension ExchangeInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<ExchangeInfo>] = [
        .text("name", "the exchange's name, whole", \.name),
        .text("vhost", "the vhost it is in", \.vhost),
        .text("type", "direct, fanout, topic, headers …", \.type),
        .text("policy", "the policy that applies", \.policy),
        .text("alternate", "the exchange that gets what reaches no queue", \.alternateExchange),
        .rate("in", "messages published into it per second") { $0.publishIn?.rate },
        .rate("out", "messages it passes on per second") { $0.publishOut?.rate },
        .flag("durable", "whether it survives a restart", \.durable),
        .flag("auto-delete", "whether it goes with its last binding", \.autoDelete),
        .flag("internal", "whether only exchanges publish to it", \.internal),
    ]
}
