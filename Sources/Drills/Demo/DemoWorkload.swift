internal import AMQP
public import AMQPClient
internal import NIOCore
internal import NIOPosix

/// The traffic of `warren demo`: a small business over real AMQP connections on loopback.
///
/// Orders flow through a topic exchange and are taken, invoices grow towards their queue's limit because their consumer
/// is slow, payments are stuck because a consumer never acknowledges, an audit is published in transactions, mail goes
/// out at once, and an audit trail is published to nobody.
public struct DemoWorkload: Sendable {
    private let uri: AMQPURI

    /// A workload for the broker at `uri`.
    public init(uri: AMQPURI) { self.uri = uri }

    /// Publishes go out in this many portions a second.
    private static let portions = 20

    /// Declares the demo's queues and runs its traffic until the task is cancelled or the broker goes.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                try await declareTopology(group)
                for flow in DemoFlow.all {
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

    private func declareTopology(_ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        for (name, type) in DemoFlow.exchanges {
            try await channel.call(ExchangeDeclare(exchange: name, type: type, durable: true))
        }
        for flow in DemoFlow.all {
            var arguments = FieldTable()
            arguments["x-max-length"] = flow.maxLength.map(FieldValue.int32)
            try await channel.call(QueueDeclare(queue: flow.queue, durable: true, arguments: arguments))
        }
        for (exchange, key, queue) in DemoFlow.bindings {
            try await channel.call(QueueBind(queue: queue, exchange: exchange, routingKey: key))
        }
        await connection.close()
    }

    private func publish(_ flow: DemoFlow, _ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        switch flow.safety {
        case .confirms: try await channel.call(ConfirmSelect())
        case .transactions: try await channel.call(TxSelect())
        case .none: break
        }
        let template = PublishTemplate(
            exchange: flow.exchange, routingKey: flow.key,
            properties: BasicProperties(contentType: "text/plain", deliveryMode: 2))
        try await repeatedly(
            channel, template, perSecond: flow.perSecond, bodyBytes: flow.bodyBytes,
            commits: flow.safety == .transactions)
    }

    private func publishUnheard(_ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        try await repeatedly(
            channel, PublishTemplate(exchange: DemoFlow.unheard, routingKey: ""), perSecond: DemoFlow.unheardPerSecond,
            bodyBytes: 80)
    }

    private func repeatedly(
        _ channel: ClientChannel, _ template: PublishTemplate, perSecond: Int, bodyBytes: Int,
        commits: Bool = false
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
            if commits { try await channel.call(TxCommit()) }
        }
    }

    private func consume(_ flow: DemoFlow, _ group: any EventLoopGroup) async throws {
        let connection = try await ClientConnection.open(uri, on: group)
        let channel = try await connection.openChannel()
        if flow.prefetch > 0 { try await channel.call(BasicQos(prefetchCount: flow.prefetch)) }
        let hands = Hands()
        channel.onLoop { channel in channel.onDelivery = { hands.held.append($0.tag) } }
        try await channel.call(
            BasicConsume(
                queue: flow.queue, consumerTag: flow.consumerTag, noAck: flow.prefetch == 0))
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
