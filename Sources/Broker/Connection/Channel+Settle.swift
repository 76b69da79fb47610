internal import AMQP

/// What a client decides about a delivery.
enum Settlement {
    case ack
    /// Back to its place in the queue.
    case requeue
    /// Gone without having been processed (dead-lettering is for a queue that asks for it).
    case discard
}

/// `basic.ack`, `basic.nack`, `basic.reject` (AMQP 0-9-1 §1.8.3.13–14; RabbitMQ, "Negative Acknowledgements").
extension Channel {
    /// Settles one delivery, or with `multiple` all up to `tag`; 0 then means all there are.
    func settle(_ tag: UInt64, multiple: Bool, _ settlement: Settlement) throws(ProtocolException) {
        if multiple {
            guard tag == 0 || unacked.contains(tag) else { throw .unknownDeliveryTag(tag) }
            settleAll(upTo: tag == 0 ? lastDeliveryTag : tag, settlement)
        } else {
            guard let delivery = unacked.settle(tag) else { throw .unknownDeliveryTag(tag) }
            apply(settlement, to: delivery)
        }
    }

    /// Settles in slices: a client may hold millions, and no tick may take that long.
    func settleAll(upTo limit: UInt64, _ settlement: Settlement) {
        waiting = nil
        for _ in 0..<Limits.sliceEntries {
            guard let delivery = unacked.settleFirst(upTo: limit) else { return }
            apply(settlement, to: delivery)
        }
        guard let first = unacked.firstTag, first <= limit else { return }
        waiting = .settling(upTo: limit, settlement)
        node.later(.settle(reference))
    }

    /// The next slice of `settleAll`.
    func continueSettling() {
        guard case .settling(let limit, let settlement)? = waiting else { return }
        settleAll(upTo: limit, settlement)
        if waiting == nil { replay() }
    }

    private func apply(_ settlement: Settlement, to delivery: UnackedDelivery) {
        let queue = delivery.queue.takeUnretainedValue()
        if let consumer = delivery.consumer?.takeUnretainedValue() {
            let hadCredit = consumer.hasCredit
            consumer.unacked -= 1
            if consumer.isCancelled {
                if consumer.unacked == 0 { cancelledConsumers.removeAll { $0 === consumer } }
            } else if !hadCredit {
                queue.enterRound(consumer)
            }
        }
        if settlement == .ack {
            queue.counters.ack &+= 1
            node.counters.ack &+= 1
        }
        node.settle(delivery.entry, of: queue, requeue: settlement == .requeue)
    }
}
