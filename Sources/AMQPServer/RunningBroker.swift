public import Broker
public import Journal
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
    /// What was found in its data directory; nil where it has none.
    public let recovered: RecoverySummary?

    private init(
        driver: NodeDriver, group: MultiThreadedEventLoopGroup, listener: AMQPListener?, endpoint: EmbeddedEndpoint,
        recovered: RecoverySummary?
    ) {
        self.driver = driver
        self.group = group
        self.listener = listener
        self.endpoint = endpoint
        self.recovered = recovered
    }

    /// Starts a node on a thread of its own and opens its AMQP port; port 0 means any free one, nil none.
    /// With `data` it keeps what is durable there, and has back what it finds; without, nothing survives it. Throws
    /// `ListenError` when the port cannot be opened and `StorageError` when the directory cannot be used; nothing is left
    /// running then.
    public static func start(
        _ configuration: NodeConfiguration = NodeConfiguration(seed: .random(in: .min ... .max)),
        host: String = "127.0.0.1", port: Int? = 0, data: DataOptions? = nil,
        progress: @escaping @Sendable (DataDirectory.Progress) -> Void = { _ in }
    ) async throws -> RunningBroker {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let driver = NodeDriver(eventLoop: group.any())
        do {
            let boxed = UncheckedSendable(configuration)
            let recovered = try await driver.eventLoop.submit {
                try driver.start(boxed.value, data: data, progress: progress)
            }.get()
            var listener: AMQPListener?
            if let port { listener = try await .open(host: host, port: port, driver: driver) }
            return RunningBroker(
                driver: driver, group: group, listener: listener,
                endpoint: EmbeddedEndpoint(
                    loop: driver, address: configuration.name, version: configuration.version), recovered: recovered)
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

    /// Waits for its disk to fail: it is of no use afterwards and should be stopped. Nil when it ends without.
    public func storageFailure() async -> StorageError? { await driver.awaitStorageFailure() }

    /// Closes the port and all connections and ends the node. What is durable is in its directory, where it has one.
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
