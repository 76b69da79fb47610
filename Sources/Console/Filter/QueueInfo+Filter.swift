import Management

extension QueueInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<QueueInfo>] = [
        .text("name", "the queue's name, whole", \.name),
        .text("vhost", "the vhost it is in", \.vhost),
        .text("type", "classic, quorum or stream", \.type),
        .text("state", "running, idle, flow, down, minority …", \.state),
        .text("node", "the node it lives on, or its leader's") { $0.leader ?? $0.node },
        .text("policy", "the policy that applies", \.policy),
        .count("ready", "messages waiting for a consumer", \.messagesReady),
        .count("unacked", "deliveries not acknowledged", \.messagesUnacknowledged),
        .count("total", "ready and unacknowledged together", \.messages),
        .count("consumers", "consumers attached", \.consumers),
        .rate("in", "messages published into it per second") { $0.messageStats?.publish?.rate },
        .rate("deliver", "messages handed out per second") { $0.messageStats?.deliverGet?.rate },
        .rate("ack", "acknowledgements per second") { $0.messageStats?.ack?.rate },
        .bytes("bytes", "size of the message bodies", \.messageBytes),
        .bytes("memory", "memory of the queue's process", \.memory),
        .flag("durable", "whether it survives a restart", \.durable),
        .flag("auto-delete", "whether it goes with its last consumer", \.autoDelete),
        .flag("exclusive", "whether it belongs to one connection", \.exclusive),
    ]
}
