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
        if let quorum = queue.distant as? QuorumQueue {
            // Whoever leads it counts them all.
            guard let member = quorum.member, member.replica.isLeader else { return }
            ready += member.machine.readyCount
            unacked += member.machine.unackedCount
            consumers += member.machine.consumerCount
            return
        }
        // What lives elsewhere is counted there.
        guard !queue.isRemote else { return }
        ready += queue.readyCount
        unacked += queue.unackedCount
        // Its home counts them all.
        if queue.distant == nil { consumers += queue.consumers.count }
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
        let clients = clientConnections
        overview.objectTotals = ObjectTotals(
            connections: clients.count, channels: clients.reduce(0) { $0 + $1.channels.count },
            exchanges: virtualHosts.values.reduce(0) { $0 + $1.exchanges.count },  // order-free: a sum
            queues: sums.queues, consumers: sums.consumers)
        overview.messageStats = readings.stats(clientCounters, withPublisher: true)
        return overview
    }

    func nodeInfo() -> NodeInfo {
        var info = NodeInfo(name: configuration.name)
        info.running = true
        info.type = "ram"
        info.memUsed = memoryInUse
        info.memLimit = configuration.memoryLimit
        info.diskFree = diskFree
        info.diskFreeLimit = diskFree.map { _ in configuration.diskFreeLimit }
        info.diskFreeAlarm = isDiskShort || storageFailure != nil
        info.memAlarm = isMemoryShort
        info.uptime = Int(clamping: now.milliseconds(since: startedAt))
        info.socketsUsed = clientConnections.count
        return info
    }

    func info(of queue: ClassicQueue) -> QueueInfo {
        var info = QueueInfo(vhost: queue.virtualHost.name, name: queue.name)
        info.type = "classic"
        info.durable = queue.settings.isDurable
        info.autoDelete = queue.settings.isAutoDelete
        info.exclusive = queue.settings.exclusiveOwner != nil
        info.arguments = queue.settings.arguments.json
        describePolicy(of: queue, in: &info)
        info.node = homeName(of: queue)
        info.state = "running"
        info.messagesReady = queue.readyCount
        info.messagesUnacknowledged = queue.unackedCount
        info.messages = queue.readyCount + queue.unackedCount
        info.messageBytes = queue.readyBytes + queue.unackedBytes
        info.consumers = queue.consumers.count
        info.memory = queue.residentBytes
        info.messageStats = queue.readings.stats(queue.counters, withPublisher: false)
        describeMirrors(of: queue, in: &info)
        return info
    }

    /// The mirrors of a queue that is mirrored.
    private func describeMirrors(of queue: ClassicQueue, in info: inout QueueInfo) {
        guard let mirroring = queue.mirroring, mirroring.isMirrored || queue.mirrorPolicy != nil else { return }
        info.mirrors = mirroring.mirrors.map { nodeName($0.node) }
        info.synchronisedMirrors = mirroring.inSync.map { nodeName($0.node) }
    }

    /// Which policy counts for a queue, and what it says.
    func describePolicy(of queue: ClassicQueue, in info: inout QueueInfo) {
        let policy = effectivePolicy(of: queue)
        info.policy = policy?.name
        info.effectivePolicyDefinition = policy?.definition.json ?? [:]
    }

    /// What every node knows of a queue that lives on another: not what is in it.
    func placeholder(of queue: ClassicQueue) -> QueueInfo {
        var info = QueueInfo(vhost: queue.virtualHost.name, name: queue.name)
        info.type = queue.settings.isQuorum ? QuorumSettings.type : "classic"
        info.durable = queue.settings.isDurable
        info.autoDelete = queue.settings.isAutoDelete
        info.exclusive = queue.settings.exclusiveOwner != nil
        info.arguments = queue.settings.arguments.json
        describePolicy(of: queue, in: &info)
        info.node = homeName(of: queue)
        describeMirrors(of: queue, in: &info)
        return info
    }

    /// The node on which a queue lives.
    func homeName(of queue: ClassicQueue) -> String {
        if queue.settings.isQuorum { return quorum.member(queue.id)?.leader.map(nodeName) ?? configuration.name }
        return queue.home.map { nodeName($0.node) } ?? configuration.name
    }

    /// The name of a node by its number; this one's where there is no such node.
    func nodeName(_ number: UInt32) -> String {
        guard let names = cluster?.configuration.names, names.indices.contains(Int(number) - 1) else {
            return configuration.name
        }
        return names[Int(number) - 1]
    }

    /// A queue in a list: with its consumers, whose prefetches say how full they are, unless there are very many.
    func summary(of queue: ClassicQueue) -> QueueInfo {
        if queue.settings.isQuorum { return quorumInfo(of: queue) }
        if queue.isRemote { return placeholder(of: queue) }
        return queue.consumers.count <= Limits.consumersListed ? detail(of: queue) : info(of: queue)
    }

    /// A queue with its consumers.
    func detail(of queue: ClassicQueue) -> QueueInfo {
        if queue.settings.isQuorum { return quorumInfo(of: queue) }
        if queue.isRemote { return placeholder(of: queue) }
        var info = info(of: queue)
        info.consumerDetails = queue.consumers.all.map(info(of:))
        return info
    }

    func info(of consumer: Consumer) -> ConsumerInfo {
        var info = ConsumerInfo(consumerTag: consumer.tag)
        let (channel, queue) = (consumer.channel, consumer.queue)
        info.queue = ObjectID(vhost: queue.virtualHost.name, name: queue.name)
        info.prefetchCount = consumer.prefetch
        info.ackRequired = !consumer.isAutomaticAck
        info.exclusive = consumer.isExclusive
        info.active = true
        info.activityStatus = "up"
        info.channelDetails = details(of: channel)
        return info
    }

    private func details(of channel: Channel) -> ChannelDetails {
        let connection = channel.connection
        return ChannelDetails(
            name: channel.name, number: Int(channel.number), connectionName: connection.name, user: connection.user,
            node: configuration.name, peerHost: connection.peerHost, peerPort: connection.peerPort)
    }

    func info(of exchange: Exchange, in host: VirtualHost) -> ExchangeInfo {
        var info = ExchangeInfo(vhost: host.name, name: exchange.name)
        info.type = exchange.settings.kind.rawValue
        info.durable = exchange.settings.isDurable
        info.autoDelete = exchange.settings.isAutoDelete
        info.internal = exchange.settings.isInternal
        info.arguments = exchange.settings.arguments.json
        info.policy = effectivePolicy(of: exchange, in: host)?.name
        info.publishIn = exchange.readings.measured(exchange.counters.publishIn, \.publishIn)
        info.publishOut = exchange.readings.measured(exchange.counters.publishOut, \.publishOut)
        return info
    }

    func info(of binding: Binding, from exchange: Exchange, in host: VirtualHost) -> BindingInfo {
        let type: BindingInfo.Destination =
            if case .queue = binding.destination { .queue } else { .exchange }
        return BindingInfo(
            vhost: host.name, source: exchange.name, destination: binding.destination.name, destinationType: type,
            routingKey: String(decoding: binding.routingKey, as: UTF8.self), arguments: binding.arguments.json)
    }

    func info(of connection: Connection) -> ConnectionInfo {
        var info = ConnectionInfo(name: connection.name)
        info.vhost = connection.virtualHost.name
        info.user = connection.user
        info.node = configuration.name
        info.state = connection.stateName
        info.protocol = "AMQP 0-9-1"
        info.authMechanism = connection.mechanism
        info.ssl = false
        info.peerHost = connection.peerHost
        info.peerPort = connection.peerPort
        info.channels = connection.channels.count
        info.channelMax = Int(connection.channelMax)
        info.frameMax = Int(connection.frameMax)
        info.timeout = Int(connection.heartbeatSeconds)
        info.received = connection.readings.measured(connection.octets.received, \.received)
        info.sent = connection.readings.measured(connection.octets.sent, \.sent)
        info.sendPending = connection.outbound.count > 0 ? 1 : 0
        info.clientProperties = connection.clientProperties.json
        return info
    }

    /// A channel; with its consumers where it is looked at alone.
    func info(of channel: Channel, withConsumers: Bool) -> ChannelInfo {
        var info = ChannelInfo(name: channel.name)
        info.number = Int(channel.number)
        info.vhost = channel.connection.virtualHost.name
        info.user = channel.connection.user
        info.node = configuration.name
        info.state = channel.phase == .open ? "running" : "closing"
        info.confirm = channel.isConfirming
        info.transactional = channel.transaction != nil
        info.consumerCount = channel.consumers.count
        info.prefetchCount = channel.prefetch
        info.globalPrefetchCount = channel.channelPrefetch
        let uncommitted = channel.transaction?.settlements.count ?? 0
        info.messagesUnacknowledged = channel.unacked.count - uncommitted
        info.messagesUnconfirmed = channel.confirms.unconfirmed
        info.messagesUncommitted = channel.transaction?.publishes.count ?? 0
        info.acksUncommitted = uncommitted
        info.messageStats = channel.readings.stats(channel.counters, withPublisher: true)
        info.connectionDetails = details(of: channel)
        if withConsumers { info.consumerDetails = channel.consumers.all.map(self.info(of:)) }
        return info
    }
}
