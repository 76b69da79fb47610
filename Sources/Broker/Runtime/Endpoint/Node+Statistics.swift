internal import AMQP
internal import Management

/// Sums over all queues, for the overview.
struct QueueSums {
    var queues = 0
    var ready = 0
    var unacked = 0
    var consumers = 0

    mutating func add(_ queue: ClassicQueue) {
        queues += 1
        ready += queue.readyCount
        unacked += queue.unackedCount
        consumers += queue.consumers.count
    }
}

/// What a node says of itself in the vocabulary of RabbitMQ's management API.
extension Node {
    func overview(_ sums: QueueSums) -> Overview {
        var overview = Overview()
        overview.node = configuration.name
        overview.clusterName = configuration.name
        overview.productName = "Warren"
        overview.productVersion = configuration.version
        overview.queueTotals = QueueTotals(
            messages: Measured(sums.ready + sums.unacked), messagesReady: Measured(sums.ready),
            messagesUnacknowledged: Measured(sums.unacked))
        overview.objectTotals = ObjectTotals(
            connections: connections.count,
            channels: connections.values.reduce(0) { $0 + $1.channels.count },  // order-free: a sum
            exchanges: virtualHosts.values.reduce(0) { $0 + $1.exchanges.count },  // order-free: a sum
            queues: sums.queues, consumers: sums.consumers)
        overview.messageStats = messageStats
        return overview
    }

    private var messageStats: MessageStats {
        var stats = MessageStats()
        stats.publish = measured(counters.publish)
        stats.confirm = measured(counters.confirm)
        stats.deliver = measured(counters.deliver)
        stats.deliverNoAck = measured(counters.deliverNoAck)
        stats.get = measured(counters.get)
        stats.deliverGet = measured(counters.deliver &+ counters.deliverNoAck &+ counters.get)
        stats.ack = measured(counters.ack)
        stats.redeliver = measured(counters.redeliver)
        stats.returnUnroutable = measured(counters.returnUnroutable)
        stats.dropUnroutable = measured(counters.dropUnroutable)
        return stats
    }

    private func measured(_ count: UInt64) -> Measured { Measured(Int(clamping: count)) }

    func nodeInfo() -> NodeInfo {
        var info = NodeInfo(name: configuration.name)
        info.running = true
        info.type = "ram"
        info.memUsed = memoryInUse
        info.memLimit = configuration.memoryLimit
        info.memAlarm = isMemoryShort
        info.uptime = Int(clamping: now.milliseconds(since: startedAt))
        info.socketsUsed = connections.count
        return info
    }

    func info(of queue: ClassicQueue) -> QueueInfo {
        var info = QueueInfo(vhost: queue.virtualHost.name, name: queue.name)
        info.type = "classic"
        info.durable = queue.settings.isDurable
        info.autoDelete = queue.settings.isAutoDelete
        info.exclusive = queue.settings.exclusiveOwner != nil
        info.arguments = arguments(queue.settings.arguments)
        info.node = configuration.name
        info.state = "running"
        info.messagesReady = queue.readyCount
        info.messagesUnacknowledged = queue.unackedCount
        info.messages = queue.readyCount + queue.unackedCount
        info.messageBytes = queue.readyBytes + queue.unackedBytes
        info.consumers = queue.consumers.count
        info.memory = queue.ready.residentBytes
        info.messageStats = stats(of: queue)
        return info
    }

    private func stats(of queue: ClassicQueue) -> MessageStats {
        let counted = queue.counters
        var stats = MessageStats()
        stats.publish = measured(counted.publish)
        stats.deliver = measured(counted.deliver)
        stats.deliverNoAck = measured(counted.deliverNoAck)
        stats.get = measured(counted.get)
        stats.getNoAck = measured(counted.getNoAck)
        stats.deliverGet = measured(counted.deliver &+ counted.deliverNoAck &+ counted.get &+ counted.getNoAck)
        stats.ack = measured(counted.ack)
        stats.redeliver = measured(counted.redeliver)
        return stats
    }

    /// A queue in a list: with its consumers, whose prefetches say how full they are, unless there are very many.
    func summary(of queue: ClassicQueue) -> QueueInfo {
        queue.consumers.count <= Limits.consumersListed ? detail(of: queue) : info(of: queue)
    }

    /// A queue with its consumers.
    func detail(of queue: ClassicQueue) -> QueueInfo {
        var info = info(of: queue)
        info.consumerDetails = queue.consumers.map { consumer in
            var detail = ConsumerInfo(consumerTag: consumer.tag)
            let channel = consumer.channel
            detail.prefetchCount = consumer.prefetch
            detail.ackRequired = !consumer.isAutomaticAck
            detail.exclusive = consumer.isExclusive
            detail.active = true
            detail.activityStatus = "up"
            detail.channelDetails = ChannelDetails(
                name: "\(channel.connection.peer) (\(channel.number))", number: Int(channel.number),
                connectionName: channel.connection.peer, user: channel.connection.user, node: configuration.name)
            return detail
        }
        return info
    }

    private func arguments(_ table: FieldTable) -> [String: JSONValue] {
        var arguments: [String: JSONValue] = [:]
        for pair in table.pairs { arguments[pair.name] = pair.value.json }
        return arguments
    }
}

extension FieldValue {
    /// The value as the management API shows it.
    fileprivate var json: JSONValue {
        if let text { return .string(text) }
        if let number = integer { return .integer(Int(clamping: number)) }
        if case .boolean(let flag) = self { return .bool(flag) }
        return .string("\(self)")
    }
}
