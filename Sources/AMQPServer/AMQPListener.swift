internal import Broker
internal import NIOCore
internal import NIOPosix

/// Why a listener could not be opened.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// The address that was asked for.
    public let host: String
    /// The port that was asked for.
    public let port: Int
    /// Whether somebody else listens there.
    public let isTaken: Bool
    /// What the system said.
    public let reason: String

    /// What happened and where.
    public var description: String {
        isTaken ? "port \(port) on \(host) is taken" : "cannot listen on \(host):\(port): \(reason)"
    }
}

/// An AMQP port of a node. Its connections live on the node's loop.
struct AMQPListener {
    let channel: any NIOCore.Channel

    /// Bytes that may wait in a socket's outbound buffer before deliveries to it pause, and when they go on.
    static let writeWaterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 262_144, high: 1_048_576)
    /// Reads of one socket before other work of the loop has its turn.
    static let readsPerTurn: UInt = 4

    /// Opens a port; 0 means any free one.
    static func open(host: String, port: Int, driver: NodeDriver) async throws -> AMQPListener {
        do {
            return AMQPListener(channel: try await bind(host: host, port: port, driver: driver).get())
        } catch let error as IOError {
            throw ListenError(
                host: host, port: port, isTaken: error.errnoCode == EADDRINUSE, reason: error.description)
        }
    }

    /// The listening socket whose connections come to a driver's node.
    static func bind(host: String, port: Int, driver: NodeDriver) -> EventLoopFuture<any NIOCore.Channel> {
        ServerBootstrap(group: driver.eventLoop, childGroup: driver.eventLoop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: readsPerTurn)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 131_072)
            )
            .childChannelOption(.writeBufferWaterMark, value: writeWaterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(driver: driver))
                }
            }
            .bind(host: host, port: port)
    }

    var host: String { channel.localAddress?.ipAddress ?? "" }
    var port: Int { channel.localAddress?.port ?? 0 }
}
