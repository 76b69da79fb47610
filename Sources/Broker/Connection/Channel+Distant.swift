internal import AMQP
internal import Journal

/// Messages between a channel and queues whose contents are elsewhere.
extension Channel {
    /// Whether one of the queues that a message may go to cannot be sent more for now.
    func mustWait(for route: Route) -> Bool {
        if route.dependsOnHeaders { return connection.relays.values.contains { $0.mustWait() } }  // order-free
        return route.queues.contains { $0.distant?.mustWait(connection) ?? false }
    }

    /// Publishes to queues of which some are elsewhere. Its confirm waits for all of them, and one that refuses it is
    /// enough for a refusal.
    func publishAway(
        _ record: RecordPosition, on route: Route, to queues: [ClassicQueue], deliveryMode: UInt8, bodyBytes: Int,
        lifetime: UInt64?
    ) {
        counters.publish &+= 1
        connection.publishedBytes &+= bodyBytes &+ MemoryLayout<QueueEntry>.stride
        let groups = queues.distantGroups
        // It is read where it lies until the last of them has it.
        node.segments.retain(record)
        defer { node.release(record) }
        let outcome = node.enqueueLocally(
            record, on: route, queues, deliveryMode: deliveryMode, bodyBytes: bodyBytes, lifetime: lifetime, from: self)
        var number: UInt64?
        if isConfirming {
            let mirrors = outcome == .refused ? [] : node.mirrorsAwaited(queues)
            let waiting = confirms.publish(
                waitingFor: UInt32(clamping: groups.count + mirrors.count) + (outcome == .settled ? 0 : 1))
            number = waiting
            for leader in mirrors { leader.wait(.confirm(self, number: waiting)) }
            if let recorder = node.recorder, recorder.isWatching {
                recorder.published(to: queues.filter { $0.distant == nil }, outcome, in: node)
            }
            switch outcome {
            case .settled: break
            // Not by the record: it may go from here early, and would count twice.
            case .mustBeDurable: node.confirmWhenDurable(self, publish: waiting, nil)
            case .refused:
                confirms.settle(waiting, through: waiting, refused: true)
                noteConfirms()
            }
        }
        let message = DistantMessage(
            record: record, deliveryMode: deliveryMode, bodyBytes: bodyBytes, lifetime: lifetime)
        for group in groups { group.first.publish(message, to: group.queues, from: self, number: number) }
    }

    /// What was published since the last mark is a transaction of the node at the other end.
    func receiveRelayMark(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) {
        var reader = WireReader(payload.dropFirst(4))
        guard let mark = try? RelayMark(decoding: &reader), reader.remaining == 0, transaction != nil else {
            throw ProtocolException(.frameError, "the end of a transaction on a relay that cannot be read")
        }
        transaction?.marks.append((transaction?.publishes.count ?? 0, mark.transaction))
    }

    /// Tells the node that a delivery came from; returns which that was, or nil where it has forgotten the delivery.
    func settleRelayed(_ delivery: UnackedDelivery, _ settlement: Settlement) -> UInt32? {
        let entry = delivery.entry
        guard entry.flags & QueueEntry.relayed != 0,
            // order-free: there is one at most
            let relay = connection.relays.values.first(where: { $0.number == entry.expiry }),
            let inner = relay.known(reference), !inner.isClosing, delivery.tag > inner.lastForeignTag
        else { return nil }
        switch settlement {
        case .ack: relay.send(BasicAck(deliveryTag: entry.sequence), on: inner)
        case .requeue: relay.send(BasicReject(deliveryTag: entry.sequence, requeue: true), on: inner)
        case .discard: relay.send(BasicReject(deliveryTag: entry.sequence, requeue: false), on: inner)
        }
        relay.noteUse(of: inner)
        return relay.home
    }

    /// Whether a delivery of a queue that is led here is none of this time: whoever led tells nobody any more, but may want
    /// to forget it.
    func isForeign(_ delivery: UnackedDelivery, _ settlement: Settlement) -> Bool {
        guard delivery.entry.flags & QueueEntry.relayed == 0 else {
            _ = settleRelayed(delivery, settlement)
            return true
        }
        return delivery.queue.takeUnretainedValue().isForeign(delivery.entry)
    }

    /// Confirms a publish once the mirrors of its queues have it too.
    func confirm(_ outcome: PublishOutcome, after mirrors: [MirrorLeader], _ queues: [ClassicQueue]) {
        let mustBeDurable = outcome == .mustBeDurable
        let number = confirms.publish(waitingFor: UInt32(clamping: mirrors.count) + (mustBeDurable ? 1 : 0))
        if let recorder = node.recorder, recorder.isWatching, !connection.isRelay {
            recorder.published(to: queues, outcome, in: node)
        }
        // Not by the record: it may go from here early, and would count twice.
        if mustBeDurable { node.confirmWhenDurable(self, publish: number, nil) }
        for leader in mirrors { leader.wait(.confirm(self, number: number)) }
    }

    /// Another node took this one for the leader of a queue: it does not take the message.
    func refuse(_ record: RecordPosition?) {
        if let record { node.release(record) }
        guard isConfirming else { return node.counters.dropUnroutable &+= 1 }
        let number = confirms.publish(waitingFor: 1)
        confirms.settle(number, through: number, refused: true)
        noteConfirms()
    }

    /// Where a publish goes that another node has routed, and its key; nil where the bytes make none.
    func relayRoute(_ payload: UnsafeRawBufferPointer) -> (Route, key: UnsafeRawBufferPointer)? {
        guard let (key, ids) = RelayPublish.decode(payload), let relays = node.cluster?.relays else { return nil }
        if let known = lastRoute, known.answers(payload, in: connection.virtualHost, version: node.topologyVersion) {
            return (known, key)
        }
        // Those that have gone meanwhile take nothing; what comes for those that another node
        // leads by now is refused, or goes on there with its transaction.
        let queues = ids.compactMap { node.queue(id: $0) }
        let route = Route(
            key: Array(payload), virtualHost: connection.virtualHost, exchange: relays.exchange, queues: queues,
            dependsOnHeaders: false, isInCluster: false, version: node.topologyVersion, isRelayed: true)
        lastRoute = route
        return (route, key)
    }
}

extension Node {
    /// Puts a message into those of its queues that are here. Takes one of the record's references.
    func enqueueLocally(
        _ record: RecordPosition, on route: Route, _ queues: [ClassicQueue], deliveryMode: UInt8, bodyBytes: Int,
        lifetime: UInt64?, from channel: Channel?
    ) -> PublishOutcome {
        let local = queues.filter { $0.distant == nil }
        route.exchange.counters.publishOut &+= UInt64(queues.count - local.count)
        guard !local.isEmpty else {
            counters.publish &+= 1
            route.exchange.counters.publishIn &+= 1
            release(record)
            return .settled
        }
        return enqueue(
            record, on: route, to: local, deliveryMode: deliveryMode, bodyBytes: bodyBytes, lifetime: lifetime,
            from: channel, isMandatory: false)
    }

    /// Carries out a publish of a transaction that commits, some of whose queues are elsewhere: for those it goes into
    /// outboxes, as into queues.
    func publishAway(
        _ publish: Transaction.Publish, _ record: RecordPosition, to queues: [ClassicQueue], from publisher: Channel?,
        in end: TransactionEnd
    ) {
        var targets: [(outbox: TransactionOutbox, ids: [UInt64])] = []
        var taking = queues.filter { $0.distant == nil }
        let away = queues.count - taking.count
        // order-free: an array
        for queue in queues {
            guard let distant = queue.distant else { continue }
            let participant = distant.home.map(RollForward.Participant.home) ?? .queue(queue.id)
            let id = distant.home == nil ? [] : [queue.id]
            if let place = targets.firstIndex(where: { $0.outbox.participant == participant }) {
                targets[place].ids += id
            } else {
                let outbox = rollForward.outbox(for: participant, in: self)
                targets.append((outbox, id))
                taking.append(outbox.letters)
            }
        }
        // An outbox is none of those that it goes to.
        publish.route.exchange.counters.publishOut &+= UInt64(away) &- UInt64(targets.count)
        _ = enqueue(
            record, on: publish.route, to: taking, deliveryMode: publish.deliveryMode, bodyBytes: publish.bodyBytes,
            lifetime: publish.lifetime, from: publisher, isMandatory: false)
        for (outbox, ids) in targets {
            end.post(
                OutboxSlip.Letter(
                    sequence: outbox.letters.lastSequence, lifetime: publish.lifetime,
                    isPersistent: publish.deliveryMode == 2, targets: ids),
                to: outbox)
        }
    }
}
