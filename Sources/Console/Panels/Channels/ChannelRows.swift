import Management
import Monitor

/// Channels as rows of a list.
enum ChannelRows {
    static let columns: [ObjectColumn] = [
        .name("CHANNEL", 21, "the client's address and port, and the channel's number on its connection"),
        .text("USER", 9, 5, "the user of its connection"),
        .text("MD", 2, 1, "C confirms, T transactions, F slowed down"),
        .figure("PREF", 5, 2, "what a consumer may hold unacknowledged; ∞ for no limit; of all consumers with *"),
        .figure("UNACK", 6, 0, "deliveries not acknowledged"),
        .figure("UNCONF", 6, 0, "publishes not confirmed yet"),
        .figure("PUB/s", 6, 1, "messages published per second"),
        .figure("CNF/s", 6, 3, "publisher confirms per second"),
        .figure("DLV/s", 6, 6, "deliveries per second"),
        .figure("ACK/s", 6, 4, "acknowledgements per second"),
        .figure("CONS", 4, 7, "consumers"),
        .text("STATE", 8, 8, "what the broker says: running, idle, flow …"),
        .text("VHOST", 8, 9, "the vhost of its connection"),
        .text("NODE", 16, 10, "the node it is connected to"),
    ]

    static func row(_ channel: ChannelInfo) -> ObjectRow {
        var row = ObjectRow(.channel(channel.name))
        let stats = channel.messageStats
        row.add(text: title(channel))
        row.add(text: channel.user)
        row.add(text: mode(channel))
        let limit = prefetch(channel)
        row.add(limit.text, by: limit.number)
        let finding = finding(channel)
        row.add(count: channel.messagesUnacknowledged, finding == .full ? .warning : .text)
        row.add(
            channel.confirm == false ? "-" : Figures.count(channel.messagesUnconfirmed),
            by: channel.messagesUnconfirmed.map(Double.init), finding == .unconfirmed ? .warning : .text)
        row.add(rate: stats?.publish?.rate)
        row.add(
            channel.confirm == false ? "-" : Figures.rate(stats?.confirm?.rate), by: stats?.confirm?.rate)
        row.add(rate: stats?.deliverGet?.rate)
        row.add(rate: stats?.ack?.rate)
        row.add(count: channel.consumerCount)
        row.add(text: channel.state)
        row.add(text: channel.vhost)
        row.add(text: channel.node)
        row.words = "\(title(channel)): \(words(channel, finding))"
        if finding != nil { row.role = .warning }
        return row
    }

    static func title(_ channel: ChannelInfo) -> String {
        let details = channel.connectionDetails
        guard let (host, port) = both(details?.peerHost, details?.peerPort) else { return channel.name }
        return "\(host):\(port) (\(channel.number ?? 0))"
    }

    static func mode(_ channel: ChannelInfo) -> String {
        var mode = ""
        if channel.confirm == true { mode += "C" }
        if channel.transactional == true { mode += "T" }
        if channel.state == "flow" { mode += "F" }
        return mode.isEmpty ? "-" : mode
    }

    private static func prefetch(_ channel: ChannelInfo) -> (text: String, number: Double?) {
        if let all = channel.globalPrefetchCount, all > 0 { return ("\(Figures.count(all))*", Double(all)) }
        guard let each = channel.prefetchCount else { return (Figures.notProvided, nil) }
        return each == 0 ? ("∞", .infinity) : (Figures.count(each), Double(each))
    }

    /// What is the matter with a channel.
    enum Finding: Hashable { case full, unconfirmed }

    static func finding(_ channel: ChannelInfo) -> Finding? {
        let stats = channel.messageStats
        if let (unacked, limit) = both(channel.messagesUnacknowledged, channel.prefetchCount), limit > 0,
            let consumers = channel.consumerCount, consumers > 0, unacked >= limit.multipliedClamped(by: consumers),
            (stats?.ack?.rate ?? 0) == 0
        {
            return .full
        }
        if (channel.messagesUnconfirmed ?? 0) > 0, (stats?.confirm?.rate ?? 0) == 0, channel.confirm == true,
            (stats?.publish?.rate ?? 0) > 0
        {
            return .unconfirmed
        }
        return nil
    }

    private static func words(_ channel: ChannelInfo, _ finding: Finding?) -> String {
        switch finding {
        case .full?:
            return
                "its prefetch is full and nothing is acknowledged: nothing more is delivered until the client acks or dies."
        case .unconfirmed?:
            return "\(Figures.count(channel.messagesUnconfirmed)) publishes wait for a confirm and none comes."
        case nil: break
        }
        let publishes = channel.messageStats?.publish?.rate ?? 0
        if publishes > 0, channel.confirm == false, channel.transactional != true {
            return "publishes \(Figures.rate(publishes))/s without confirms: what is lost is not noticed."
        }
        if channel.transactional == true {
            let open = Figures.count(channel.messagesUncommitted)
            return
                "in transactions, \(open) publishes and \(Figures.count(channel.acksUncommitted)) acks not committed."
        }
        let consumers = channel.consumerCount ?? 0
        return consumers == 0
            ? "no consumer." : consumers == 1 ? "1 consumer." : "\(Figures.exact(consumers)) consumers."
    }
}

extension Int {
    /// The product, or the largest number there is.
    fileprivate func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}

extension ObjectDetail {
    init(_ channel: ChannelInfo) {
        self.init()
        add("name", channel.name)
        add("state", channel.state)
        add("user", channel.user)
        add("vhost", channel.vhost)
        add("node", channel.node)
        add("confirms", flag: channel.confirm)
        add("transactions", flag: channel.transactional)
        add("prefetch", channel.prefetchCount.map { $0 == 0 ? "no limit" : "\($0) for each consumer" })
        add("prefetch of all", channel.globalPrefetchCount.map { $0 == 0 ? "no limit" : "\($0)" })
        add("unacknowledged", channel.messagesUnacknowledged.map(Figures.exact))
        add("unconfirmed", channel.messagesUnconfirmed.map(Figures.exact))
        add("publishes to commit", channel.messagesUncommitted.map(Figures.exact))
        add("acks to commit", channel.acksUncommitted.map(Figures.exact))
        if let since = channel.idleSince { add("idle since", since) }
        add(channel.messageStats)
        add(consumers: channel.consumerDetails)
    }
}
