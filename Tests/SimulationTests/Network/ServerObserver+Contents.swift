import AMQP

/// Contents that the node sends: the right message, whole, and where it may go.
extension ServerObserver {
    func seeHeader(_ payload: UnsafeRawBufferPointer, _ channel: ChannelModel) -> String? {
        guard var content = channel.content, content.message == nil else { return "a second content header" }
        let header: ContentHeader
        do throws(WireError) {
            header = try ContentHeader(decoding: payload)
        } catch {
            return "a content header that cannot be read: \(error)"
        }
        guard let id = header.properties.messageID.flatMap({ Int($0) }), let message = simulation.ledger.message(id: id)
        else { return "a message that nobody published: \(header)" }
        guard header.bodySize == UInt64(message.body.count) else {
            return "message \(id) with \(header.bodySize) of its \(message.body.count) bytes"
        }
        guard header.properties.deliveryMode == (message.route.isPersistent ? 2 : nil) else {
            return "message \(id) with another delivery mode"
        }
        guard message.arrivedAt != nil else {
            return "message \(id) before \(message.transaction == nil ? "it" : "its commit") has come in"
        }
        content.message = message
        simulation.trace.say { "node -> \(channel.name): message \(id)" }
        if let wrong = book(message, &content, channel) { return wrong }
        channel.content = content
        if message.body.isEmpty { finish(content, channel) }
        return nil
    }

    func seeBody(_ payload: UnsafeRawBufferPointer, _ channel: ChannelModel) -> String? {
        guard var content = channel.content, let message = content.message else { return "a body before its header" }
        let end = content.received + payload.count
        guard end <= message.body.count, !payload.isEmpty else { return "a body of the wrong length" }
        guard message.body[content.received..<end].elementsEqual(payload) else {
            return "message \(message.id) with other bytes between \(content.received) and \(end)"
        }
        content.received = end
        channel.content = content
        if end == message.body.count { finish(content, channel) }
        return nil
    }

    private func finish(_ content: ContentModel, _ channel: ChannelModel) {
        channel.content = nil
        tell(.content(channel, content))
    }

    /// Books a delivery, a get or a return in the ledger.
    private func book(_ message: MessageModel, _ content: inout ContentModel, _ channel: ChannelModel) -> String? {
        let exchange: String
        let routingKey: String
        let wrong: String?
        switch content.kind {
        case .returned(let returned):
            (exchange, routingKey) = (returned.exchange, returned.routingKey)
            wrong = bookReturn(message, channel)
        case .deliver(let consumer, let deliver):
            (exchange, routingKey) = (deliver.exchange, deliver.routingKey)
            let target = Target(place: consumer.place, consumer: consumer, noAck: consumer.noAck)
            wrong =
                checkOrder(message, deliver, consumer)
                ?? bookDelivery(
                    message, deliver.deliveryTag, deliver.redelivered, to: target, channel, &content)
        case .getOK(let place, let noAck, let got):
            (exchange, routingKey) = (got.exchange, got.routingKey)
            let target = Target(place: place, consumer: nil, noAck: noAck)
            wrong = bookDelivery(message, got.deliveryTag, got.redelivered, to: target, channel, &content)
        }
        guard exchange == message.route.exchange, routingKey == message.route.key else {
            return "message \(message.id) with the route '\(exchange)', '\(routingKey)'"
        }
        return wrong
    }

    private struct Target {
        let place: QueuePlace
        let consumer: ConsumerModel?
        let noAck: Bool
    }

    private func bookReturn(_ message: MessageModel, _ channel: ChannelModel) -> String? {
        guard message.publisher === channel, message.route.isMandatory, message.certainQueues.isEmpty else {
            return "message \(message.id) was returned"
        }
        guard !message.isReturned else { return "message \(message.id) was returned twice" }
        guard !message.isConfirmed else { return "message \(message.id) was returned after its confirm" }
        message.isReturned = true
        simulation.statistics.returns += 1
        return nil
    }

    /// What comes for the first time comes in the order in which it was published (AMQP 0-9-1 §4.7). A message that
    /// was taken for a `basic.get` whose channel ended goes back unseen, behind some that overtook it.
    private func checkOrder(_ message: MessageModel, _ deliver: BasicDeliver, _ consumer: ConsumerModel) -> String? {
        guard !deliver.redelivered else { return nil }
        let last = consumer.lastFirst[message.publisher.id] ?? -1
        consumer.lastFirst[message.publisher.id] = message.index
        guard message.index > last || simulation.ledger.hasLostGet(consumer.place) else {
            return "message \(message.id) of \(consumer.place) after a later one of its publisher"
        }
        return nil
    }

    private func bookDelivery(
        _ message: MessageModel, _ tag: UInt64, _ redelivered: Bool, to target: Target, _ channel: ChannelModel,
        _ content: inout ContentModel
    ) -> String? {
        guard tag == channel.lastTag + 1 else { return "delivery tag \(tag) after \(channel.lastTag)" }
        channel.lastTag = tag
        guard message.possibleQueues.contains(target.place) else {
            return "message \(message.id) from \(target.place), where it cannot have gone"
        }
        let placement = message.placement(in: target.place)
        let delivery = DeliveryModel(tag: tag, placement: placement, channel: channel, consumer: target.consumer)
        let wrong =
            simulation.ledger.delivered(
                placement, redelivered: redelivered, to: target.consumer, now: (simulation.step, simulation.time))
            ?? placement.delivered(delivery, redelivered: redelivered, noAck: target.noAck, step: simulation.step)
        if let wrong { return wrong }
        simulation.statistics.deliveries += 1
        if redelivered { simulation.statistics.redeliveries += 1 }
        guard !target.noAck else { return nil }
        content.delivery = delivery
        channel.outstanding.append(delivery)
        guard let consumer = target.consumer else { return nil }
        consumer.unsettled += 1
        guard consumer.prefetch == 0 || consumer.unsettled <= consumer.prefetch else {
            return "\(consumer.unsettled) unsettled at a consumer with prefetch \(consumer.prefetch)"
        }
        return nil
    }
}
