internal import AMQP
internal import NIOCore

/// The bytes of a client connection. Everything happens on its loop.
final class ClientWire: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let eventLoop: any EventLoop
    private let uri: AMQPURI
    private let openPromise: EventLoopPromise<FieldTable>
    private var context: ChannelHandlerContext?
    private var serverProperties = FieldTable()
    private var rest: ByteBuffer?
    private var isFlushScheduled = false
    private(set) var isOver = false
    /// Seconds between heartbeats; 0 for none.
    private let heartbeatSeconds: UInt16
    private var watch: RepeatedTask?
    private var heardAt = NIODeadline.now()
    /// When it was last looked whether something has come.
    private var lookedAt = NIODeadline.now()
    private var hasSpoken = false
    var channels: [UInt16: ClientChannel] = [:]
    var outbound = WireWriter(capacity: 65_536)
    private(set) var frameMax: UInt32 = 131_072

    init(eventLoop: any EventLoop, uri: AMQPURI, heartbeatSeconds: UInt16 = 0) {
        self.eventLoop = eventLoop
        self.heartbeatSeconds = heartbeatSeconds
        self.uri = uri
        openPromise = eventLoop.makePromise()
    }

    /// Succeeds when the connection is open.
    var opened: EventLoopFuture<FieldTable> { openPromise.futureResult }

    /// A channel with the lowest number that is free.
    func makeChannel() -> ClientChannel {
        let number = (1...UInt16.max).first { channels[$0] == nil } ?? .max
        let channel = ClientChannel(number: number, wire: self)
        channels[number] = channel
        return channel
    }

    // MARK: Out

    /// Whether the socket takes more without piling up.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Sends what has been written when the loop has finished what it is at.
    func flushSoon() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.execute { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    func flush() {
        guard let context, outbound.count > 0 else { return }
        var buffer = context.channel.allocator.buffer(capacity: outbound.count)
        buffer.writeBytes(outbound.bytes)
        outbound.reset()
        hasSpoken = true
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func send(_ method: some MethodPayload, on channel: UInt16) {
        outbound.writeMethodFrame(method, channel: channel)
        flushSoon()
    }

    func close() { send(ConnectionClose(replyCode: 200, replyText: "bye"), on: 0) }

    // MARK: In

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        ProtocolHeader.bytes.withUnsafeBytes { outbound.write($0) }
        flush()
        watchHeartbeats()
    }

    /// Sends a heartbeat where nothing else goes out, and ends when nothing has come for two intervals (AMQP 0-9-1
    /// §4.2.7): a broker that stands still keeps its sockets open.
    private func watchHeartbeats() {
        guard heartbeatSeconds > 0 else { return }
        heardAt = .now()
        lookedAt = heardAt
        let half = TimeAmount.milliseconds(Int64(heartbeatSeconds) * 500)
        watch = eventLoop.scheduleRepeatedTask(initialDelay: half, delay: half) { [self] _ in
            let now = NIODeadline.now()
            // If this loop itself stood still, what has come meanwhile has not been read yet.
            if now - lookedAt > half * 2 { heardAt = now }
            lookedAt = now
            if now - heardAt > half * 4 { return end(.unreachable("\(uri): nothing is heard of it")) }
            if !hasSpoken {
                outbound.writeHeartbeat()
                flush()
            }
            hasSpoken = false
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if heartbeatSeconds > 0 { heardAt = .now() }
        var bytes = unwrapInboundIn(data)
        if var kept = rest {
            rest = nil
            kept.writeBuffer(&bytes)
            bytes = kept
        }
        var failure: ClientError?
        let used = bytes.withUnsafeReadableBytes { received -> Int in
            var used = 0
            while used < received.count {
                do throws(FrameError) {
                    let behind = UnsafeRawBufferPointer(rebasing: received[used...])
                    guard let frame = try FrameParser.next(behind, maxFrameSize: 0) else { break }
                    receive(frame)
                    used += frame.byteCount
                } catch {
                    failure = .protocolViolation("something that is not a frame")
                    return received.count
                }
            }
            return used
        }
        if let failure { return end(failure) }
        bytes.moveReaderIndex(forwardBy: used)
        if bytes.readableBytes > 0 { rest = bytes }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for channel in channels.values { channel.batchEnded() }
        flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        for channel in channels.values { channel.onWritable?() }
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) { end(.disconnected) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.unreachable("\(error)"))
    }

    private func receive(_ frame: ParsedFrame) {
        if frame.channel != 0 {
            channels[frame.channel]?.receive(frame)
            return
        }
        guard frame.type == .method else { return }
        guard let method = try? Method.decode(frame.payload) else {
            return end(.protocolViolation("a method that cannot be read"))
        }
        switch method {
        case .connectionStart(let start):
            serverProperties = start.serverProperties
            let capabilities: FieldTable = [
                "authentication_failure_close": .boolean(true), "consumer_cancel_notify": .boolean(true),
                "publisher_confirms": .boolean(true), "basic.nack": .boolean(true),
            ]
            send(
                ConnectionStartOK(
                    clientProperties: ["product": .string("Warren"), "capabilities": .table(capabilities)],
                    mechanism: "PLAIN",
                    response: [0] + Array(uri.user.utf8) + [0] + Array(uri.password.utf8), locale: "en_US"),
                on: 0)
        case .connectionTune(let tune):
            if tune.frameMax != 0 { frameMax = min(frameMax, tune.frameMax) }
            send(ConnectionTuneOK(channelMax: tune.channelMax, frameMax: frameMax, heartbeat: heartbeatSeconds), on: 0)
            send(ConnectionOpen(virtualHost: uri.virtualHost), on: 0)
        case .connectionOpenOK:
            openPromise.succeed(serverProperties)
        case .connectionClose(let close):
            send(ConnectionCloseOK(), on: 0)
            flush()
            end(.refused(code: close.replyCode, text: close.replyText))
        case .connectionCloseOK:
            end(.disconnected)
        default:
            break
        }
    }

    /// Fails everything that waits and closes the socket.
    func end(_ error: ClientError) {
        guard !isOver else { return }
        isOver = true
        watch?.cancel()
        openPromise.fail(error)
        for channel in channels.values { channel.end(error) }
        channels.removeAll()
        context?.close(promise: nil)
        context = nil
    }
}
