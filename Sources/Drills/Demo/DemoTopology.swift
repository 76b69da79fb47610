internal import AMQP
internal import AMQPClient
internal import NIOCore

/// The demo's exchanges, queues and bindings, and who declares them where.
struct DemoTopology: Sendable {
    let uris: [AMQPURI]
    let group: any EventLoopGroup

    /// Declares everything, each queue on its home, and goes on until that has worked or the task is cancelled.
    func declareAll() async {
        for flow in DemoFlow.all {
            await DemoLine(uris: uris, place: flow.home, group: group).once { channel in
                try await declare(flow, on: channel)
            }
        }
    }

    /// Declares the exchanges and a flow's queue with its bindings; on a channel of any node.
    func declare(_ flow: DemoFlow, on channel: ClientChannel) async throws {
        for (name, type) in DemoFlow.exchanges {
            try await channel.call(ExchangeDeclare(exchange: name, type: type, durable: true))
        }
        var arguments = FieldTable()
        if flow.kind == .quorum { arguments["x-queue-type"] = .string("quorum") }
        arguments["x-max-length"] = flow.maxLength.map(FieldValue.int32)
        try await channel.call(QueueDeclare(queue: flow.queue, durable: true, arguments: arguments))
        for (exchange, key, queue) in DemoFlow.bindings where queue == flow.queue {
            try await channel.call(QueueBind(queue: queue, exchange: exchange, routingKey: key))
        }
    }
}
