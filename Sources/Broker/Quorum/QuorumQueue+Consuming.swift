internal import AMQP
internal import Journal

/// Consumers and requests of this node's clients.
extension QuorumQueue {
    // MARK: Requests

    func carryOut(_ request: Request, from origin: Origin) throws(ProtocolException) -> Answer? {
        switch request {
        case .declareQueue:
            // Through the log, so that it counts in what this node's clients have asked for before.
            ask(QuorumRequest(kind: .count, origin: origin)) { $0.deleteIf(unused: false, empty: false) }
        case .purgeQueue:
            ask(QuorumRequest(kind: .purge, origin: origin)) { $0.purge() }
        case .consume(_, let consume, let prefetch): return try attach(consume, prefetch, origin)
        case .get(_, let isAutomaticAck): return get(isAutomaticAck: isAutomaticAck, origin)
        case .deleteQueue(_, let ifUnused, let ifEmpty):
            // RabbitMQ: "rabbit_quorum_queue:delete/4".
            for (flag, isSet) in [("unused", ifUnused), ("empty", ifEmpty)] where isSet {
                throw .notImplemented(
                    "cannot delete queue '\(queue.name)' in vhost '\(queue.virtualHost.name)'. queue.delete operations "
                        + "with if-\(flag) flag set are not supported by quorum queues")
            }
            return node.proposeDeletion(of: queue, from: origin)
        case .declareExchange, .deleteExchange, .bind, .unbind, .reap: return .done
        }
        return nil
    }

    /// What a member here knows, which may be a moment old; without one, what was last heard.
    var counts: (messages: Int, consumers: Int) {
        guard let member else { return (readyCount, queue.consumers.count) }
        return (member.machine.readyCount, member.machine.consumerCount)
    }

    private func attach(
        _ consume: BasicConsume, _ prefetch: Int, _ origin: Origin
    ) throws(ProtocolException) -> Answer? {
        guard case .channel(let reference) = origin, let channel = openChannel(reference) else { return .done }
        guard channel.channelPrefetch == 0 else {
            throw .notImplemented(
                "queue '\(queue.name)' in vhost '\(queue.virtualHost.name)' does not support global qos")
        }
        let consumer = Consumer(
            tag: consume.consumerTag, channel: channel, queue: queue, isAutomaticAck: consume.noAck,
            isExclusive: consume.exclusive, prefetch: prefetch, arguments: consume.arguments)
        attach(consumer, of: reference, origin)
        return nil
    }

    /// The channel that asks, unless it has ended meanwhile: nobody would end what is begun for it.
    private func openChannel(_ reference: ChannelReference) -> Channel? {
        node.channel(reference).flatMap { $0.phase == .open ? $0 : nil }
    }

    private func attach(_ consumer: Consumer, of channel: ChannelReference, _ origin: Origin) {
        let subscription = QuorumSubscription(id: node.quorum.newConsumerID(), channel: channel, consumer: consumer)
        consumer.subscription = subscription.id
        subscriptions[subscription.id] = subscription
        node.quorum.note(subscription.id, of: channel, self)
        let prefetch = consumer.isAutomaticAck ? Limits.quorumAutomaticAckWindow : consumer.prefetch
        ask(QuorumRequest(kind: .attach(subscription), origin: origin)) {
            $0.attach(
                subscription.id, tag: consumer.tag.utf8, prefetch: UInt32(clamping: prefetch),
                isExclusive: consumer.isExclusive, isAutomaticAck: consumer.isAutomaticAck)
        }
    }

    private func get(isAutomaticAck: Bool, _ origin: Origin) -> Answer? {
        let reference: ChannelReference
        switch origin {
        case .channel(let channel):
            guard openChannel(channel) != nil else { return .done }
            reference = channel
        // Each is a channel of its own, which ends with the answer.
        case .control(let number): reference = ChannelReference(connection: ConnectionID(0), number: 0, opening: number)
        case .node: return .empty
        }
        let id = getters[reference] ?? node.quorum.newConsumerID()
        if getters[reference] == nil {
            getters[reference] = id
            subscriptions[id] = QuorumSubscription(id: id, channel: reference, consumer: nil)
            if case .channel = origin { node.quorum.note(id, of: reference, self) }
        }
        guard let subscription = subscriptions[id] else { return .empty }
        ask(QuorumRequest(kind: .get(subscription, isAutomaticAck: isAutomaticAck), origin: origin)) {
            $0.get(id, isAutomaticAck: isAutomaticAck, isKnown: subscription.isAttached)
        }
        return nil
    }

    var isAnybodyBehind: Bool {
        // order-free: whether there is any
        subscriptions.values.contains { $0.isBehind }
    }

    func answered(_ number: UInt64, _ answer: QuorumAnswer, _ value: UInt64, _ second: UInt64) {
        guard let place = requests.firstIndex(where: { $0.number == number }) else { return }
        let request = requests.remove(at: place).request
        forgetSent()
        switch (request.kind, answer) {
        case (.count, .mayDelete):
            readyCount = Int(clamping: value)
            node.answer(
                request.origin, .declared(queue: queue.name, messages: readyCount, consumers: counts.consumers))
        case (.purge, .purged):
            readyCount = 0
            node.answer(request.origin, .removed(messages: Int(clamping: value)))
        case (.get(let subscription, let isAutomaticAck), .got):
            readyCount = Int(clamping: second)
            // It was given up while this was on its way: what it got goes back with it.
            guard subscriptions[subscription.id] === subscription else { return node.answer(request.origin, .empty) }
            subscription.isAttached = true
            subscription.got[value] = (request.origin, readyCount, isAutomaticAck)
            if let early = subscription.early.removeValue(forKey: value) {
                early.message.withUnsafeBytes { answerGet(subscription, value, early.count, $0) }
            }
        case (.get(let subscription, _), .empty):
            // The queue does not know of it by that.
            readyCount = 0
            giveEarlyBack(subscription)
            if case .control = request.origin { channelEnded(subscription.id) }
            node.answer(request.origin, .empty)
        case (.get(let subscription, let isAutomaticAck), .forgotten)
        where subscription.isAttached && subscriptions[subscription.id] === subscription:
            // This node was taken for dead: what the channel got has gone back, and it begins anew.
            reattach(subscription)
            if let answer = get(isAutomaticAck: isAutomaticAck, request.origin) { node.answer(request.origin, answer) }
        case (.attach(let subscription), .attached):
            guard let consumer = subscription.consumer else { return }
            subscription.isAttached = true
            if case .node = request.origin { return resume(consumer) }
            node.answer(request.origin, .consuming(consumer, queue))
        case (.attach(let subscription), .inExclusiveUse):
            // Its channel may have ended.
            guard subscriptions[subscription.id] === subscription else { return }
            forget(subscription)
            if case .node = request.origin, let consumer = subscription.consumer {
                // Another has taken the queue for itself while this node was out of reach.
                return consumer.channel.queueDeleted(under: consumer)
            }
            node.answer(request.origin, .failed(node.exclusiveUse(queue)))
        case (.attach(let subscription), _): reattach(subscription, origin: request.origin)
        case (_, _):
            node.answer(
                request.origin,
                .failed(
                    ProtocolException(
                        .internalError,
                        "queue '\(queue.name)' in vhost '\(queue.virtualHost.name)': what came of it is not known")))
        }
    }

    private func forget(_ subscription: QuorumSubscription) {
        subscriptions[subscription.id] = nil
        if subscription.consumer == nil { getters[subscription.channel] = nil }
    }

    /// The queue knows nothing of a consumer any more, because this node was taken for dead: it starts anew, and what it
    /// held has gone back.
    func reattach(_ lost: QuorumSubscription, origin: Origin = .node) {
        var origin = origin
        // Whoever still waits for its beginning is told of the new one's.
        let isOfLost = { (request: QuorumRequest) in
            if case .attach(let other) = request.kind { other === lost } else { false }
        }
        if let place = requests.firstIndex(where: { isOfLost($0.request) }) {
            origin = requests.remove(at: place).request.origin
            forgetSent()
        }
        forget(lost)
        tell { $0.end(lost.id) }
        for waiting in lost.got.sorted(by: { $0.key < $1.key }) { node.answer(waiting.value.origin, .empty) }
        guard let consumer = lost.consumer, consumer.subscription == lost.id, !consumer.isCancelled,
            openChannel(lost.channel) != nil
        else { return }
        let isStarted = lost.isStarted
        attach(consumer, of: lost.channel, origin)
        subscriptions[consumer.subscription]?.isStarted = isStarted
    }

    // MARK: Deliveries

    /// Takes a delivery for one of this node's consumers.
    func take(_ id: UInt64, _ sequence: UInt64, count: UInt32, _ message: UnsafeRawBufferPointer) {
        guard let subscription = subscriptions[id], sequence > subscription.received else { return }
        guard sequence == subscription.received + 1 else {
            // Something before it was lost with its leader.
            if !subscription.isBehind, !subscription.isFull { resume(subscription) }
            return
        }
        guard let consumer = subscription.consumer else {
            subscription.received = sequence
            return answerGet(subscription, sequence, count, message)
        }
        guard !consumer.isCancelled else {
            subscription.received = sequence
            settle(id, sequence, .requeue)
            return
        }
        if subscription.isStarted, subscription.pending.isEmpty, consumer.channel.canTakeDelivery {
            subscription.received = sequence
            deliver(sequence, count, message, to: consumer, id)
        } else if subscription.hasRoom {
            subscription.received = sequence
            subscription.hold(sequence, count, message)
            if subscription.isStarted { consumer.channel.connection.noteStalled(consumer) }
        } else {
            subscription.isFull = true
        }
    }

    /// The leader holds deliveries back until they are asked for.
    func thereIsMore(for subscription: QuorumSubscription) {
        subscription.isFull = true
        if subscription.consumer == nil || (subscription.isStarted && subscription.pending.isEmpty) {
            subscription.isFull = false
            resume(subscription)
        }
    }

    private func answerGet(
        _ subscription: QuorumSubscription, _ sequence: UInt64, _ count: UInt32, _ message: UnsafeRawBufferPointer
    ) {
        if subscription.got[sequence] == nil, isGetting(subscription) {
            // A new leader sends what the old one gave before it says to whom.
            subscription.early[sequence] = QuorumSubscription.Pending(
                sequence: sequence, count: count, message: Array(message))
            return
        }
        guard let waiting = subscription.got.removeValue(forKey: sequence),
            let entry = entry(sequence, count, message, subscription.id)
        else {
            settle(subscription.id, sequence, .requeue)
            return
        }
        readyCount = waiting.ready
        node.answer(waiting.origin, .got(entry, queue))
        // Its client has it, as far as anybody will ever say.
        if waiting.isAutomaticAck { settle(subscription.id, sequence, .ack) }
    }

    /// Whether a `basic.get` of a channel has not been answered by the queue.
    private func isGetting(_ subscription: QuorumSubscription) -> Bool {
        requests.contains { if case .get(let other, _) = $0.request.kind { other === subscription } else { false } }
    }

    /// Gives back what nobody waits for any more.
    private func giveEarlyBack(_ subscription: QuorumSubscription) {
        guard !subscription.early.isEmpty, !isGetting(subscription) else { return }
        let sequences = subscription.early.keys.sorted()
        subscription.early = [:]
        for sequence in sequences { settle(subscription.id, sequence, .requeue) }
    }

    /// What the channel keeps of a delivery: the queue's name for it, and in place of an expiry the consumer's.
    private func entry(
        _ sequence: UInt64, _ count: UInt32, _ message: UnsafeRawBufferPointer, _ consumer: UInt64
    ) -> QueueEntry? {
        guard let (record, bodyBytes) = node.store(delivered: message, count: count) else { return nil }
        return QueueEntry(
            sequence: sequence, record: record, bodyBytes: UInt32(clamping: bodyBytes),
            flags: count > 0 ? QueueEntry.redelivered : 0, expiry: consumer)
    }

    private func deliver(
        _ sequence: UInt64, _ count: UInt32, _ message: UnsafeRawBufferPointer, to consumer: Consumer, _ id: UInt64
    ) {
        // What makes no sense stays with the queue.
        guard let entry = entry(sequence, count, message, id) else { return }
        consumer.channel.deliver(entry, to: consumer)
        if consumer.isAutomaticAck { settle(id, sequence, .ack) }
    }

    func resume(_ consumer: Consumer) {
        let id = consumer.subscription
        guard let subscription = subscriptions[id] else { return }
        subscription.isStarted = true
        while consumer.channel.canTakeDelivery, let next = subscription.popFirst() {
            next.message.withUnsafeBytes { deliver(next.sequence, next.count, $0, to: consumer, id) }
        }
        if !subscription.pending.isEmpty {
            consumer.channel.connection.noteStalled(consumer)
        } else if subscription.isFull {
            subscription.isFull = false
            resume(subscription)
        }
    }

    // MARK: Ending

    func cancel(_ consumer: Consumer) -> Bool { false }

    func stopped(_ consumer: Consumer) {
        guard let subscription = subscriptions[consumer.subscription] else { return }
        // What has not reached the client goes back.
        while let next = subscription.popFirst() { settle(subscription.id, next.sequence, .requeue) }
        tell { $0.detach(subscription.id) }
    }

    /// The channel of a consumer has ended: whatever it held goes back.
    func channelEnded(_ id: UInt64) {
        guard let subscription = subscriptions[id] else { return }
        forget(subscription)
        tell { $0.end(id) }
    }
}
