import AMQP

/// Declaring, binding, purging and deleting.
extension SimulatedClient {
    func administer(on channel: ChannelModel) {
        let queue = simulation.random.pick(Topology.volatile)
        switch simulation.random.below(100) {
        case 0..<40: declare(queue, on: channel)
        case 40..<50:
            let operation = begin(queue, isDeletion: true)
            let noWait = simulation.random.chance(20)
            send(
                QueueDelete(queue: queue, noWait: noWait), on: channel,
                expecting: noWait ? nil : .delete(operation))
            if noWait { channel.expect(.lossy(operation)) }
        case 50..<58:
            let target = simulation.random.chance(60) ? Topology.purged : queue
            let operation = begin(target)
            send(QueuePurge(queue: target), on: channel, expecting: .purge(operation))
        case 58..<80:
            let (exchange, key) = simulation.random.pick(Topology.volatileBindings)
            send(
                QueueBind(queue: queue, exchange: exchange, routingKey: key), on: channel,
                expecting: .method(QueueBindOK.id))
        case 80..<88:
            let (exchange, key) = simulation.random.pick(Topology.volatileBindings)
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

    func place(_ queue: String) -> QueuePlace { QueuePlace(host: host, name: queue) }

    /// A purge or a deletion that is asked for now.
    func begin(_ queue: String, isDeletion: Bool = false) -> LossyOperation {
        simulation.ledger.begin(place(queue), step: simulation.step, isDeletion: isDeletion)
    }

    func declare(_ queue: String, on channel: ChannelModel) {
        send(
            QueueDeclare(
                queue: queue, durable: Topology.durable.contains(queue),
                arguments: Topology.arguments(of: queue, fault: simulation.worldFault)),
            on: channel, expecting: .declare(queue: queue))
    }

    /// Declares what lasts.
    func declareTopology(on channel: ChannelModel) {
        for queue in Topology.stable { declare(queue, on: channel) }
        for (exchange, type) in Topology.exchanges {
            send(
                ExchangeDeclare(exchange: exchange, type: type, durable: true), on: channel,
                expecting: .method(ExchangeDeclareOK.id))
        }
        bind(Topology.stable, on: channel)
    }

    /// Looks for what must have survived a crash, and declares again what cannot have: the bindings of durable queues are
    /// not made again.
    func restoreTopology(on channel: ChannelModel) {
        for (exchange, _) in Topology.exchanges {
            send(
                ExchangeDeclare(exchange: exchange, passive: true), on: channel,
                expecting: .method(ExchangeDeclareOK.id))
        }
        let (lasting, transient) = (
            Topology.stable.filter(Topology.durable.contains),
            Topology.stable.filter { !Topology.durable.contains($0) }
        )
        for queue in lasting {
            send(QueueDeclare(queue: queue, passive: true), on: channel, expecting: .declare(queue: queue))
            // Its arguments have survived too, or this is refused.
            declare(queue, on: channel)
        }
        for queue in transient { declare(queue, on: channel) }
        bind(transient, on: channel)
    }

    private func bind(_ queues: [String], on channel: ChannelModel) {
        for binding in Topology.bindings where queues.contains(binding.queue) {
            let isWide = simulation.worldFault == .wideTopicBinding && binding.key == "a.*"
            send(
                QueueBind(
                    queue: binding.queue, exchange: binding.exchange, routingKey: isWide ? "a.#" : binding.key),
                on: channel,
                expecting: .method(QueueBindOK.id))
        }
    }
}
