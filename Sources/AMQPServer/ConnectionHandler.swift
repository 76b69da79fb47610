internal import Broker
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Moves one connection's bytes between its socket and the node; knows nothing of AMQP.
final class ConnectionHandler: ChannelInboundHandler, Transport {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Outbound bytes a client may leave unread before it is not read from either.
    static let unreadBytesMax = 4 << 20
    /// How long a connection that is over may take to send what is left.
    private static let lastFlush = TimeAmount.seconds(5)

    private let driver: NodeDriver
    private var connection: Connection?
    private var context: ChannelHandlerContext?
    /// Bytes that the connection has not used yet: part of a frame, or all while it does not want to read.
    private var unused: ByteBuffer?
    /// The node has stopped in the middle of that, and may have gone on before it was asked whether it reads.
    private var hasStopped = false
    private var isReading = true
    private var isClosing = false

    init(driver: NodeDriver) { self.driver = driver }

    func channelActive(context: ChannelHandlerContext) {
        guard let node = driver.node, !driver.hasEnded else {
            context.close(promise: nil)
            return
        }
        self.context = context
        func text(_ address: SocketAddress?) -> String {
            address.map { "\($0.ipAddress ?? "local"):\($0.port ?? 0)" } ?? "unknown"
        }
        let connection = node.accept(
            peer: text(context.remoteAddress), local: text(context.localAddress), now: driver.now)
        connection.transport = self
        self.connection = connection
        driver.opened(self)
        driver.tick()
    }

    /// Closes the socket as the system closes that of a dead process with unread bytes: the client sees a reset, and the
    /// node hears nothing more.
    func abort() {
        connection?.transport = nil
        connection = nil
        isClosing = true
        guard let context else { return }
        if let socket = context.channel as? any SocketOptionProvider {
            // Without it the close is an orderly one, which is as good as can be had.
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var kept = unused {
            unused = nil
            kept.writeBuffer(&bytes)
            bytes = kept
        }
        consume(bytes)
    }

    private func consume(_ bytes: consuming ByteBuffer) {
        guard let connection, let node = driver.node else { return }
        let used = bytes.withUnsafeReadableBytes { node.receive($0, on: connection, now: driver.now) }
        guard used < bytes.readableBytes else { return }
        bytes.moveReaderIndex(forwardBy: used)
        // A part of a frame must not keep a whole receive buffer.
        var rest = ByteBufferAllocator().buffer(capacity: bytes.readableBytes)
        rest.writeBuffer(&bytes)
        unused = rest
        hasStopped = !connection.wantsReading
    }

    func channelReadComplete(context: ChannelHandlerContext) { driver.tick() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // The socket may say so in the middle of a write that a tick makes: what follows is for the next one.
        connection?.transportIsWritable(context.channel.isWritable)
        driver.scheduleTick()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.transportClosed()
        connection = nil
        self.context = nil
        driver.closed(self)
        driver.scheduleTick()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset socket is the client's way to go; whatever it was, this connection is over and `channelInactive`
        // gives back what it held.
        context.close(promise: nil)
    }

    // MARK: Transport

    func update(_ connection: Connection) {
        guard let context, !isClosing else { return }
        if connection.isFinished {
            isClosing = true
            sendAll(connection, context)
            let box = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
                box.value.close(promise: nil)
            }
            // A client that does not read what is left is not waited for.
            context.eventLoop.scheduleTask(in: Self.lastFlush) { box.value.close(promise: nil) }
            return
        }
        if context.channel.isWritable { sendAll(connection, context) }
        var unsent = 0
        connection.withOutbound {
            unsent = $0.count
            return false
        }
        setReading(connection.wantsReading && unsent < Self.unreadBytesMax, context)
    }

    private func sendAll(_ connection: Connection, _ context: ChannelHandlerContext) {
        var buffer = ByteBuffer()
        connection.withOutbound { bytes in
            buffer = context.channel.allocator.buffer(capacity: bytes.count)
            buffer.writeBytes(bytes)
            return true
        }
        // Only now that the bytes are taken: writing may call back, and what is called may add others.
        if buffer.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }
    }

    private func setReading(_ wanted: Bool, _ context: ChannelHandlerContext) {
        if wanted != isReading {
            isReading = wanted
            // Fails only on a channel that is closed already.
            try? context.channel.syncOptions?.setOption(.autoRead, value: wanted)
        }
        guard wanted, hasStopped else { return }
        hasStopped = false
        guard unused != nil else { return }
        let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { loop.value.consumeKept() }
    }

    /// Goes on with what was kept, unless it went before what came meanwhile.
    private func consumeKept() {
        guard let kept = unused else { return }
        unused = nil
        consume(kept)
        driver.tick()
    }
}
