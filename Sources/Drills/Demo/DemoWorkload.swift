internal import AMQP
public import AMQPClient
internal import NIOCore
internal import NIOPosix

/// The traffic of `warren demo`: a small business over real AMQP connections on loopback.
///
/// Orders flow and are taken, invoices grow slowly because their consumer is slow, payments are stuck because a
/// consumer never acknowledges, mail goes out at once, and an audit trail is published to nobody.
public struct DemoWorkload: Sendable {
    private let uri: AMQPURI

    /// A workload for the broker at `uri`.
    public init(uri: AMQPURI) { self.uri = uri }

    /// Messages of one kind: where they go and how they are taken.
    private struct Flow: Sendable {
        let queue: String
        let perSecond: Int
        let bodyBytes: Int
        let isConfirmed: Bool
        let prefetch: UInt16
        /// Acknowledgements a second; 0 for a consumer that never acknowledges.
        let acksPerSecond: Int
    }

    private static let flows = [
        Flow(queue: "orders.eu", perSecond: 400, bodyBytes: 220, isConfirmed: true, prefetch: 100, acksPerSecond: 5000),
        Flow(queue: "orders.us", perSecond: 300, bodyBytes: 220, isConfirmed: true, prefetch: 100, acksPerSecond: 5000),
        Flow(queue: "invoices", perSecond: 120, bodyBytes: 900, isConfirmed: true, prefetch: 50, acksPerSecond: 80),
        Flow(queue: "mail", perSecond: 150, bodyBytes: 120, isConfirmed: false, prefetch: 0, acksPerSecond: 5000),
        Flow(queue: "payments", perSecond: 20, bodyBytes: 160, isConfirmed: true, prefetch: 10, acksPerSecond: 0),
    ]
    private static let unheard = "audit"
    /// Publishes go out in this many portions a second.
    private static let portions = 20

    /// Declares the demo's queues and runs its traffic until the task is cancelled or the broker goes.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for flow in Self.flows {
                    try await declare(flow.queue, group)
                    tasks.addTask { try await consume(flow, group) }
                    tasks.addTask { try await publish(flow, group) }
                }
                tasks.addTask { try await publishUnheard(group) }
                try await tasks.waitForAll()
            }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func declare(_ queue: String, _ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        try await channel.call(QueueDeclare(queue: queue, durable: true))
        await connection.close()
    }

    private func publish(_ flow: Flow, _ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        if flow.isConfirmed { try await channel.call(ConfirmSelect()) }
        let template = PublishTemplate(
            routingKey: flow.queue, properties: BasicProperties(contentType: "text/plain", deliveryMode: 2))
        try await repeatedly(channel, template, perSecond: flow.perSecond, bodyBytes: flow.bodyBytes)
    }

    private func publishUnheard(_ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        try await channel.call(ExchangeDeclare(exchange: Self.unheard, type: "fanout", durable: true))
        try await repeatedly(
            channel, PublishTemplate(exchange: Self.unheard, routingKey: ""), perSecond: 12, bodyBytes: 80)
    }

    private func repeatedly(
        _ channel: ClientChannel, _ template: PublishTemplate, perSecond: Int, bodyBytes: Int
    ) async throws {
        var owed = 0
        while true {
            try await Task.sleep(for: .milliseconds(1000 / Self.portions))
            // Now more, now less: a straight line looks dead.
            owed += perSecond * Int.random(in: 70...130) / 100
            let count = owed / Self.portions
            owed -= count * Self.portions
            channel.onLoop { channel in
                let body = [UInt8](repeating: UInt8(ascii: "."), count: bodyBytes)
                body.withUnsafeBytes { body in
                    for _ in 0..<count where channel.isWritable { channel.publish(template, body: body) }
                }
            }
        }
    }

    private func consume(_ flow: Flow, _ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        if flow.prefetch > 0 { try await channel.call(BasicQos(prefetchCount: flow.prefetch)) }
        let hands = Hands()
        channel.onLoop { channel in channel.onDelivery = { hands.held.append($0.tag) } }
        try await channel.call(
            BasicConsume(
                queue: flow.queue, consumerTag: flow.acksPerSecond == 0 ? "pay-2" : "", noAck: flow.prefetch == 0))
        while true {
            try await Task.sleep(for: .milliseconds(1000 / Self.portions))
            guard flow.prefetch > 0, flow.acksPerSecond > 0 else { continue }
            channel.onLoop { channel in
                let count = min(hands.held.count, max(flow.acksPerSecond / Self.portions, 1))
                guard count > 0 else { return }
                channel.acknowledge(hands.held[count - 1], multiple: true)
                hands.held.removeFirst(count)
            }
        }
    }

    /// Deliveries a consumer holds; on its connection's loop.
    private final class Hands: @unchecked Sendable {
        var held: [UInt64] = []
    }
}
