import Management
import Terminal

@testable import Console
@testable import Monitor

/// A broker with nine queues, as the monitor would have seen it for a minute.
enum Fixture {
    static let names = [
        "invoices", "orders.eu", "orders.us", "payments", "orders.eu.de.retail.dead-letter", "audit.tx", "mail",
        "amq.gen-7fQ2cXyTz0Lk3vB9wA", "reports",
    ]

    /// The monitor after a minute of samples, five seconds apart.
    static func monitor(
        _ change: (inout MonitorState) -> Void = { _ in }, queues: [QueueInfo]? = nil,
        capabilities: EndpointCapabilities? = EndpointCapabilities(
            product: .rabbitMQ, version: "3.10.8", sortsAndFilters: true, listsAllNodes: true,
            hasPolicies: true)
    ) -> MonitorState {
        let request = QueuePageRequest(
            pageSize: EndpointCapabilities.largestPage, sort: .messagesReady, descending: true)
        var monitor = MonitorState(endpoints: ["http://mq.example:15672"], queues: request)
        monitor.capabilities = capabilities
        monitor.status = .live
        monitor.interval = .seconds(1)
        for step in 0...12 {
            let time = Duration.seconds(step * 5)
            let listed = (queues ?? Fixture.queues(step: step)).sorted(by: .messagesReady, descending: true)
            monitor.queues = Sample(value: Page(whole: monitor.history.record(listed, at: time)), sampledAt: time)
            monitor.overview = Sample(value: monitor.history.record(overview(step: step), at: time), sampledAt: time)
        }
        monitor.nodes = Sample(value: nodes, sampledAt: .seconds(60))
        monitor.queues.interval = .seconds(5)
        monitor.overview.interval = .seconds(5)
        monitor.time = .seconds(60)
        change(&monitor)
        return monitor
    }

    /// A console showing that monitor.
    static func console(
        columns: Int = 80, rows: Int = 24, monitor: MonitorState = Fixture.monitor(), isReadOnly: Bool = false,
        panel: ConsoleState.Panel = .queues, keys: KeyMap = .standard, lock: Lock = .open
    ) throws -> ConsoleState {
        let themes = try ThemeLibrary(wanted: nil, environment: [:])
        var settings = ConsoleSettings(themes: themes, isReadOnly: isReadOnly)
        settings.keys = keys
        settings.lock = lock
        var state = ConsoleState(
            settings: settings, monitor: monitor, size: Size(columns: columns, rows: rows), panel: panel)
        _ = state.update(.tick, at: .seconds(60))
        return state
    }

    static func queues(step: Int) -> [QueueInfo] {
        [
            queue("invoices", "quorum", ready: 27_800 + step * 50, unacked: 50, rates: (310, 190, 190), consumers: 1),
            queue("orders.eu", "quorum", ready: 1_900 + step % 3, unacked: 96, rates: (820, 818, 818), consumers: 3),
            queue("orders.us", "quorum", ready: 640 - step % 2, unacked: 41, rates: (610, 612, 611), consumers: 3),
            stalled(ready: 91 + step * 10),
            queue(
                names[4], "classic", ready: 57, unacked: 0, rates: (0, 0, 0), consumers: 0),
            queue("audit.tx", "classic", ready: 12 + step % 2, unacked: 3, rates: (88, 88, 88), consumers: 1),
            queue("mail", "classic", ready: 4 + step % 2, unacked: 12, rates: (240, 239, 239), consumers: 1),
            queue(names[7], "classic", ready: 0, unacked: 0, rates: (0, 0, 0), consumers: 1, state: "idle"),
            stub("reports"),
        ]
    }

    static func queue(
        _ name: String, _ type: String, ready: Int, unacked: Int, rates: (Double, Double, Double), consumers: Int,
        state: String = "running"
    ) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.type = type
        queue.durable = true
        queue.state = state
        queue.node = "rabbit@mq-1"
        queue.messagesReady = ready
        queue.messagesUnacknowledged = unacked
        queue.messages = ready + unacked
        queue.consumers = consumers
        queue.memory = 143_360
        var stats = MessageStats()
        stats.publish = Measured(1_000, rate: rates.0)
        stats.deliverGet = Measured(1_000, rate: rates.1)
        stats.ack = Measured(1_000, rate: rates.2)
        queue.messageStats = stats
        return queue
    }

    /// Ten of ten deliveries held by one consumer that does not acknowledge.
    static func stalled(ready: Int) -> QueueInfo {
        var queue = queue("payments", "classic", ready: ready, unacked: 10, rates: (2, 0, 0), consumers: 1)
        var consumer = ConsumerInfo(consumerTag: "pay-2")
        consumer.prefetchCount = 10
        consumer.ackRequired = true
        consumer.channelDetails = ChannelDetails(number: 1, user: "pay", peerHost: "10.0.4.17", peerPort: 50_112)
        queue.consumerDetails = [consumer]
        return queue
    }

    /// A queue of which the broker has no statistics.
    static func stub(_ name: String) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.durable = true
        return queue
    }

    static func overview(step: Int) -> Overview {
        var overview = Overview()
        overview.queueTotals = QueueTotals(
            messagesReady: Measured(31_200, rate: 168), messagesUnacknowledged: Measured(212))
        overview.objectTotals = ObjectTotals(connections: 9, channels: 22, exchanges: 14, queues: 9, consumers: 12)
        overview.messageStats.publish = Measured(10_000, rate: 2_100 + Double(step) * 25)
        overview.messageStats.deliverGet = Measured(10_000, rate: 1_950)
        overview.messageStats.ack = Measured(10_000, rate: 1_900)
        return overview
    }

    static var nodes: [NodeInfo] {
        (1...3).map { number in
            var node = NodeInfo(name: "rabbit@mq-\(number)")
            node.running = true
            node.memUsed = 212 << 20
            node.memLimit = 1 << 30
            node.diskFree = 41 << 30
            return node
        }
    }
}

extension ConsoleState {
    /// Presses keys one after the other, the clock moving on between them so that no dialog is still deaf.
    mutating func press(_ keys: [Key], every step: Duration = .milliseconds(400)) -> [Effect] {
        var effects: [Effect] = []
        for key in keys {
            effects += update(.key(key), at: now + step)
        }
        return effects
    }

    /// The lines of the picture.
    var lines: [String] {
        let frame = render()
        return (0..<frame.size.rows).map(frame.line)
    }
}
