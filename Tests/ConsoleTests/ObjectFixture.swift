import Management

@testable import Console
@testable import Monitor

/// Exchanges, connections and channels beside the queues of ``Fixture``.
extension Fixture {
    static let peer = "10.0.4.17:50112 -> 10.0.1.2:5672"

    static func objects(_ change: (inout MonitorState) -> Void = { _ in }) -> MonitorState {
        monitor { monitor in
            func sample<Value>(_ value: Value) -> Sample<Value> {
                var sample = Sample(value: value, sampledAt: .seconds(60))
                sample.interval = .seconds(5)
                return sample
            }
            monitor.exchanges = sample(Page(whole: exchanges))
            monitor.connections = sample(Page(whole: connections))
            monitor.channels = sample(Page(whole: channels))
            monitor.vhosts = sample([VhostInfo(name: "/")])
            monitor.policies = sample(policies)
            if var page = monitor.queues.value {
                for place in page.items.indices where page.items[place].name.hasPrefix("orders.") {
                    page.items[place].policy = "orders"
                }
                monitor.queues.value = page
            }
            change(&monitor)
        }
    }

    static let policies = [
        PolicyInfo(
            vhost: "/", name: "mirrored", pattern: "^(?!amq\\.)", appliesTo: "queues", priority: -1,
            definition: ["ha-mode": "nodes", "ha-params": .array(["rabbit@mq-1", "rabbit@mq-2"])]),
        PolicyInfo(
            vhost: "/", name: "orders", pattern: "^orders\\.", priority: 5,
            definition: ["max-length": 100_000, "overflow": "reject-publish"]),
    ]

    static let exchanges: [ExchangeInfo] = {
        var orders = exchange("orders", "topic", (820, 1640))
        orders.arguments = ["alternate-exchange": "orders.unroute"]
        return [
            exchange("", "direct", (240, 240)), exchange("amq.topic", "topic", nil),
            exchange("audit", "fanout", (12, 0)),
            orders, exchange("orders.unroute", "fanout", (0, 0)),
        ]
    }()

    private static func exchange(_ name: String, _ type: String, _ rates: (Double, Double)?) -> ExchangeInfo {
        var exchange = ExchangeInfo(vhost: "/", name: name)
        exchange.type = type
        exchange.durable = true
        exchange.publishIn = rates.map { Measured(Int($0.0) * 60, rate: $0.0) }
        exchange.publishOut = rates.map { Measured(Int($0.1) * 60, rate: $0.1) }
        return exchange
    }

    static let connections: [ConnectionInfo] = {
        var one = ConnectionInfo(name: peer)
        one.peerHost = "10.0.4.17"
        one.peerPort = 50112
        one.user = "orders"
        one.vhost = "/"
        one.state = "running"
        one.protocol = "AMQP 0-9-1"
        one.channels = 2
        one.channelMax = 2047
        one.frameMax = 131_072
        one.timeout = 60
        one.ssl = false
        one.received = Measured(12_000_000, rate: 182_000)
        one.sent = Measured(3_000_000, rate: 41_000)
        one.clientProperties = ["product": "Pika", "version": "1.3.2", "connection_name": "order-taker"]
        var two = ConnectionInfo(name: "10.0.4.18:41000 -> 10.0.1.2:5672")
        two.peerHost = "10.0.4.18"
        two.peerPort = 41000
        two.user = "invoices"
        two.state = "blocked"
        two.channels = 1
        return [one, two, ConnectionInfo(name: "stub")]
    }()

    static let channels: [ChannelInfo] = [
        channel(1, confirm: true, unacked: 96, unconfirmed: 37, rates: (820, 818, 820, 818)),
        channel(2, confirm: false, unacked: 0, unconfirmed: 0, rates: (360, 0, 0, 0)),
        stuckChannel,
    ]

    private static func channel(
        _ number: Int, confirm: Bool, unacked: Int, unconfirmed: Int, rates: (Double, Double, Double, Double)
    ) -> ChannelInfo {
        var channel = ChannelInfo(name: "\(peer) (\(number))")
        channel.number = number
        channel.user = "orders"
        channel.vhost = "/"
        channel.state = "running"
        channel.confirm = confirm
        channel.transactional = false
        channel.prefetchCount = 100
        channel.globalPrefetchCount = 0
        channel.consumerCount = unacked > 0 ? 1 : 0
        channel.messagesUnacknowledged = unacked
        channel.messagesUnconfirmed = unconfirmed
        channel.connectionDetails = ChannelDetails(connectionName: peer, peerHost: "10.0.4.17", peerPort: 50112)
        var stats = MessageStats()
        stats.publish = Measured(Int(rates.0) * 60, rate: rates.0)
        stats.confirm = Measured(Int(rates.1) * 60, rate: rates.1)
        stats.deliverGet = Measured(Int(rates.2) * 60, rate: rates.2)
        stats.ack = Measured(Int(rates.3) * 60, rate: rates.3)
        channel.messageStats = stats
        return channel
    }

    private static let stuckChannel: ChannelInfo = {
        var stuck = channel(3, confirm: false, unacked: 10, unconfirmed: 0, rates: (0, 0, 0, 0))
        stuck.name = "10.0.4.19:50000 -> 10.0.1.2:5672 (3)"
        stuck.connectionDetails = ChannelDetails(peerHost: "10.0.4.19", peerPort: 50000)
        stuck.user = "payments"
        stuck.prefetchCount = 10
        return stuck
    }()
}
