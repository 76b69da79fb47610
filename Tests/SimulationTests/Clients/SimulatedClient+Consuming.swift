import AMQP

/// Consuming and settling.
extension SimulatedClient {
    func consume(on channel: ChannelModel) {
        if !channel.inHand.isEmpty, simulation.random.chance(75) {
            settle(on: channel)
            return
        }
        let queue = simulation.random.pick(Topology.stable + Topology.stable + Topology.volatile)
        switch simulation.random.below(100) {
        case 0..<25:
            let noAck = simulation.random.chance(30)
            if channel.phase != .ended { simulation.ledger.beginGet(place(queue)) }
            send(BasicGet(queue: queue, noAck: noAck), on: channel, expecting: .get(place(queue), noAck: noAck))
        case 25..<35:
            let active = channel.consumers.filter { !$0.isCancelled && !$0.isCancelling }
            guard !active.isEmpty else { return }
            let consumer = simulation.random.pick(active)
            consumer.isCancelling = true
            send(BasicCancel(consumerTag: consumer.tag), on: channel, expecting: .cancel(tag: consumer.tag))
        case 35..<50:
            channel.prefetch = simulation.random.pick([0, 1, 2, 5, 20])
            send(
                BasicQos(prefetchCount: UInt16(channel.prefetch)), on: channel, expecting: .method(BasicQosOK.id))
        default:
            guard channel.consumers.count(where: { !$0.isCancelled }) < 3 else { return }
            startConsumer(of: queue, noAck: simulation.random.chance(25), on: channel)
        }
    }

    @discardableResult
    func startConsumer(of queue: String, noAck: Bool, on channel: ChannelModel) -> ConsumerModel {
        let consumer = ConsumerModel(
            tag: "tag-\(simulation.nextNumber())", place: place(queue), noAck: noAck, prefetch: channel.prefetch)
        channel.consumers.append(consumer)
        send(
            BasicConsume(queue: queue, consumerTag: consumer.tag, noAck: noAck), on: channel,
            expecting: .consume(consumer))
        return consumer
    }

    private func settle(on channel: ChannelModel) {
        let position = simulation.random.chance(60) ? 0 : simulation.random.below(channel.inHand.count)
        let chosen = channel.inHand[position]
        let multiple = simulation.random.chance(30)
        let settled = multiple ? channel.outstanding.filter { $0.tag <= chosen.tag } : [chosen]
        let decision: DeliveryModel.Decision
        switch simulation.random.below(100) {
        case 0..<70:
            decision = .final
            send(BasicAck(deliveryTag: chosen.tag, multiple: multiple), on: channel, expecting: nil)
        case 70..<90:
            decision = simulation.random.chance(70) ? .requeue : .final
            send(
                BasicNack(deliveryTag: chosen.tag, multiple: multiple, requeue: decision == .requeue), on: channel,
                expecting: nil)
        default:
            guard !multiple else { return }
            decision = simulation.random.chance(70) ? .requeue : .final
            send(BasicReject(deliveryTag: chosen.tag, requeue: decision == .requeue), on: channel, expecting: nil)
        }
        for delivery in settled { delivery.decision = decision }
        channel.outstanding.removeAll { $0.decision != .none }
        channel.inHand.removeAll { $0.decision != .none }
        if let transaction = channel.transaction {
            transaction.settlements += settled
        } else {
            count(settled)
            channel.expect(.settled(settled))
        }
    }

    /// The node may act on these decisions from now on.
    func count(_ settled: [DeliveryModel]) {
        for delivery in settled {
            delivery.consumer?.unsettled -= 1
            if delivery.decision == .requeue { delivery.placement.requeued(delivery) }
        }
    }

    /// Acknowledges everything in hand.
    func settleAll(on channel: ChannelModel) {
        guard let last = channel.inHand.last else { return }
        send(BasicAck(deliveryTag: last.tag, multiple: true), on: channel, expecting: nil)
        for delivery in channel.inHand {
            delivery.decision = .final
            delivery.consumer?.unsettled -= 1
        }
        channel.expect(.settled(channel.inHand))
        channel.outstanding.removeAll { $0.decision != .none }
        channel.inHand.removeAll()
    }
}
