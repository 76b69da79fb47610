internal import AMQP
internal import AMQPClient
internal import Synchronization

/// One consumer of a flow: writes down what comes and acknowledges it, after a moment, slowly or never.
struct DemoConsumer: Sendable {
    let flow: DemoFlow
    let books: DemoBooks
    let topology: DemoTopology
    private let seen = Seen()

    init(flow: DemoFlow, books: DemoBooks, topology: DemoTopology) {
        self.flow = flow
        self.books = books
        self.topology = topology
    }

    /// Acknowledgements go out so often; a delivery is held for one to two of these.
    private static let interval: UInt64 = 25_000_000

    func run(_ channel: ClientChannel, _ ending: DemoLine.Ending) async throws {
        let hands = Hands(self)
        channel.onLoop { hands.attach(to: $0) }
        if flow.prefetch > 0 { try await channel.call(BasicQos(prefetchCount: flow.prefetch)) }
        if seen.isGone.load(ordering: .relaxed) {
            _ = books.write(flow.queue) { $0.queueDeleted() }
            try await topology.declare(flow, on: channel)
            seen.isGone.store(false, ordering: .relaxed)
        }
        do {
            try await channel.call(BasicConsume(queue: flow.queue, consumerTag: flow.consumerTag))
        } catch ClientError.refused(404, let text) where !text.contains("home node") {
            // Not out of reach but gone: a person has deleted it. The next channel declares it again.
            seen.isGone.store(true, ordering: .relaxed)
            throw ClientError.refused(code: 404, text: text)
        }
        _ = books.write(flow.queue) { $0.attached(at: DemoBooks.now) }
        defer { _ = books.write(flow.queue) { $0.detached(at: DemoBooks.now) } }
        channel.onLoop { hands.tick($0) }
        do {
            try await ending.wait()
        } catch {
            await hands.drop(channel)
            throw error
        }
        await hands.drop(channel)
    }

    /// What one channel leaves to the next.
    private final class Seen: Sendable {
        let isGone = Atomic(false)
    }

    /// Deliveries that a consumer holds; on its connection's loop.
    private final class Hands: @unchecked Sendable {
        private let flow: DemoFlow
        private let books: DemoBooks
        private var held: [UInt64] = []
        /// Of these, how many had been there at the last tick.
        private var ripe = 0
        private var pace: DemoPace?
        private var isOver = false

        init(_ owner: DemoConsumer) {
            flow = owner.flow
            books = owner.books
            pace = owner.flow.acksPerSecond.map(DemoPace.init)
        }

        func attach(to channel: ClientChannel) {
            channel.onDelivery = { delivery in
                self.held.append(delivery.tag)
                guard let message = DemoMessage(delivery.body), message.run == self.books.run else { return }
                _ = self.books.write(self.flow.queue) {
                    $0.received(message.number, from: message.publisher, isRedelivered: delivery.isRedelivered)
                }
            }
        }

        /// A consumer that was cancelled gives up its channel, and so what it held.
        func drop(_ channel: ClientChannel) async {
            // At the end of everything the connection goes as well.
            guard !Task.isCancelled else { return channel.onLoop { _ in self.isOver = true } }
            await withCheckedContinuation { continuation in
                channel.onLoop { channel in
                    self.isOver = true
                    channel.onDelivery = nil
                    channel.ask(ChannelClose(replyCode: 200)) { _ in continuation.resume() }
                }
            }
        }

        func tick(_ channel: ClientChannel) {
            guard !isOver else { return }
            if let pace = pace?.due(at: DemoBooks.now) { ripe = min(pace, held.count) }
            if ripe > 0 {
                channel.acknowledge(held[ripe - 1], multiple: true)
                held.removeFirst(ripe)
            }
            ripe = held.count
            channel.onLoop(afterNanoseconds: DemoConsumer.interval) { [self] in tick($0) }
        }
    }
}
