internal import AMQP
internal import AMQPClient

/// The queues of one round, and who has to do with which.
struct LoadQueues {
    /// Their names.
    let names: [String]
    private let isDurable: Bool

    /// As many as a plan wants, under names that nobody else has.
    init(plan: LoadPlan) {
        let stem = "warren.perf.\(UInt64.random(in: .min ... .max))"
        names = plan.queues == 1 ? [stem] : (0..<plan.queues).map { "\(stem).\($0)" }
        isDurable = plan.isPersistent
    }

    /// Declares all of them in one go. Throws what the broker refused with; some may be there then.
    func declare(on channel: ClientChannel) async throws(ClientError) {
        try await channel.call(all: names.map { QueueDeclare(queue: $0, durable: isDurable) })
    }

    /// Deletes all of them in one go, as far as they are there.
    func delete(on channel: ClientChannel) async throws(ClientError) {
        try await channel.call(all: names.map { QueueDelete(queue: $0) })
    }

    /// The queues of one of several consumers: each queue has as many consumers as any other, give or take one, and
    /// each consumer as many queues.
    func names(ofConsumer consumer: Int, of consumers: Int) -> [String] {
        consumers >= names.count
            ? [names[consumer % names.count]]
            : stride(from: consumer, to: names.count, by: consumers).map { names[$0] }
    }

    /// Where one of several publishers begins its round through the queues, so that they do not all begin at the same.
    func firstIndex(ofPublisher publisher: Int, of publishers: Int) -> Int { publisher * names.count / publishers }
}
