import AMQP
import Broker

/// What a client is told, once its last byte has come.
enum ServerEvent {
    case method(ChannelModel?, Method, Expected.Reply?)
    case content(ChannelModel, ContentModel)
}

/// Reads everything that the node writes to one connection and checks that it is well-formed and legal at that
/// point: the rules of AMQP 0-9-1 §4.2 and of the channel's state.
final class ServerObserver {
    unowned let connection: SimulatedConnection
    private var bytes: [UInt8] = []
    private(set) var bytesSeen = 0
    private var parsed = 0
    private var events: [(end: Int, event: ServerEvent)] = []
    private var nextEvent = 0

    private(set) var phase = Phase.start
    var frameMax = 131_072
    /// Openings by channel number, from the latest to be opened.
    var channels: [ChannelModel] = []

    enum Phase { case start, tune, openOK, open, closed }

    init(connection: SimulatedConnection) { self.connection = connection }

    var simulation: Simulation { connection.simulation }

    func channel(_ number: UInt16) -> ChannelModel? { channels.last { $0.number == number } }

    func takeEvent(upTo offset: Int) -> ServerEvent? {
        guard nextEvent < events.count, events[nextEvent].end <= offset else { return nil }
        nextEvent += 1
        return events[nextEvent - 1].event
    }

    func endChannels() {
        for channel in channels { channel.end() }
    }

    // MARK: Frames

    func see(_ fresh: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: fresh)
        bytesSeen += fresh.count
        simulation.trace.add(UInt64(connection.number))
        simulation.trace.add(fresh)
        var used = 0
        let copy = bytes
        copy.withUnsafeBytes { all in
            while used < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[used...])
                do throws(FrameError) {
                    guard let frame = try FrameParser.next(rest, maxFrameSize: 0) else { return }
                    used += frame.byteCount
                    parsed += frame.byteCount
                    if let wrong = see(frame) {
                        simulation.fail("connection \(connection.number), to the client: \(wrong)")
                        return
                    }
                } catch {
                    simulation.fail("connection \(connection.number), to the client: not a frame (\(error))")
                    return
                }
            }
        }
        bytes.removeFirst(used)
    }

    func tell(_ event: ServerEvent) { events.append((parsed, event)) }

    private func see(_ frame: ParsedFrame) -> String? {
        if frame.byteCount > frameMax { return "a frame of \(frame.byteCount) bytes; frame_max is \(frameMax)" }
        if phase == .closed { return "a frame after the connection was closed" }
        switch frame.type {
        case .heartbeat:
            return frame.channel == 0 && frame.payload.isEmpty ? nil : "a heartbeat that is none"
        case .method:
            let method: Method
            do throws(MethodError) {
                method = try Method.decode(frame.payload)
            } catch {
                return "a method that cannot be read: \(error)"
            }
            simulation.trace.say {
                "node -> connection \(connection.number) channel \(frame.channel): \(Trace.text(method.payload))"
            }
            if frame.channel == 0 { return seeOnConnection(method) }
            guard phase == .open, let channel = channel(frame.channel) else {
                return "\(method.id.name) on channel \(frame.channel), which was never opened"
            }
            if channel.phase == .ended, case .channelCloseOK = method, channel.isClosingByClient {
                // Both sides closed it at once.
                tell(.method(channel, method, nil))
                return nil
            }
            guard channel.phase != .ended else {
                return "\(method.id.name) on channel \(frame.channel), which is not open"
            }
            return see(method, on: channel)
        case .header, .body:
            guard let channel = channel(frame.channel), channel.phase != .ended, channel.content != nil else {
                return "a content frame without its method"
            }
            return frame.type == .header ? seeHeader(frame.payload, channel) : seeBody(frame.payload, channel)
        }
    }

    private func seeOnConnection(_ method: Method) -> String? {
        switch (phase, method) {
        case (.start, .connectionStart): phase = .tune
        case (.tune, .connectionTune): phase = .openOK
        case (.openOK, .connectionOpenOK): phase = .open
        case (_, .connectionCloseOK):
            guard connection.client.isClosing(connection) else { return "connection.close-ok that nobody asked for" }
            phase = .closed
        case (_, .connectionClose(let close)):
            return "connection.close \(close.replyCode) \(close.replyText)"
        default: return "\(method.id.name) on channel 0 in phase \(phase)"
        }
        tell(.method(nil, method, nil))
        return nil
    }

    /// The node has closed the connection.
    func connectionEnded(lastArrival: UInt64) {
        let silence = simulation.time - lastArrival
        let heartbeat = UInt64(connection.client.heartbeatSeconds) * 1_000_000_000
        let timedOut =
            phase == .open
            ? heartbeat > 0 && silence >= heartbeat * 2 : silence >= 1_000_000_000
        if phase != .closed, !timedOut {
            simulation.fail("connection \(connection.number): closed by the node \(silence) ns after its last bytes")
        }
        if phase == .open { simulation.statistics.heartbeatTimeouts += 1 }
        phase = .closed
        endChannels()
    }

    // MARK: Methods on channels

    private func see(_ method: Method, on channel: ChannelModel) -> String? {
        if channel.content != nil {
            guard case .channelClose = method else {
                return "\(method.id.name) between the frames of a content on channel \(channel.number)"
            }
        }
        switch method {
        case .basicDeliver(let deliver):
            guard
                let consumer = channel.consumers.last(where: { $0.tag == deliver.consumerTag && !$0.isCancelled }),
                consumer.isStarted
            else { return "a delivery to consumer '\(deliver.consumerTag)', which is not there" }
            channel.content = ContentModel(kind: .deliver(consumer, deliver))
            return nil
        case .basicReturn(let returned):
            guard returned.replyCode == 312 else { return "a return with code \(returned.replyCode)" }
            channel.content = ContentModel(kind: .returned(returned))
            return nil
        case .basicGetOK(let got):
            guard case .get(let place, let noAck)? = channel.takeReply() else { return "basic.get-ok out of turn" }
            simulation.ledger.endGet(place)
            channel.content = ContentModel(kind: .getOK(place, noAck: noAck, got))
            return nil
        case .basicAck(let ack):
            if let wrong = channel.confirm(ack.deliveryTag, multiple: ack.multiple, storage: simulation.storage) {
                return wrong
            }
            simulation.statistics.confirms += 1
            tell(.method(channel, method, nil))
            return nil
        case .basicNack(let nack):
            if nack.multiple { return "a refusal of several publishes at once" }
            if let wrong = channel.refuse(nack.deliveryTag, ledger: simulation.ledger) { return wrong }
            simulation.statistics.refusals += 1
            tell(.method(channel, method, nil))
            return nil
        case .basicCancel(let cancel):
            guard connection.client.takesCancelNotices else { return "a cancel notice that was not asked for" }
            guard
                let consumer = channel.consumers.last(where: { $0.tag == cancel.consumerTag && !$0.isCancelled }),
                Topology.isVolatile(consumer.place)
            else { return "a cancel notice for consumer '\(cancel.consumerTag)'" }
            consumer.isCancelled = true
            tell(.method(channel, method, nil))
            return nil
        case .channelClose(let close):
            // Only what is volatile may be missing.
            guard close.replyCode == 404, close.replyText.contains("volatile") else {
                return "channel.close \(close.replyCode) \(close.replyText)"
            }
            simulation.statistics.channelErrors += 1
            channel.end()
            tell(.method(channel, method, nil))
            return nil
        default:
            return seeReply(method, on: channel)
        }
    }

    private func seeReply(_ method: Method, on channel: ChannelModel) -> String? {
        guard let reply = channel.takeReply() else { return "\(method.id.name) that nobody asked for" }
        switch (reply, method) {
        case (.method(let id), _) where id == method.id: break
        case (.declare(let queue), .queueDeclareOK(let declared)) where declared.queue == queue:
            channel.lastMessageCount = Int(declared.messageCount)
        case (.consume(let consumer), .basicConsumeOK(let consuming)) where consuming.consumerTag == consumer.tag:
            consumer.isStarted = true
        case (.cancel(let tag), .basicCancelOK(let cancelled)) where cancelled.consumerTag == tag:
            channel.consumers.last { $0.tag == tag }?.isCancelled = true
        case (.get(let place, _), .basicGetEmpty): simulation.ledger.endGet(place)
        case (.purge(let operation), .queuePurgeOK), (.delete(let operation), .queueDeleteOK):
            simulation.ledger.answered(operation, step: simulation.step)
        case (.commit(let transaction), .txCommitOK):
            simulation.statistics.commits += 1
            if let wrong = channel.committed(transaction, storage: simulation.storage) { return wrong }
        default: return "\(method.id.name) where \(reply) was due"
        }
        if case .channelOpenOK = method { channel.phase = .open }
        if case .channelCloseOK = method { channel.end() }
        tell(.method(channel, method, reply))
        return nil
    }
}
