public import AMQP
public import NIOCore
internal import NIOPosix

/// A connection to a broker, for drills, load and tests: small and fast, not a general client.
///
/// Calls that wait for the broker are `async`. Publishing, acknowledging and the callbacks of a channel happen on the
/// connection's event loop, so that a message costs no hop between threads.
public final class ClientConnection: Sendable {
    /// The loop that the callbacks run on.
    public let eventLoop: any EventLoop
    private let channel: any NIOCore.Channel
    private let wire: ClientWire
    /// What the broker says of itself.
    public let serverProperties: FieldTable

    private init(channel: any NIOCore.Channel, wire: ClientWire, serverProperties: FieldTable) {
        eventLoop = channel.eventLoop
        self.channel = channel
        self.wire = wire
        self.serverProperties = serverProperties
    }

    /// How long connecting may take.
    public static let connectTimeout = TimeAmount.seconds(5)

    /// Connects and logs in, on a loop of `group` or of the process. Heartbeats are off unless asked for: whoever measures
    /// does not want them. With them a broker that stands still ends the connection after two intervals, also while it is
    /// logging in.
    public static func open(
        _ uri: AMQPURI, on group: (any EventLoopGroup)? = nil, heartbeatSeconds: UInt16 = 0
    ) async throws(ClientError) -> ClientConnection {
        let loop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
        let wire = ClientWire(eventLoop: loop, uri: uri, heartbeatSeconds: heartbeatSeconds)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(connectTimeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.maxMessagesPerRead, value: 4)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16_384, maximum: 131_072)
                )
                .channelOption(.writeBufferWaterMark, value: .init(low: 262_144, high: 1_048_576))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(wire) }
                }
                .connect(host: uri.host, port: uri.port).get()
            let properties = try await wire.opened.get()
            return ClientConnection(channel: channel, wire: wire, serverProperties: properties)
        } catch let error as ClientError {
            throw error
        } catch {
            let failure = ClientError.unreachable("\(uri): \(error)")
            // It never became active, so nothing else ends it.
            loop.execute { wire.end(failure) }
            throw failure
        }
    }

    /// Opens a channel.
    public func openChannel() async throws(ClientError) -> ClientChannel {
        let channel = await onLoop { [wire] in wire.makeChannel() }
        _ = try await channel.call(ChannelOpen())
        return channel
    }

    /// Closes the connection; returns when it is gone.
    public func close() async {
        await onLoop { [wire] in wire.close() }
        // It ends because this asked for it, whatever else the future says.
        _ = try? await channel.closeFuture.get()
    }

    /// Closes the socket without a word, as a process that dies does.
    public func abort() async {
        channel.close(promise: nil)
        _ = try? await channel.closeFuture.get()
    }

    private func onLoop<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            eventLoop.execute { continuation.resume(returning: work()) }
        }
    }
}
