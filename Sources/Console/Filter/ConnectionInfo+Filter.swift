import Management

extension ConnectionInfo: Filterable {
    var filterName: String { name }

    static let filterFields: [FilterField<ConnectionInfo>] = [
        .text("name", "the connection's name, whole", \.name),
        .text("client", "the name its client gave it", \.clientProvidedName),
        .text("vhost", "the vhost it is in", \.vhost),
        .text("user", "who is connected", \.user),
        .text("node", "the node it is connected to", \.node),
        .text("state", "running, flow, blocked, closing …", \.state),
        .text("protocol", "such as \"AMQP 0-9-1\"", \.protocol),
        .text("host", "the client's address", \.peerHost),
        .count("port", "the client's port", \.peerPort),
        .count("channels", "channels open", \.channels),
        .count("pending", "bytes waiting to be sent", \.sendPending),
        .rate("received", "bytes received per second") { $0.received?.rate },
        .rate("sent", "bytes sent per second") { $0.sent?.rate },
        .flag("tls", "whether it is encrypted", \.ssl),
    ]
}
