internal import AMQP
internal import Journal

/// What a publish came to.
enum PublishOutcome: Hashable {
    /// Everything it waits for has happened.
    case settled
    /// It waits for the disk.
    case mustBeDurable
    /// A queue refused it.
    case refused
}

/// Messages into queues: what every way of publishing ends in.
extension Node {
    /// Puts a stored message into every queue it was routed to. `record` carries one reference, which goes to the
    /// queues or is released; nil when nobody needs the message. A message that no queue takes goes back to
    /// `publisher` if it is mandatory, else it is dropped; its confirm follows the return (RabbitMQ,
    /// "Publisher Confirms": "the broker will confirm once the exchange verifies a message won't route to any queue").
    ///
    /// Returns what its publisher can be told.
    @inline(__always)
    func enqueue(
        _ record: RecordPosition?, on route: Route, to queues: [ClassicQueue], deliveryMode: UInt8, bodyBytes: Int,
        lifetime: UInt64?, from publisher: Channel?,
        isMandatory: Bool
    ) -> PublishOutcome {
        counters.publish &+= 1
        route.exchange.counters.publishIn &+= 1
        guard let record, !queues.isEmpty else {
            unroutable(record, publisher, isMandatory: isMandatory)
            return .settled
        }
        if route.mayRefuse, queues.contains(where: { $0.refuses(bodyBytes: bodyBytes) }) {
            let taking = queues.filter { !$0.refuses(bodyBytes: bodyBytes) }
            for queue in queues where queue.limits.deadLettersRefused && queue.refuses(bodyBytes: bodyBytes) {
                dieRefused(record, by: queue)
            }
            if taking.isEmpty {
                release(record)
            } else {
                put(record, into: taking, on: route, deliveryMode, bodyBytes, lifetime)
            }
            return .refused
        }
        return put(record, into: queues, on: route, deliveryMode, bodyBytes, lifetime) ? .mustBeDurable : .settled
    }

    @inline(__always) @discardableResult
    private func put(
        _ record: RecordPosition, into queues: [ClassicQueue], on route: Route, _ deliveryMode: UInt8, _ bodyBytes: Int,
        _ lifetime: UInt64?
    ) -> Bool {
        route.exchange.counters.publishOut &+= UInt64(queues.count)
        if queues.count > 1 { segments.retain(record, by: UInt32(queues.count - 1)) }
        let flags = deliveryMode == 2 ? QueueEntry.persistent : 0
        let size = UInt32(clamping: bodyBytes)
        let expiry = lifetime.map { now.advanced(milliseconds: $0).nanoseconds } ?? QueueEntry.never
        var mustBeDurable = false
        guard flags == 0 || !journal.keepsBytes else {
            return putDurably(record, into: queues, size, expiry)
        }
        for queue in queues {
            queue.enqueue(record, bodyBytes: size, flags: flags, expiry: expiry)
            if flags != 0, queue.isDurable { mustBeDurable = true }
        }
        if mustBeDurable { journal.pass(byteCount: bodyBytes) }
        return mustBeDurable
    }

    /// Puts a persistent message into its queues and writes it down for those that are durable.
    private func putDurably(
        _ record: RecordPosition, into queues: [ClassicQueue], _ bodyBytes: UInt32, _ expiry: UInt64
    ) -> Bool {
        var durable = 0
        var journaled = QueueEntry.flags(journaledIn: journal.openSegment())
        if MessageRecord.isChunked(segments.bytes(of: record)) { journaled |= QueueEntry.chunked }
        for queue in queues {
            let isDurable = queue.isDurable
            if isDurable { durable += 1 }
            queue.enqueue(
                record, bodyBytes: bodyBytes,
                flags: isDurable ? journaled : QueueEntry.persistent, expiry: expiry)
        }
        guard durable > 0 else { return false }
        if queues.contains(where: { $0.limits.messageTTL != nil }) {
            // A record says one time for all its queues: where one of them has a time of its own, each has its record.
            for queue in queues where queue.isDurable {
                journal(record, in: [queue], durable: 1, expiry: queue.expiry(of: expiry))
            }
            // It stays in memory: no one location would do for all of them.
            if durable > 1 { MessageRecord.setLocation(.none, of: segments.bytes(of: record)) }
        } else {
            journal(record, in: queues, durable: durable, expiry: expiry)
        }
        return true
    }

    /// Carries out a publish of a transaction that commits. Queues that have gone since it was routed take nothing.
    func publish(_ publish: Transaction.Publish, from publisher: Channel?, in end: TransactionEnd) {
        let queues = publish.queues.filter { !$0.isDeleted }
        guard queues.count == publish.queues.count || !queues.isEmpty else {
            counters.publish &+= 1
            publish.route.exchange.counters.publishIn &+= 1
            if let record = publish.record { release(record) }
            return
        }
        for queue in queues { end.isAbout(to: queue) }
        // Somebody else may lead one of them since it was routed. What another node has handed over goes on from here: this
        // node knows no less than the one that sent it, so that it does not go in circles.
        if let record = publish.record, queues.contains(where: { $0.distant != nil }) {
            return publishAway(publish, record, to: queues, from: publisher, in: end)
        }
        _ = enqueue(
            publish.record, on: publish.route, to: queues, deliveryMode: publish.deliveryMode,
            bodyBytes: publish.bodyBytes, lifetime: publish.lifetime,
            from: publisher, isMandatory: publish.isMandatory)
    }

    private func unroutable(_ record: RecordPosition?, _ publisher: Channel?, isMandatory: Bool) {
        guard isMandatory, let publisher, let record else {
            counters.dropUnroutable &+= 1
            publisher?.counters.dropUnroutable &+= 1
            if let record { release(record) }
            return
        }
        counters.returnUnroutable &+= 1
        publisher.counters.returnUnroutable &+= 1
        publisher.sendReturn(record)
        release(record)
    }
}
