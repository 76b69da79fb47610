import AMQP
import Broker

/// A client that does what its seed says: it connects, opens channels, publishes, consumes, changes the topology,
/// hangs at times, and comes back after its connection broke.
final class SimulatedClient {
    unowned let simulation: Simulation
    let number: Int
    /// The virtual host it works in.
    let host: String
    private(set) var connection: SimulatedConnection?
    private(set) var heartbeatSeconds: UInt16 = 0
    private(set) var takesCancelNotices = true
    private(set) var frameMax = 131_072
    private var sentClose = false
    private(set) var hungUntil: UInt64 = 0
    /// Does what it must at the end and nothing by itself.
    let isScripted: Bool
    private(set) var isReady = false

    /// Still to send one transaction of so many messages that its commit takes several ticks.
    var owesLargeTransaction: Bool

    // What it likes to do, in percent.
    let publishing: Int
    let consuming: Int
    let administering: Int
    /// Chance of a body over 256 KiB, in tenths of a percent.
    let largeBodies: Int

    init(simulation: Simulation, number: Int, host: String, isScripted: Bool) {
        self.simulation = simulation
        self.number = number
        self.host = host
        self.isScripted = isScripted
        publishing = simulation.random.between(10, 80)
        consuming = simulation.random.between(10, 80)
        administering = simulation.random.between(1, 15)
        largeBodies = simulation.random.pick([0, 2, 20])
        owesLargeTransaction = !isScripted && simulation.random.chance(4)
    }

    var isHung: Bool { hungUntil > simulation.time }
    func isClosing(_ connection: SimulatedConnection) -> Bool { connection === self.connection && sentClose }

    // MARK: Connecting

    func connect() {
        guard connection == nil else { return }
        let fresh = simulation.openConnection(for: self)
        connection = fresh
        sentClose = false
        isReady = false
        heartbeatSeconds = isScripted ? 0 : simulation.random.pick([0, 0, 1, 3])
        takesCancelNotices = simulation.random.chance(70)
        frameMax = simulation.random.pick([4096, 16_384, 131_072])
        ProtocolHeader.bytes.withUnsafeBytes { fresh.send($0) }
    }

    func disconnected(_ ended: SimulatedConnection) {
        guard ended === connection else { return }
        connection = nil
        isReady = false
        guard !isScripted, !simulation.isEnding else { return }
        simulation.plan(.connect(self), after: simulation.random.nanoseconds(upToMicroseconds: 50_000))
    }

    /// Stops reading, writing and beating for a while.
    func hang(for nanoseconds: UInt64) {
        hungUntil = simulation.time + nanoseconds
        simulation.trace.say { "client \(number) hangs for \(nanoseconds / 1_000_000) ms" }
    }

    func wakeUp() {
        hungUntil = 0
        connection?.planDownstream()
    }

    func beat(_ on: SimulatedConnection) {
        guard on === connection, !on.isOver, heartbeatSeconds > 0 else { return }
        if !isHung {
            var writer = WireWriter()
            writer.writeHeartbeat()
            on.send(writer.bytes)
        }
        let interval = UInt64(heartbeatSeconds) * 1_000_000_000
        if on.isOpenAtNode, on.observer.phase == .open, simulation.time - on.lastServerBytes > interval {
            simulation.fail("connection \(on.number): nothing from the node for more than a heartbeat")
        }
        simulation.plan(.heartbeat(on), after: interval / 2)
    }

    // MARK: Sending

    func send(_ method: some MethodPayload, on channel: ChannelModel, expecting reply: Expected.Reply?) {
        send(method, number: channel.number)
        if let reply { channel.expect(.reply(reply)) }
        simulation.trace.say { "\(channel.name): sends \(Trace.text(method))" }
    }

    private func send(_ method: some MethodPayload, number: UInt16) {
        var writer = WireWriter()
        writer.writeMethodFrame(method, channel: number)
        connection?.send(writer.bytes)
    }

    func closeConnection() {
        guard let connection, !connection.isOver, isReady, !sentClose else { return }
        sentClose = true
        for channel in connection.observer.channels { channel.isClosingByClient = true }
        send(ConnectionClose(replyCode: 200, replyText: "bye"), number: 0)
    }

    func close(_ channel: ChannelModel) {
        guard channel.isUsable, channel.unsent.isEmpty else { return }
        channel.isClosingByClient = true
        send(ChannelClose(replyCode: 200, replyText: "bye"), on: channel, expecting: .method(ChannelCloseOK.id))
    }

    @discardableResult
    func openChannel() -> ChannelModel? {
        guard let connection, isReady, !sentClose else { return nil }
        let used = connection.observer.channels
        let number = (1...6).first { number in
            guard let last = used.last(where: { $0.number == number }) else { return true }
            return last.isClosedForClient
        }
        guard let number else { return nil }
        let channel = simulation.newChannel(UInt16(number), on: connection)
        connection.observer.channels.append(channel)
        send(ChannelOpen(), on: channel, expecting: .method(ChannelOpenOK.id))
        switch isScripted ? 0 : simulation.random.below(100) {
        case 0..<60:
            send(ConfirmSelect(), on: channel, expecting: .method(ConfirmSelectOK.id))
            channel.isConfirming = true
        case 60..<82: selectTransactions(on: channel)
        default: break
        }
        return channel
    }

    // MARK: Receiving

    func received(_ event: ServerEvent, on connection: SimulatedConnection) {
        switch event {
        case .method(nil, let method, _): receivedOnConnection(method, connection)
        case .method(let channel?, let method, _):
            switch method {
            case .channelClose:
                send(ChannelCloseOK(), number: channel.number)
                // When both closed it at once, the answer to this side's close is still to come.
                if !channel.isClosingByClient { channel.isClosedForClient = true }
            case .channelCloseOK:
                channel.isClosedForClient = true
            default: break
            }
        case .content(let channel, let content):
            if let delivery = content.delivery, channel.phase != .ended { channel.inHand.append(delivery) }
        }
    }

    private func receivedOnConnection(_ method: Method, _ connection: SimulatedConnection) {
        switch method {
        case .connectionStart:
            let properties: FieldTable =
                takesCancelNotices ? ["capabilities": .table(["consumer_cancel_notify": .boolean(true)])] : [:]
            send(
                ConnectionStartOK(
                    clientProperties: properties, mechanism: "PLAIN", response: Array("\0guest\0guest".utf8),
                    locale: "en_US"),
                number: 0)
        case .connectionTune(let tune):
            connection.observer.frameMax = frameMax
            send(
                ConnectionTuneOK(
                    channelMax: tune.channelMax, frameMax: UInt32(frameMax), heartbeat: heartbeatSeconds),
                number: 0)
            send(ConnectionOpen(virtualHost: host), number: 0)
        case .connectionOpenOK:
            isReady = true
            if heartbeatSeconds > 0 { beat(connection) }
        default: break
        }
    }
}
