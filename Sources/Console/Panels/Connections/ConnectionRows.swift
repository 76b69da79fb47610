import Management
import Monitor

/// Client connections as rows of a list.
enum ConnectionRows {
    static let columns: [ObjectColumn] = [
        .name("CONNECTION", 21, "the client's address and port, or the name its client gave it"),
        .text("USER", 10, 2, "the user it authenticated as"),
        .text("STATE", 8, 0, "running, flow (slowed down), blocked (memory or disk alarm), closing …"),
        .figure("CHAN", 4, 1, "open channels"),
        .figure("FROM/s", 7, 3, "bytes received from the client per second"),
        .figure("TO/s", 7, 4, "bytes sent to the client per second"),
        .text("VHOST", 8, 5, "the vhost it opened"),
        .text("PROTOCOL", 11, 7, "its protocol"),
        .text("TLS", 3, 8, "whether it is encrypted"),
        .text("CLIENT", 18, 6, "the library the client says it uses"),
        .text("NODE", 16, 9, "the node it is connected to"),
    ]

    static func row(_ connection: ConnectionInfo) -> ObjectRow {
        var row = ObjectRow(.connection(connection.name))
        row.add(text: title(connection))
        row.add(text: connection.user)
        let isHeld = ["blocked", "blocking", "flow"].contains(connection.state)
        row.add(text: connection.state, isHeld ? .warning : .text)
        row.add(count: connection.channels)
        row.add(Figures.bytes(connection.received?.rate.map(whole)), by: connection.received?.rate)
        row.add(Figures.bytes(connection.sent?.rate.map(whole)), by: connection.sent?.rate)
        row.add(text: connection.vhost)
        row.add(text: connection.protocol)
        row.add(text: connection.ssl.map { $0 ? "yes" : "no" })
        row.add(text: client(connection))
        row.add(text: connection.node)
        row.words = "\(title(connection)): \(words(connection))"
        if isHeld { row.role = .warning }
        return row
    }

    static func title(_ connection: ConnectionInfo) -> String {
        let peer = both(connection.peerHost, connection.peerPort).map { "\($0):\($1)" } ?? connection.name
        return connection.clientProvidedName.map { "\(peer) \($0)" } ?? peer
    }

    private static func client(_ connection: ConnectionInfo) -> String? {
        let product = connection.clientProperties["product"]?.stringValue
        let version = connection.clientProperties["version"]?.stringValue
        return product.map { [$0, version].compactMap { $0 }.joined(separator: " ") }
    }

    private static func words(_ connection: ConnectionInfo) -> String {
        switch connection.state {
        case "blocked": "publishes and is not read, because memory or disk is short; it waits."
        case "blocking": "will not be read once it publishes, because memory or disk is short."
        case "flow": "is slowed down, because it publishes faster than the broker takes it."
        case "closing", "closed": "is being closed."
        case "running": "\(count(connection.channels)), user \(connection.user ?? Figures.notProvided)."
        default: "state \(connection.state ?? Figures.notProvided)."
        }
    }

    private static func count(_ channels: Int?) -> String {
        switch channels {
        case nil: "channels not provided"
        case 1: "1 channel"
        case let count?: "\(Figures.exact(count)) channels"
        }
    }

    /// A rate as a whole number, whatever a broker says.
    static func whole(_ rate: Double) -> Int {
        rate.isFinite && rate > 0 ? Int(min(rate, 1e15)) : 0
    }
}

extension ObjectDetail {
    init(_ connection: ConnectionInfo, _ channels: [ChannelInfo]) {
        self.init()
        add("name", connection.name)
        add("name by its client", connection.clientProvidedName ?? "none")
        add("state", connection.state)
        add("user", connection.user)
        add("vhost", connection.vhost)
        add("node", connection.node)
        add("protocol", connection.protocol)
        add("authentication", connection.authMechanism)
        add("encrypted", flag: connection.ssl)
        add("channels", connection.channels.map { "\(Figures.exact($0)) of \(connection.channelMax ?? 0)" })
        add("largest frame", connection.frameMax.map(Figures.bytes))
        add("heartbeat", connection.timeout.map { $0 == 0 ? "none" : "\($0) s" })
        add("received", octets(connection.received))
        add("sent", octets(connection.sent))
        add("sends waiting", connection.sendPending.map(Figures.exact))
        let own = channels.filter { channel in
            channel.connectionDetails?.connectionName == connection.name
                || channel.name.hasPrefix(connection.name + " (")
        }
        if !own.isEmpty {
            head("CHANNELS")
            for channel in own {
                let mode = ChannelRows.mode(channel)
                let unacked = Figures.count(channel.messagesUnacknowledged)
                lines.append(
                    .row(
                        "(\(channel.number ?? 0))  \(mode)  unacked \(unacked)  prefetch \(channel.prefetchCount ?? 0)",
                        .text, nil))
            }
        }
        var properties = connection.clientProperties
        let capabilities = properties.removeValue(forKey: "capabilities")
        add(arguments: properties, "WHAT THE CLIENT SAYS")
        if case .object(let fields)? = capabilities { add(arguments: fields, "WHAT THE CLIENT CAN DO") }
    }

    private func octets(_ measured: Measured?) -> String? {
        measured.map { "\(Figures.bytes($0.value))  \(Figures.bytes($0.rate.map(ConnectionRows.whole)))/s" }
    }
}
