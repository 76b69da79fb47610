import AMQP

@testable import Broker
@testable import Journal

/// The set-up, and what must hold once the world has come to rest.
extension Simulation {
    func setUpTopology() throws(SimulationFailure) {
        for host in Topology.hosts where host != "/" {
            // As the management API does it.
            node.change(.declareVirtualHost(name: host)) { _ in }
        }
        planTick()
        try runUntilQuiet()
        for host in Topology.hosts {
            try visit(host) { client, channel in client.declareTopology(on: channel) }
        }
    }

    /// Has a client of its own do something, and waits until it is done.
    func visit(
        _ host: String, _ work: (SimulatedClient, ChannelModel) -> Void
    ) throws(SimulationFailure) {
        let client = addClient(in: host, isScripted: true)
        client.connect()
        try runUntil { client.isReady || client.connection == nil }
        guard let channel = client.openChannel() else { throw ended("a client cannot connect to '\(host)'") }
        work(client, channel)
        try runUntil { !channel.awaitsReply }
        client.closeConnection()
        try runUntil { client.connection == nil }
    }

    func ended(_ reason: String) -> SimulationFailure {
        fail(reason)
        return failure ?? SimulationFailure(seed: seed, step: step, hash: trace.hash, reason: reason)
    }

    /// Everybody reads again and finishes what was begun; then nothing may be left undone.
    func heal() throws(SimulationFailure) {
        beginEnding()
        trace.say { "-- healing" }
        for client in clients {
            client.wakeUp()
            for channel in client.connection?.observer.channels ?? [] where !channel.unsent.isEmpty {
                client.sendMore(of: channel, atOnce: true)
            }
        }
        try runUntilQuiet()
        try checkNothingIsStuck()
        for client in clients {
            for channel in client.connection?.observer.channels ?? [] where channel.isUsable { client.close(channel) }
        }
        try runUntilQuiet()
        for client in clients { client.closeConnection() }
        try runUntilQuiet()
        for connection in connections where !connection.isOver {
            throw ended("connection \(connection.number) did not close")
        }
    }

    private func checkNothingIsStuck() throws(SimulationFailure) {
        for connection in connections where !connection.isOver {
            for channel in connection.observer.channels where channel.phase != .ended {
                if channel.awaitsReply { throw ended("\(channel.name) waits for a reply for ever") }
                if channel.hasUnconfirmed { throw ended("\(channel.name) waits for a confirm for ever") }
                if channel.content != nil { throw ended("\(channel.name): the rest of a body does not come") }
            }
        }
        for queue in node.sortedVirtualHosts.flatMap({ $0.queues.values.sorted { $0.name < $1.name } }) {
            guard queue.readyCount > 0 else { continue }
            for consumer in queue.consumers.all where consumer.hasCredit {
                throw ended("\(queue.readyCount) messages in \(queue.name) although '\(consumer.tag)' has credit")
            }
        }
    }

    /// Takes what is left out of every queue: the confirmed messages, each once.
    func drain(_ host: String) throws(SimulationFailure) {
        trace.say { "-- draining '\(host)'" }
        let client = addClient(in: host, isScripted: true)
        client.connect()
        try runUntilQuiet()
        guard let channel = client.openChannel() else { throw ended("the last client cannot connect") }
        for queue in Topology.stable + Topology.volatile {
            client.declare(queue, on: channel)
            try runUntilQuiet()
            let announced = channel.lastMessageCount
            let before = statistics.deliveries
            let consumer = client.startConsumer(of: queue, noAck: random.chance(50), on: channel)
            try runUntilQuiet()
            let drained = statistics.deliveries - before
            let mayExpire = ledger.mayExpire(in: client.place(queue))
            guard drained == announced || mayExpire && drained < announced else {
                throw ended("\(queue) announced \(announced) messages and gave \(drained)")
            }
            if queue == Topology.dropping, announced > Topology.lengthMax {
                throw ended("\(announced) messages in \(queue), which keeps \(Topology.lengthMax)")
            }
            client.settleAll(on: channel)
            client.send(
                BasicCancel(consumerTag: consumer.tag), on: channel, expecting: .cancel(tag: consumer.tag))
            try runUntilQuiet()
        }
        if let missing = ledger.missing(in: host, time: time) { throw ended(missing) }
        for queue in Topology.stable + Topology.volatile {
            client.send(
                QueueDelete(queue: queue), on: channel, expecting: .delete(client.begin(queue, isDeletion: true)))
        }
        try runUntilQuiet()
        if channel.awaitsReply { throw ended("the queues were not deleted") }
        client.closeConnection()
        try runUntilQuiet()
    }

    /// With every queue deleted no memory is held.
    func checkNothingIsLeft() throws(SimulationFailure) {
        let segments = node.segments
        let live = (0..<segments.slotCount).reduce(0) { $0 + segments.segments[$1].live }
        if live != 0 { throw ended("\(live) records are held although there is no queue") }
        let most = (VolatileSegments.sparesKept + 1) * VolatileSegments.segmentBytes
        if segments.residentBytes > most { throw ended("\(segments.residentBytes) bytes of segments are held") }
        if !node.connections.isEmpty { throw ended("\(node.connections.count) connections are kept") }
    }
}
