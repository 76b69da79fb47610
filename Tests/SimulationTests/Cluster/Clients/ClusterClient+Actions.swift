import AMQP

@testable import Broker

/// What a client does when its turn comes.
extension ClusterClient {
    /// Most publishes on their way at once.
    private static let publishesMax = 40

    func turn() {
        guard !world.isEnding else { return }
        world.actionsLeft -= 1
        act()
        let pause = world.random.chance(5) ? 400_000 : world.random.pick([500, 5000, 50_000])
        world.plan(.act(self), after: world.random.nanoseconds(upToMicroseconds: pause))
    }

    private func act() {
        guard isReady, let connection, !connection.isOver, !connection.isClosing, !channels.isEmpty else { return }
        let channel = world.random.pick(channels)
        switch world.random.below(1000) {
        case 0..<8: connection.cut()
        case 8..<14: close()
        case 14..<24: close(channel)
        case 24..<480: publishSome(on: channel)
        case 480..<850: consume(on: channel)
        case 850..<920 where channel.isTransactional: endTransaction(on: channel)
        default: administer(on: channel)
        }
    }

    private func close(_ channel: ClusterChannel) {
        tell(ChannelClose(replyCode: 200), on: channel)
        channel.isClosing = true
        openChannel(isTransactional: channel.isTransactional)
    }

    // MARK: Publishing

    private func publishSome(on channel: ClusterChannel) {
        guard channel.isTransactional || channel.unanswered < Self.publishesMax else { return }
        let isPersistent = world.random.chance(90)
        for _ in 0..<world.random.between(1, 6) {
            switch world.random.below(100) {
            case 0..<12: publish(to: ClusterTopology.fannedOut, fanned: true, isPersistent, on: channel)
            case 12..<25: publish(to: [world.random.pick(ClusterTopology.volatile).name], isPersistent, on: channel)
            default: publish(to: [world.random.pick(ClusterTopology.stable).name], isPersistent, on: channel)
            }
        }
    }

    @discardableResult
    func publish(
        to queues: [String], fanned: Bool = false, _ isPersistent: Bool, on channel: ClusterChannel
    ) -> ClusterMessage {
        let size = world.random.pick([8, 8, 60, 60, 600, world.random.chance(10) ? 20_000 : 200])
        let message = world.ledger.publish(on: channel, to: queues, isPersistent: isPersistent, size: size)
        if channel.isTransactional {
            message.state = .held
            channel.transaction.messages.append(message)
        } else {
            channel.published.append(message)
        }
        world.trace.say {
            "\(world.clock) \(channel.name): publishes message \(message.id), number \(message.number), to \(queues)"
        }
        var writer = WireWriter()
        writer.writeMethodFrame(
            BasicPublish(
                exchange: fanned ? ClusterTopology.fanout : "", routingKey: fanned ? "" : queues.first ?? ""),
            channel: channel.number)
        var header = WireWriter()
        ContentHeader(
            bodySize: UInt64(message.body.count),
            properties: BasicProperties(deliveryMode: message.isPersistent ? 2 : 1)
        ).encode(into: &header)
        message.body.withUnsafeBytes {
            writer.writeContent(header: header.bytes, body: $0, channel: channel.number, frameMax: 131_072)
        }
        channel.connection.send(Array(writer.bytes))
        return message
    }

    private func endTransaction(on channel: ClusterChannel) {
        let ending = channel.transaction
        guard !ending.isEmpty else { return }
        channel.transaction = ClusterTransaction()
        if world.random.chance(75) {
            for message in ending.messages { message.state = .unknown }
            ask(TxCommit(), .commit(ending), on: channel)
        } else {
            // What it would have settled it holds still, and may settle.
            channel.inHand = (ending.acks.map(\.delivery) + channel.inHand).sorted { $0.tag < $1.tag }
            ask(TxRollback(), .rollback(ending), on: channel)
        }
    }

    // MARK: Consuming

    private func consume(on channel: ClusterChannel) {
        if !channel.inHand.isEmpty, world.random.chance(75) { return settleSome(on: channel) }
        let isVolatile = world.random.chance(15)
        let queue = world.random.pick(isVolatile ? ClusterTopology.volatile : ClusterTopology.stable)
        let active = channel.consumers.filter { !$0.isCancelled }
        // From a classic queue on another node what is given away may be lost on its way, unseen.
        let noAck = queue.isQuorum && world.random.chance(15)
        switch world.random.below(100) {
        case 0..<30:
            ask(BasicGet(queue: queue.name, noAck: noAck), .get(queue.name, noAck: noAck), on: channel)
        case 30..<42 where !active.isEmpty:
            let consumer = world.random.pick(active)
            ask(BasicCancel(consumerTag: consumer.tag), .cancel(consumer), on: channel)
        case 42..<55:
            let count = world.random.pick([0, 1, 3, 20])
            ask(BasicQos(prefetchCount: UInt16(count)), .method(BasicQosOK.id), on: channel)
        default:
            guard active.count < 4 else { return }
            startConsumer(of: queue.name, noAck: noAck, on: channel)
        }
    }

    func startConsumer(of queue: String, noAck: Bool, on channel: ClusterChannel) {
        let consumer = ClusterConsumer(tag: "c\(world.nextNumber())", queue: queue, noAck: noAck)
        channel.consumers.append(consumer)
        ask(BasicConsume(queue: queue, consumerTag: consumer.tag, noAck: noAck), .consume(consumer), on: channel)
    }

    private func settleSome(on channel: ClusterChannel) {
        let place = world.random.chance(60) ? 0 : world.random.below(channel.inHand.count)
        // In a transaction one by one: what is rolled back is then easy to name.
        let multiple = !channel.isTransactional && world.random.chance(30)
        let decision: Decision =
            switch world.random.below(100) {
            case 0..<75: .ack
            case 75..<92: .requeue
            default: .discard
            }
        let isHeldUp = decision == .requeue && channel.isTransactional
        settle(channel, isHeldUp ? .ack : decision, through: place, multiple: multiple)
    }

    // MARK: Administering

    private func administer(on channel: ClusterChannel) {
        let queue = world.random.pick(ClusterTopology.volatile)
        switch world.random.below(100) {
        case 0..<45: declare(queue, on: channel)
        case 45..<58:
            ask(
                QueueDelete(queue: queue.name), .delete(world.ledger.begin(queue.name, isDeletion: true)), on: channel)
        case 58..<66:
            ask(QueuePurge(queue: queue.name), .purge(world.ledger.begin(queue.name, isDeletion: false)), on: channel)
        case 66..<76:
            ask(
                ExchangeDeclare(exchange: ClusterTopology.volatileExchange, type: "topic"),
                .method(ExchangeDeclareOK.id), on: channel)
        case 76..<82:
            ask(ExchangeDelete(exchange: ClusterTopology.volatileExchange), .method(ExchangeDeleteOK.id), on: channel)
        case 82..<95:
            ask(
                QueueBind(queue: queue.name, exchange: ClusterTopology.volatileExchange, routingKey: "a.*"),
                .method(QueueBindOK.id), on: channel)
        default: declare(world.random.pick(ClusterTopology.stable), on: channel)
        }
    }

    func declare(_ queue: ClusterQueue, on channel: ClusterChannel) {
        ask(
            QueueDeclare(queue: queue.name, durable: queue.isDurable, arguments: queue.arguments),
            .declare(queue.name, askedAt: world.time), on: channel)
    }
}
