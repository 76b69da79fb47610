import AMQP

@testable import Broker

/// What a node writes to a client, and whether that may be.
extension ClusterConnection {
    /// Codes that a channel or a connection may be closed with: nothing else that clients do here is wrong.
    private static let expectedCodes: Set<UInt16> = [320, 404, 541]

    /// Looks at one frame; returns what is wrong with it.
    func see(_ frame: ParsedFrame) -> String? {
        switch frame.type {
        case .heartbeat: return nil
        case .method:
            guard let method = try? Method.decode(frame.payload) else { return "a method that cannot be read" }
            return see(method, frame.channel)
        case .header:
            guard let header = try? ContentHeader(decoding: frame.payload), let channel = channel(frame.channel),
                channel.content != nil
            else { return "a header out of place" }
            channel.content?.size = header.bodySize
            return nil
        case .body:
            guard let channel = channel(frame.channel), channel.content != nil else { return "a body out of place" }
            channel.content?.body += Array(frame.payload)
            return finishContent(channel)
        }
    }

    private func channel(_ number: UInt16) -> ClusterChannel? { channels.first { $0.number == number && !$0.isEnded } }

    private func finishContent(_ channel: ClusterChannel) -> String? {
        guard let content = channel.content, let size = content.size, content.body.count >= size else { return nil }
        channel.content = nil
        let delivery = content.delivery
        let wrong = world.ledger.deliver(content.body, delivery, isDraining: client.isDraining)
        world.trace.say {
            "\(world.clock) node \(home.number) -> \(channel.name): \(delivery.copy?.name ?? "?"), tag \(delivery.tag)"
                + (delivery.isRedelivered ? ", redelivered" : "") + " to '\(delivery.consumer?.tag ?? "get")'"
        }
        if delivery.noAck {
            delivery.copy?.mayBeGone = true
        }
        tell(.delivery(channel, delivery))
        return wrong
    }

    private func see(_ method: Method, _ number: UInt16) -> String? {
        switch method {
        case .connectionStart, .connectionTune: return nil
        case .connectionOpenOK:
            tell(.opened)
            return nil
        case .connectionClose(let close):
            world.trace.say { "\(world.clock) node \(home.number) closes client \(client.number): \(close.replyText)" }
            if close.replyText.contains("the metadata store operation timed out") { client.isLeftUncertain = true }
            tell(.closing)
            return Self.expectedCodes.contains(close.replyCode) ? nil : "connection.close \(close.replyText)"
        case .connectionCloseOK, .connectionBlocked, .connectionUnblocked: return nil
        default: break
        }
        if case .channelCloseOK = method { return closed(number) }
        guard let channel = channel(number) else { return "\(method.id.name) on channel \(number), which is closed" }
        switch method {
        case .channelOpenOK:
            channel.isOpen = true
            tell(.channelOpened(channel))
        case .channelClose(let close):
            world.statistics.channelErrors += 1
            world.trace.say { "\(world.clock) node \(home.number) closes \(channel.name): \(close.replyText)" }
            ended(channel)
            tell(.channelClosed(channel))
            // What a transaction settles must be there still.
            let isExpected =
                Self.expectedCodes.contains(close.replyCode)
                || close.replyText.contains("partial tx completion")
            return isExpected ? nil : "channel.close \(close.replyText)"
        case .basicDeliver(let deliver):
            guard let consumer = channel.consumers.first(where: { $0.tag == deliver.consumerTag }),
                !consumer.isCancelled
            else { return "a delivery to '\(deliver.consumerTag)', which does not consume" }
            return begin(
                deliver.deliveryTag, consumer.queue, consumer, deliver.redelivered, consumer.noAck, channel)
        case .basicCancel(let cancel):
            guard let consumer = channel.consumers.first(where: { $0.tag == cancel.consumerTag }) else {
                return "basic.cancel of '\(cancel.consumerTag)', which nobody knows"
            }
            consumer.isCancelled = true
            world.ledger.mayHaveReturned(consumer.queue)
        case .basicAck(let ack): return confirm(ack.deliveryTag, ack.multiple, isRefused: false, channel)
        case .basicNack(let nack): return confirm(nack.deliveryTag, nack.multiple, isRefused: true, channel)
        default: return answer(method, channel)
        }
        return nil
    }

    private func begin(
        _ tag: UInt64, _ queue: String, _ consumer: ClusterConsumer?, _ isRedelivered: Bool, _ noAck: Bool,
        _ channel: ClusterChannel
    ) -> String? {
        guard tag == channel.lastTag + 1, channel.content == nil else {
            return "delivery tag \(tag) behind \(channel.lastTag)"
        }
        channel.lastTag = tag
        channel.content = ClusterContent(
            delivery: ClusterDelivery(
                tag: tag, queue: queue, consumer: consumer, isRedelivered: isRedelivered, noAck: noAck,
                time: world.time, node: home))
        return nil
    }

    private func closed(_ number: UInt16) -> String? {
        guard let channel = channels.first(where: { $0.number == number && !$0.isNumberFree && $0.isClosing }) else {
            // Both sides may have closed it at once.
            if channels.contains(where: { $0.number == number && $0.isEnded && $0.isClosing }) { return nil }
            return "channel.close-ok for channel \(number), for which nobody asked"
        }
        ended(channel)
        channel.isNumberFree = true
        return nil
    }

    // MARK: Answers

    private func answer(_ method: Method, _ channel: ClusterChannel) -> String? {
        guard !channel.expected.isEmpty else { return "\(method.id.name), for which nobody asked" }
        let expected = channel.expected.removeFirst()
        switch (expected, method) {
        case (.method(let id), _) where id == method.id: break
        case (.declare(let queue, let askedAt), .queueDeclareOK):
            channel.declared[queue] = askedAt
            world.statistics.declared += 1
        case (.purge(let loss), .queuePurgeOK):
            loss.ended = world.time
            world.statistics.purged += 1
        case (.delete(let loss), .queueDeleteOK):
            loss.ended = world.time
            world.statistics.deleted += 1
        case (.get(let queue, let noAck), .basicGetOK(let got)):
            world.statistics.gets += 1
            return begin(got.deliveryTag, queue, nil, got.redelivered, noAck, channel)
        case (.get(let queue, let noAck), .basicGetEmpty):
            // It may have been taken, and lost on its way here.
            if noAck { world.ledger.mayHaveTaken(queue) }
            world.ledger.mayHaveReturned(queue)
        case (.consume, .basicConsumeOK): break
        case (.cancel(let consumer), .basicCancelOK):
            consumer.isCancelled = true
            world.ledger.mayHaveReturned(consumer.queue)
        case (.commit(let transaction), .txCommitOK):
            world.statistics.commits += 1
            for message in transaction.messages { message.state = .promised }
            for ack in transaction.acks { world.ledger.isCertain(ack) }
        case (.rollback(let transaction), .txRollbackOK):
            world.statistics.rollbacks += 1
            for message in transaction.messages { message.state = .abandoned }
        default: return "\(method.id.name) where \(expected) was asked for"
        }
        world.trace.say { "\(world.clock) node \(home.number) -> \(channel.name): \(Trace.text(method.payload))" }
        return nil
    }

    private func confirm(_ tag: UInt64, _ multiple: Bool, isRefused: Bool, _ channel: ClusterChannel) -> String? {
        guard !channel.isTransactional, tag > 0, tag <= UInt64(channel.published.count) else {
            return "a confirm of publish \(tag) of \(channel.published.count)"
        }
        let last = Int(tag) - 1
        guard channel.published[last].state == .unknown else { return "a second confirm of publish \(tag)" }
        for place in (multiple ? channel.firstUnanswered : last)...last
        where channel.published[place].state == .unknown {
            let message = channel.published[place]
            message.state = isRefused ? .refused : .promised
            if isRefused, let wrong = refused(message) { return wrong }
            if !isRefused { confirmed(message, channel) }
        }
        channel.skipAnswered()
        world.trace.say {
            "\(world.clock) node \(home.number) -> \(channel.name): \(isRefused ? "refuses" : "confirms") \(tag)"
                + (multiple ? " and all before" : "") + ", message \(channel.published[last].id)"
        }
        return nil
    }

    private func refused(_ message: ClusterMessage) -> String? {
        world.statistics.refusals += 1
        let queues = message.queues.compactMap { ClusterTopology.queue($0) }
        // A quorum queue refuses what is too much, a classic one what its home cannot be asked for.
        guard queues.contains(where: { !$0.isQuorum || $0.lengthMax != nil || !$0.isStable }) else {
            return "message \(message.id) to \(message.queues) is refused"
        }
        return nil
    }

    private func confirmed(_ message: ClusterMessage, _ channel: ClusterChannel) {
        world.statistics.confirms += 1
        guard message.isPersistent else { return }
        channel.acks.removeAll { ack in
            guard ack.publishesBefore < message.number, message.queues.contains(ack.delivery.queue) else {
                return false
            }
            world.ledger.isCertain(ack)
            return true
        }
    }

    // MARK: Ends

    /// A channel has ended; what it had asked for may have been done or not.
    func ended(_ channel: ClusterChannel) {
        guard !channel.isEnded else { return }
        channel.isEnded = true
        for expected in channel.expected {
            switch expected {
            case .get(let queue, let noAck):
                if noAck { world.ledger.mayHaveTaken(queue) }
                world.ledger.mayHaveReturned(queue)
            case .rollback(let transaction): abandon(transaction)
            // Purges, deletions and commits may come still.
            default: break
            }
        }
        channel.expected = []
        channel.acks = []
        channel.content = nil
        abandon(channel.transaction)
        for consumer in channel.consumers where !consumer.isCancelled { world.ledger.mayHaveReturned(consumer.queue) }
    }

    private func abandon(_ transaction: ClusterTransaction) {
        for message in transaction.messages { message.state = .abandoned }
    }
}
