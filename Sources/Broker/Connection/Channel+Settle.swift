internal import AMQP

/// What a client decides about a delivery.
enum Settlement {
    case ack
    /// Back to its place in the queue.
    case requeue
    /// Gone without having been processed, and dead-lettered where the queue asks for it.
    case discard
}

/// `basic.ack`, `basic.nack`, `basic.reject` (AMQP 0-9-1 §1.8.3.13–14; RabbitMQ, "Negative Acknowledgements").
extension Channel {
    /// Settles one delivery, or with `multiple` all up to `tag`; 0 then means all there are. In a transaction it is
    /// only noted.
    func settle(_ tag: UInt64, multiple: Bool, _ settlement: Settlement) throws(ProtocolException) {
        if multiple {
            guard tag == 0 || unacked.contains(tag) else { throw .unknownDeliveryTag(tag) }
            settleAll(upTo: tag == 0 ? lastDeliveryTag : tag, settlement)
        } else if transaction == nil {
            guard let delivery = unacked.settle(tag) else { throw .unknownDeliveryTag(tag) }
            apply(settlement, to: delivery)
        } else {
            guard let delivery = unacked.suspend(tag) else { throw .unknownDeliveryTag(tag) }
            transaction?.settlements.append((delivery, settlement))
        }
    }

    /// Whether `settleAll` is a `basic.recover`, which no transaction holds up, and how that is answered.
    enum Recovery {
        case none, answered, silent
    }

    /// Settles in slices: a client may hold millions, and no tick may take that long.
    func settleAll(upTo limit: UInt64, _ settlement: Settlement, recovering: Recovery = .none) {
        waiting = nil
        for _ in 0..<Limits.sliceEntries {
            if settlement == .discard, node.deadLetters.isTickFull { break }
            guard let tag = unacked.firstHeld(upTo: limit) else {
                if recovering == .answered { conclude(.recoverOK) }
                return
            }
            if transaction != nil, recovering == .none {
                if let delivery = unacked.suspend(tag) { transaction?.settlements.append((delivery, settlement)) }
            } else if let delivery = unacked.settle(tag) {
                apply(settlement, to: delivery)
            }
        }
        waiting = .settling(upTo: limit, settlement, recovering)
        node.later(.settle(reference))
    }

    /// The next slice of `settleAll`.
    func continueSettling() {
        guard case .settling(let limit, let settlement, let recovering)? = waiting else { return }
        settleAll(upTo: limit, settlement, recovering: recovering)
        if waiting == nil { replay() }
    }

    /// A settlement comes too late, because the queue's node has gone meanwhile: the message is there again, or gone with
    /// it. Only a transaction may not pass over that.
    private func noteLostSettlement() {
        if case .ending(let end)? = waiting { end.noteIncomplete() }
    }

    func apply(_ settlement: Settlement, to delivery: UnackedDelivery) {
        let queue = delivery.queue.takeUnretainedValue()
        if let distant = queue.distant {
            if !distant.settle(delivery, settlement, on: self) { noteLostSettlement() }
        } else if queue.mirroring != nil, isForeign(delivery, settlement) {
            noteLostSettlement()
        }
        if let consumer = delivery.consumer?.takeUnretainedValue() {
            let hadCredit = consumer.hasCredit
            consumer.unacked -= 1
            channelUnacked -= 1
            if channelPrefetch > 0, channelUnacked == channelPrefetch - 1 { resumeConsumers() }
            if consumer.isCancelled {
                if consumer.unacked == 0 { cancelledConsumers.remove(consumer) }
            } else if !hadCredit {
                queue.enterRound(consumer)
            }
        }
        if settlement == .ack {
            queue.counters.ack &+= 1
            node.counters.ack &+= 1
            counters.ack &+= 1
        }
        node.settle(delivery.entry, of: queue, settlement)
    }

    /// Closes the channel if its oldest delivery has waited too long (RabbitMQ, "Consumers": delivery acknowledgement
    /// timeout).
    func checkDeliveryAcks(timeout milliseconds: UInt64) {
        guard phase == .open, let oldest = unacked.oldest else { return }
        let age = UInt32(truncatingIfNeeded: node.now.nanoseconds / 1_000_000_000) &- oldest.deliveredAt
        guard UInt64(age) * 1000 > milliseconds else { return }
        currentMethod = nil
        fail(
            ProtocolException(
                .preconditionFailed,
                "delivery acknowledgement on channel \(number) timed out. Timeout value used: \(milliseconds) ms. This "
                    + "timeout value can be configured, see consumers doc guide to learn more"))
    }

    // MARK: Channel-wide prefetch

    /// Limits what all consumers of the channel may hold together; 0 lifts the limit (RabbitMQ, "Consumer Prefetch").
    func limitChannel(to count: Int) {
        channelPrefetch = count
        for relay in connection.sortedRelays {
            if let inner = relay.known(reference) { relay.limit(inner, to: count) }
        }
        resumeConsumers()
    }

    /// Whether the channel-wide limit lets a consumer hold another delivery.
    @inline(__always)
    var hasChannelCredit: Bool { channelPrefetch == 0 || channelUnacked < channelPrefetch }

    private func resumeConsumers() {
        for consumer in consumers.all { consumer.queue.enterRound(consumer) }
    }
}
