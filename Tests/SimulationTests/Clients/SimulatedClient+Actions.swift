import AMQP

/// What a client does when its turn comes.
extension SimulatedClient {
    func act() {
        guard !isHung, isReady, let connection, !connection.isOver, !isClosing(connection) else { return }
        let live = connection.observer.channels.filter(\.isUsable)
        let busy = live.filter { !$0.unsent.isEmpty }
        if !busy.isEmpty, simulation.random.chance(60) {
            sendMore(of: simulation.random.pick(busy))
            return
        }
        let free = live.filter { $0.unsent.isEmpty }
        if free.isEmpty || (live.count < 4 && simulation.random.chance(10)) {
            openChannel()
            return
        }
        let channel = simulation.random.pick(free)
        switch simulation.random.below(1000) {
        case 0..<8: simulation.cutSoon(connection)
        case 8..<13: hang(for: simulation.random.nanoseconds(upToMicroseconds: 12_000_000))
        case 13..<22: hang(for: simulation.random.nanoseconds(upToMicroseconds: 100_000))
        case 22..<25: closeConnection()
        case 25..<40: close(channel)
        default:
            let choice = simulation.random.below(publishing + consuming + administering)
            if choice < publishing {
                for _ in 0..<simulation.random.between(1, 8) where channel.unsent.isEmpty { publish(on: channel) }
            } else if choice < publishing + consuming {
                consume(on: channel)
            } else {
                administer(on: channel)
            }
        }
    }

    // MARK: Publishing

    private func bodySize() -> Int {
        if simulation.random.below(1000) < largeBodies { return simulation.random.between(262_100, 307_200) }
        switch simulation.random.below(100) {
        case 0..<10: return 0
        case 10..<85: return simulation.random.between(1, 200)
        case 85..<97: return simulation.random.between(200, 9000)
        default: return simulation.random.between(9000, 140_000)
        }
    }

    private func publish(on channel: ChannelModel) {
        let exchange: String
        let key: String
        switch simulation.random.below(100) {
        case 0..<55: (exchange, key) = ("", simulation.random.pick(Topology.stable + Topology.volatile))
        case 55..<75:
            (exchange, key) = (Topology.direct, simulation.random.pick(["one", "two", "three", "four", "nine"]))
        case 75..<92: (exchange, key) = (Topology.fanout, "any")
        case 92..<98: (exchange, key) = ("", "nowhere")
        default: (exchange, key) = (Topology.volatileExchange, "any")
        }
        let isPersistent = simulation.random.chance(50)
        let isMandatory = simulation.random.chance(25)
        let message = simulation.newMessage(
            on: channel, exchange: exchange, key: key, isPersistent: isPersistent, isMandatory: isMandatory,
            size: bodySize())
        var frames: [[UInt8]] = []
        func add(_ write: (inout WireWriter) -> Void) {
            var writer = WireWriter()
            write(&writer)
            frames.append(Array(writer.bytes))
        }
        add {
            $0.writeMethodFrame(
                BasicPublish(exchange: exchange, routingKey: key, mandatory: isMandatory), channel: channel.number)
        }
        let header = ContentHeader(
            bodySize: UInt64(message.body.count),
            properties: BasicProperties(deliveryMode: isPersistent ? 2 : nil, messageID: "\(message.id)"))
        add { $0.writeFrame(.header, channel: channel.number) { header.encode(into: &$0) } }
        // Some clients send smaller frames than they may.
        let largest = simulation.random.chance(80) ? frameMax - 8 : simulation.random.between(50, frameMax - 8)
        var start = 0
        while start < message.body.count {
            let end = min(start + max(largest, message.body.count / 40), message.body.count, start + frameMax - 8)
            add { writer in
                writer.writeFrame(.body, channel: channel.number) { payload in
                    message.body[start..<end].withUnsafeBytes { payload.write($0) }
                }
            }
            start = end
        }
        simulation.trace.say {
            "\(channel.name): publishes \(message.id) to '\(exchange)' '\(key)', \(message.body.count) bytes"
                + (isPersistent ? ", persistent" : "") + (isMandatory ? ", mandatory" : "")
        }
        channel.unsent = frames.reversed()
        channel.unsentMessage = message
        sendMore(of: channel, atOnce: simulation.random.chance(80))
    }

    /// Sends more frames of a publish; other channels may come in between.
    func sendMore(of channel: ChannelModel, atOnce: Bool = false) {
        guard let connection, channel.isUsable else { return }
        let count = atOnce ? channel.unsent.count : simulation.random.between(1, channel.unsent.count)
        for _ in 0..<count {
            guard let frame = channel.unsent.popLast() else { break }
            frame.withUnsafeBytes { connection.send($0) }
        }
        guard channel.unsent.isEmpty, let message = channel.unsentMessage else { return }
        channel.unsentMessage = nil
        connection.note(publish: message)
        channel.expect(.published(message))
    }

    // MARK: Consuming

    private func consume(on channel: ChannelModel) {
        if !channel.inHand.isEmpty, simulation.random.chance(75) {
            settle(on: channel)
            return
        }
        let queue = simulation.random.pick(Topology.stable + Topology.stable + Topology.volatile)
        switch simulation.random.below(100) {
        case 0..<25:
            let noAck = simulation.random.chance(30)
            send(BasicGet(queue: queue, noAck: noAck), on: channel, expecting: .get(queue: queue, noAck: noAck))
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
            tag: "tag-\(simulation.nextNumber())", queue: queue, noAck: noAck, prefetch: channel.prefetch)
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
        for delivery in settled {
            delivery.decision = decision
            delivery.consumer?.unsettled -= 1
            if decision == .requeue { delivery.placement.requeued(delivery) }
        }
        channel.outstanding.removeAll { $0.decision != .none }
        channel.inHand.removeAll { $0.decision != .none }
        channel.expect(.settled(settled))
    }

    // MARK: Administering

    private func administer(on channel: ChannelModel) {
        let queue = simulation.random.pick(Topology.volatile)
        switch simulation.random.below(100) {
        case 0..<40: declare(queue, on: channel)
        case 40..<50:
            let operation = simulation.ledger.begin(queue)
            let noWait = simulation.random.chance(20)
            send(
                QueueDelete(queue: queue, noWait: noWait), on: channel,
                expecting: noWait ? nil : .delete(operation))
            if noWait { channel.expect(.lossy(operation)) }
        case 50..<58:
            let target = simulation.random.chance(60) ? Topology.purged : queue
            let operation = simulation.ledger.begin(target)
            send(QueuePurge(queue: target), on: channel, expecting: .purge(operation))
        case 58..<80:
            let (exchange, key) = simulation.random.pick(Self.volatileBindings)
            send(
                QueueBind(queue: queue, exchange: exchange, routingKey: key), on: channel,
                expecting: .method(QueueBindOK.id))
        case 80..<88:
            let (exchange, key) = simulation.random.pick(Self.volatileBindings)
            send(
                QueueUnbind(queue: queue, exchange: exchange, routingKey: key), on: channel,
                expecting: .method(QueueUnbindOK.id))
        case 88..<94:
            send(
                ExchangeDeclare(exchange: Topology.volatileExchange, type: "fanout"), on: channel,
                expecting: .method(ExchangeDeclareOK.id))
        case 94..<96:
            send(
                ExchangeDelete(exchange: Topology.volatileExchange), on: channel,
                expecting: .method(ExchangeDeleteOK.id))
        default:
            let known = simulation.random.pick(Topology.stable)
            send(QueueDeclare(queue: known, passive: true), on: channel, expecting: .declare(queue: known))
        }
    }

    private static let volatileBindings = [
        (Topology.direct, "one"), (Topology.direct, "four"), (Topology.fanout, ""), (Topology.volatileExchange, ""),
    ]

    func declare(_ queue: String, on channel: ChannelModel) {
        send(
            QueueDeclare(queue: queue, durable: Topology.durable.contains(queue)), on: channel,
            expecting: .declare(queue: queue))
    }

    /// Declares what lasts.
    func declareTopology(on channel: ChannelModel) {
        for queue in Topology.stable { declare(queue, on: channel) }
        for (exchange, type) in [(Topology.direct, "direct"), (Topology.fanout, "fanout")] {
            send(
                ExchangeDeclare(exchange: exchange, type: type), on: channel,
                expecting: .method(ExchangeDeclareOK.id))
        }
        for binding in Topology.bindings {
            send(
                QueueBind(queue: binding.queue, exchange: binding.exchange, routingKey: binding.key), on: channel,
                expecting: .method(QueueBindOK.id))
        }
    }
}

extension SimulatedClient {
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
