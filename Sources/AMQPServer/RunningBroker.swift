public import Broker
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A broker node running in this process: its loop, its AMQP port, its management endpoint.
///
/// ```swift
/// let broker = try await RunningBroker.start()
/// print(broker.amqpAddress)   // 127.0.0.1:5672
/// try await broker.stop()
/// ```
public final class RunningBroker: Sendable {
    private let driver: NodeDriver
    private let group: MultiThreadedEventLoopGroup
    private let listener: AMQPListener?
    /// The node's management endpoint.
    public let endpoint: EmbeddedEndpoint

    private init(
        driver: NodeDriver, group: MultiThreadedEventLoopGroup, listener: AMQPListener?, endpoint: EmbeddedEndpoint
    ) {
        self.driver = driver
        self.group = group
        self.listener = listener
        self.endpoint = endpoint
    }

    /// Starts a node on a thread of its own and opens its AMQP port; port 0 means any free one, nil none.
    /// Throws `ListenError` when the port cannot be opened; nothing is left running then.
    public static func start(
        _ configuration: NodeConfiguration = NodeConfiguration(seed: .random(in: .min ... .max)),
        host: String = "127.0.0.1", port: Int? = 0
    ) async throws -> RunningBroker {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let driver = NodeDriver(eventLoop: group.any())
        do {
            let boxed = UncheckedSendable(configuration)
            try await driver.eventLoop.submit { driver.start(boxed.value) }.get()
            var listener: AMQPListener?
            if let port { listener = try await .open(host: host, port: port, driver: driver) }
            return RunningBroker(
                driver: driver, group: group, listener: listener,
                endpoint: EmbeddedEndpoint(
                    loop: driver, address: configuration.name, version: configuration.version))
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Where AMQP clients connect, as "HOST:PORT"; nil without a port.
    public var amqpAddress: String? { listener.map { "\($0.host):\($0.port)" } }
    /// The AMQP port; nil without one.
    public var amqpPort: Int? { listener?.port }
    /// The node's loop, for embedding.
    public var loop: any NodeLoop { driver }

    /// The longest tick of the node's loop so far, in nanoseconds; with `reset` the next question starts anew.
    public func longestTick(reset: Bool = false) async throws -> UInt64 {
        try await driver.eventLoop.submit { [driver] in
            let longest = driver.longestTick
            if reset { driver.resetLongestTick() }
            return longest
        }.get()
    }

    /// Closes the port and all connections and ends the node. Its messages are gone.
    public func stop() async throws {
        try await listener?.channel.close()
        try await driver.stop()
        try await group.shutdownGracefully()
    }
}

/// Carries a value that nobody else holds to the loop that will own it.
private struct UncheckedSendable<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
