import Management
import Monitor

/// What needs somebody's eyes, from everything that is loaded: nodes, queues, exchanges, channels, the worst first.
struct Attention: Hashable, Sendable {
    /// One thing to look at.
    struct Item: Hashable, Sendable {
        /// `!` where something is wrong, `^` where it will be.
        var sign: String
        var text: String
        var role: ThemeRole
        /// What to open to see more of it.
        var opens: LinkTarget
    }

    var items: [Item] = []

    init(_ state: ConsoleState) {
        let monitor = state.monitor
        let context = NodeContext(monitor)
        for node in monitor.nodes.value ?? [] {
            let row = NodeRows.row(node, context)
            if row.isProblem { items.append(Item(sign: "!", text: row.words, role: row.role, opens: .object(row.ref))) }
        }
        // Whatever the list of queues is filtered by.
        let isFiltered = !state.queues.filter.isEmpty || state.queues.problemsOnly
        let rows =
            isFiltered
            ? (monitor.queues.value?.items ?? []).map { QueueRow($0, seen: monitor.history.queue($0.id)) }
            : state.queues.rows
        for row in rows where row.isProblem {
            let words = QueueWords(row)
            let grows = if case .growing? = row.findings.first { true } else { false }
            items.append(Item(sign: grows ? "^" : "!", text: words.text, role: words.role, opens: .queue(row.id)))
        }
        for exchange in monitor.exchanges.value?.items ?? [] where ExchangeRows.dropsAll(exchange) {
            let row = ExchangeRows.row(exchange, showsVhost: monitor.showsVhost)
            items.append(Item(sign: "!", text: row.words, role: row.role, opens: .object(row.ref)))
        }
        for channel in monitor.channels.value?.items ?? [] where ChannelRows.finding(channel) == .unconfirmed {
            let row = ChannelRows.row(channel)
            items.append(Item(sign: "!", text: row.words, role: .warning, opens: .object(row.ref)))
        }
    }
}

/// How safely is published: confirming channels and those that take the risk, apart.
struct ConfirmSummary: Hashable, Sendable {
    /// Channels that publish with confirms, and those of them that wait for one in vain.
    var confirming = 0
    var late = 0
    /// Channels that publish without confirms or transactions, and how much.
    var unsafe = 0
    var unsafeRate = 0.0

    /// Nil while channels are not loaded.
    init?(_ page: Page<ChannelInfo>?) {
        guard let page else { return nil }
        for channel in page.items {
            let rate = channel.messageStats?.publish?.rate ?? 0
            if channel.confirm == true {
                confirming += 1
                if ChannelRows.finding(channel) == .unconfirmed { late += 1 }
            } else if rate > 0, channel.transactional != true {
                unsafe += 1
                unsafeRate += rate
            }
        }
    }

    /// One line.
    var text: String {
        let safe = "confirms: \(confirming == 1 ? "1 channel" : "\(Figures.exact(confirming)) channels"), \(late) late"
        guard unsafe > 0 else { return safe }
        let who =
            unsafe == 1
            ? "1 channel (\(Figures.rate(unsafeRate))/s) publishes"
            : "\(unsafe) channels (\(Figures.rate(unsafeRate))/s) publish"
        return "\(safe) │ \(who) without confirms"
    }
}
