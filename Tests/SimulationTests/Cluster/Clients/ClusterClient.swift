import AMQP

@testable import Broker

/// A client of the simulated cluster: one connection at a time, to whichever node takes it, with a channel for confirms
/// and one for transactions. What it has published and was not confirmed it does not send again.
final class ClusterClient {
    unowned let world: ClusterWorld
    let number: Int
    private(set) var connection: ClusterConnection?
    private(set) var isReady = false
    /// Does what it is told, and nothing else.
    var isScripted = false
    /// What it is given must all be there once.
    var isDraining = false
    /// The node that it wants; any, if there is none.
    var wanted: ClusterNode?
    /// Its node has closed its connection, because it does not know what came of what was asked of the metadata.
    var isLeftUncertain = false

    init(world: ClusterWorld, number: Int) {
        self.world = world
        self.number = number
    }

    var channels: [ClusterChannel] { connection?.channels.filter { $0.isOpen && !$0.isClosing && !$0.isEnded } ?? [] }
    /// Its channel for confirms, once there is one.
    var channel: ClusterChannel? {
        guard isReady, connection?.isClosing == false else { return nil }
        return channels.first { !$0.isTransactional }
    }

    // MARK: Connecting

    func connect() {
        guard connection == nil else { return }
        let node = wanted ?? world.random.pick(world.nodes)
        guard let broker = node.node else { return connectLater() }
        let connection = ClusterConnection(self, to: node, broker)
        self.connection = connection
        isReady = false
        guard !connection.isOver else { return }
        world.trace.say { "\(world.clock) client \(number) connects to node \(node.number)" }
        connection.send(ProtocolHeader.bytes)
        connection.send(
            ConnectionStartOK(
                clientProperties: ["capabilities": .table(["consumer_cancel_notify": .boolean(true)])],
                mechanism: "PLAIN", response: Array("\0guest\0guest".utf8), locale: "en_US"),
            on: 0)
        connection.send(ConnectionTuneOK(channelMax: 2047, frameMax: 131_072, heartbeat: 0), on: 0)
        connection.send(ConnectionOpen(virtualHost: "/"), on: 0)
    }

    private func connectLater() {
        world.plan(.connect(self), after: world.random.nanoseconds(upToMicroseconds: 100_000))
    }

    func openChannel(isTransactional: Bool) {
        guard let connection, !connection.isOver else { return }
        let used = connection.channels.filter { !$0.isNumberFree }.map(\.number)
        let free = (1...UInt16(used.count + 1)).first { !used.contains($0) } ?? 1
        let channel = ClusterChannel(
            number: free, id: world.nextNumber(), on: connection, isTransactional: isTransactional)
        connection.channels.append(channel)
        connection.send(ChannelOpen(), on: free)
        if isTransactional {
            ask(TxSelect(), .method(TxSelectOK.id), on: channel)
        } else {
            ask(ConfirmSelect(), .method(ConfirmSelectOK.id), on: channel)
        }
    }

    func ask(_ method: some MethodPayload, _ expected: ClusterChannel.Expected, on channel: ClusterChannel) {
        channel.expected.append(expected)
        tell(method, on: channel)
    }

    func tell(_ method: some MethodPayload, on channel: ClusterChannel) {
        world.trace.say { "\(world.clock) \(channel.name): \(Trace.text(method))" }
        channel.connection.send(method, on: channel.number)
    }

    func close() {
        guard let connection, !connection.isOver, !connection.isClosing else { return }
        connection.isClosing = true
        connection.send(ConnectionClose(replyCode: 200), on: 0)
    }

    // MARK: What comes

    func received(_ event: ClusterConnection.Event, on connection: ClusterConnection) {
        guard connection === self.connection else { return }
        switch event {
        case .opened:
            isReady = true
            openChannel(isTransactional: false)
            if !isScripted, world.random.chance(60) { openChannel(isTransactional: true) }
        case .channelOpened: break
        case .delivery(let channel, let delivery):
            guard !channel.isEnded, !channel.isClosing, !delivery.noAck else { return }
            channel.inHand.append(delivery)
            if isDraining { settle(channel, .ack, through: channel.inHand.count - 1, multiple: false) }
        case .channelClosed(let channel):
            guard !connection.isOver else { return }
            connection.send(ChannelCloseOK(), on: channel.number)
            channel.isNumberFree = true
            guard !channel.isClosing else { return }
            openChannel(isTransactional: channel.isTransactional)
        case .closing:
            connection.isClosing = true
            connection.send(ConnectionCloseOK(), on: 0)
        case .closed:
            world.statistics.disconnects += 1
            world.trace.say { "\(world.clock) client \(number) has lost its connection to \(connection.home.name)" }
            self.connection = nil
            isReady = false
            if !isScripted, !world.isEnding { connectLater() } else if isScripted, wanted != nil { connectLater() }
        }
    }

    // MARK: Settling

    enum Decision { case ack, discard, requeue }

    /// Settles the delivery at a place in hand, or all up to it.
    func settle(_ channel: ClusterChannel, _ decision: Decision, through place: Int, multiple: Bool) {
        let chosen = channel.inHand[place]
        let settled = multiple ? Array(channel.inHand[...place]) : [chosen]
        if multiple { channel.inHand.removeSubrange(...place) } else { channel.inHand.remove(at: place) }
        switch decision {
        case .ack: tell(BasicAck(deliveryTag: chosen.tag, multiple: multiple), on: channel)
        case .discard: tell(BasicNack(deliveryTag: chosen.tag, multiple: multiple, requeue: false), on: channel)
        case .requeue: tell(BasicNack(deliveryTag: chosen.tag, multiple: multiple, requeue: true), on: channel)
        }
        guard decision != .requeue else { return }
        for delivery in settled {
            delivery.copy?.mayBeGone = true
            let ack = ClusterAck(
                delivery: delivery, node: channel.connection.home.number, publishesBefore: channel.publishCount)
            if channel.isTransactional { channel.transaction.acks.append(ack) } else { channel.acks.append(ack) }
            world.statistics.acked += 1
        }
    }
}
