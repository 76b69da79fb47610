import Management

extension ChannelInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<ChannelInfo>] = [
        .text("name", "the channel's name, whole", \.name),
        .text("vhost", "the vhost it is in", \.vhost),
        .text("user", "who is connected", \.user),
        .text("node", "the node it is connected to", \.node),
        .text("state", "running, idle, flow …", \.state),
        .count("consumers", "consumers on it", \.consumerCount),
        .count("prefetch", "deliveries each consumer may hold", \.prefetchCount),
        .count("unacked", "deliveries not acknowledged", \.messagesUnacknowledged),
        .count("unconfirmed", "publishes not confirmed", \.messagesUnconfirmed),
        .count("uncommitted", "publishes of an open transaction", \.messagesUncommitted),
        .rate("publish", "messages published per second") { $0.messageStats?.publish?.rate },
        .rate("confirmed", "publishes confirmed per second") { $0.messageStats?.confirm?.rate },
        .rate("deliver", "messages handed out per second") { $0.messageStats?.deliverGet?.rate },
        .rate("ack", "acknowledgements per second") { $0.messageStats?.ack?.rate },
        .flag("confirms", "whether its publishes are confirmed", \.confirm),
        .flag("tx", "whether it is transactional", \.transactional),
    ]
}
