internal import AMQP
internal import Journal

/// A classic queue whose contents are on its home, another node of the cluster: everything goes over the relay of the
/// client that uses it.
final class RelayedQueue: DistantQueue {
    unowned let queue: ClassicQueue
    /// Whatever a node has ends with it.
    private unowned(unsafe) let node: Node
    private let homeNode: UInt32
    private(set) var readyCount = 0

    init(_ queue: ClassicQueue, on home: UInt32, node: Node) {
        self.queue = queue
        self.node = node
        homeNode = home
    }

    var home: UInt32? { homeNode }

    private var relays: Relays? { node.cluster?.relays }

    /// What is said of it while its home is down (RabbitMQ, `rabbit_amqqueue:absent`).
    private var downException: ProtocolException {
        guard queue.isDurable else { return .noQueue(queue.name, queue.virtualHost.name) }
        let names = node.cluster?.configuration.names ?? []
        let name = names.indices.contains(Int(homeNode) - 1) ? names[Int(homeNode) - 1] : "\(homeNode)"
        return ProtocolException(
            .notFound,
            "home node '\(name)' of durable queue '\(queue.name)' in vhost '\(queue.virtualHost.name)' is down or "
                + "inaccessible")
    }

    private func known(_ channel: Channel) -> (Relay, RelayChannel)? {
        guard let relay = channel.connection.relays[homeNode], let inner = relay.known(channel.reference),
            !inner.isClosing
        else { return nil }
        return (relay, inner)
    }

    // MARK: Messages

    func mustWait(_ connection: Connection) -> Bool { connection.relays[homeNode]?.mustWait() ?? false }

    func publish(_ message: DistantMessage, to queues: [ClassicQueue], from channel: Channel?, number: UInt64?) -> Bool
    {
        guard let channel else { return publish(message, to: queues) }
        guard let relay = relays?.relay(of: channel.connection, to: homeNode) else {
            if let number {
                channel.confirms.settle(number, through: number, refused: true)
                channel.noteConfirms()
            } else {
                node.counters.dropUnroutable &+= 1
                channel.counters.dropUnroutable &+= 1
            }
            return false
        }
        let inner = relay.channel(for: channel)
        // order-free: an array
        for queue in queues { relay.needs(queue) }
        // A channel in confirm mode stays in it, so that each of its publishes has a number.
        if let number {
            inner.published(number)
            if let recorder = node.recorder, recorder.isWatching {
                let watched = recorder.watched(of: queues)
                if !watched.isEmpty { inner.watch(number, to: watched) }
            }
        }
        node.segments.retain(message.record)
        relay.outbox.append(
            // order-free: an array
            message.record, bodyBytes: message.bodyBytes, for: queues.map(\.id), on: inner.number)
        relay.noteSending()
        relay.noteUse(of: inner)
        return true
    }

    /// Publishes what no client of this node does: its home takes it or not, and nobody hears of it.
    private func publish(_ message: DistantMessage, to queues: [ClassicQueue]) -> Bool {
        guard let relay = relays?.relay(ofControlIn: queue.virtualHost.name, to: homeNode) else { return false }
        let inner = relay.channelForPublishing()
        // order-free: an array
        for queue in queues { relay.needs(queue) }
        node.segments.retain(message.record)
        // order-free: an array
        relay.outbox.append(message.record, bodyBytes: message.bodyBytes, for: queues.map(\.id), on: inner.number)
        relay.noteSending()
        return true
    }

    func settle(_ delivery: UnackedDelivery, _ settlement: Settlement, on channel: Channel) -> Bool {
        channel.settleRelayed(delivery, settlement) == homeNode
    }

    func commit(_ end: TransactionEnd, of channel: Channel) -> Bool {
        guard let (relay, inner) = known(channel), inner.isUncommitted else { return false }
        relay.commit(inner, for: end)
        return true
    }

    // MARK: Consumers

    func cancel(_ consumer: Consumer) -> Bool {
        guard let (relay, inner) = known(consumer.channel), inner.consumers[consumer.tag] === consumer else {
            return false
        }
        inner.question = RelayChannel.Question(
            queue: queue, distant: self, origin: .channel(consumer.channel.reference), cancelled: consumer.tag)
        relay.send(BasicCancel(consumerTag: consumer.tag), on: inner)
        return true
    }

    func stopped(_ consumer: Consumer) {
        guard let (relay, inner) = known(consumer.channel), inner.consumers[consumer.tag] === consumer else { return }
        // It is kept until the home has said so: what comes before is given back.
        relay.send(BasicCancel(consumerTag: consumer.tag), on: inner)
    }

    /// Goes on with a consumer that another node's queue had, or this one's before the link to it was lost.
    func attach(_ consumer: Consumer) {
        let client = consumer.channel
        guard client.phase == .open, let relay = relays?.relay(of: client.connection, to: homeNode) else { return }
        let inner = relay.channel(for: client)
        guard inner.consumers[consumer.tag] == nil, inner.attaching[consumer.tag] == nil, !inner.isClosing else {
            return
        }
        relay.needs(queue)
        inner.attaching[consumer.tag] = consumer
        if consumer.prefetch != inner.prefetch {
            inner.prefetch = consumer.prefetch
            relay.send(BasicQos(prefetchCount: UInt16(clamping: consumer.prefetch)), on: inner)
        }
        relay.send(
            BasicConsume(
                queue: queue.name, consumerTag: consumer.tag, noAck: consumer.isAutomaticAck,
                exclusive: consumer.isExclusive, arguments: consumer.arguments),
            on: inner)
    }

    func resume(_ consumer: Consumer) { consumer.channel.connection.relays[homeNode]?.resume() }

    // MARK: Requests

    func carryOut(_ request: Request, from origin: Origin) throws(ProtocolException) -> Answer? {
        var client: Channel?
        if case .channel(let reference) = origin {
            client = node.channel(reference)
            // Whoever asked has gone.
            guard let client, client.phase == .open else { return .done }
            // The queue has moved on, and whoever asks this node does not know it yet.
            guard !client.connection.isRelay else { throw .noQueue(queue.name, queue.virtualHost.name) }
        }
        let relay =
            client.map { relays?.relay(of: $0.connection, to: homeNode) }
            ?? relays?.relay(ofControlIn: queue.virtualHost.name, to: homeNode)
        guard let relay else { throw downException }
        let inner = client.map(relay.channel) ?? relay.openForControl()
        relay.needs(queue)
        inner.question = RelayChannel.Question(queue: queue, distant: self, origin: origin)
        switch request {
        case .declareQueue: relay.send(QueueDeclare(queue: queue.name, passive: true), on: inner)
        case .deleteQueue(_, let ifUnused, let ifEmpty):
            relay.send(QueueDelete(queue: queue.name, ifUnused: ifUnused, ifEmpty: ifEmpty), on: inner)
        case .purgeQueue: relay.send(QueuePurge(queue: queue.name), on: inner)
        case .get(_, let noAck): relay.send(BasicGet(queue: queue.name, noAck: noAck), on: inner)
        case .consume(_, var consume, let prefetch):
            guard let client else { return .done }
            if prefetch != inner.prefetch {
                inner.prefetch = prefetch
                relay.send(BasicQos(prefetchCount: UInt16(clamping: prefetch)), on: inner)
            }
            inner.question?.consumer = Consumer(
                tag: consume.consumerTag, channel: client, queue: queue, isAutomaticAck: consume.noAck,
                isExclusive: consume.exclusive, prefetch: prefetch, arguments: consume.arguments)
            consume.noWait = false
            consume.queue = queue.name
            relay.send(consume, on: inner)
        case .declareExchange, .deleteExchange, .bind, .unbind, .reap:
            inner.question = nil
            return .done
        }
        return nil
    }

    /// Its home went before it answered.
    func isDown(for question: RelayChannel.Question) {
        node.answer(question.origin, question.cancelled == nil ? .failed(downException) : .done)
    }

    func heard(readyCount: Int) { self.readyCount = readyCount }

    // MARK: Deletion

    /// The home says that it has been deleted; whoever asked is answered when it is so here too.
    func hasBeenDeleted(_ answer: Answer, for origin: Origin) {
        if queue.isDeleted { node.answer(origin, answer) } else { queue.deletionsAwaited.append((origin, answer)) }
    }

    func deleted() {}
}
