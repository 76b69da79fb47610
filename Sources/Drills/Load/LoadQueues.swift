internal import AMQP
internal import AMQPClient

/// The queues of one round, and who has to do with which.
struct LoadQueues {
    /// Their names.
    let names: [String]
    private let isDurable: Bool
    private let arguments: FieldTable
    /// Channels that queues are declared and deleted on.
    private static let lanes = 32

    /// As many as a plan wants, under names that nobody else has.
    init(plan: LoadPlan) {
        let stem = "warren.perf.\(UInt64.random(in: .min ... .max))"
        names = plan.queues == 1 ? [stem] : (0..<plan.queues).map { "\(stem).\($0)" }
        // A quorum queue is always durable.
        isDurable = plan.isPersistent || plan.queueType == "quorum"
        arguments = plan.queueType.map { ["x-queue-type": .string($0)] } ?? FieldTable()
    }

    /// Declares all of them in one go. Throws what the broker refused with; some may be there then.
    func declare(on connection: ClientConnection) async throws {
        try await onLanes(of: connection) { QueueDeclare(queue: $0, durable: isDurable, arguments: arguments) }
    }

    /// Deletes all of them in one go, as far as they are there.
    func delete(on connection: ClientConnection) async throws {
        try await onLanes(of: connection) { QueueDelete(queue: $0) }
    }

    /// Calls a method for each queue on several channels at once. A broker answers a channel's methods one after the
    /// other, each when the disk has what it changed; those of several channels reach the disk together.
    private func onLanes(
        of connection: ClientConnection, _ method: (String) -> some MethodPayload & Sendable
    ) async throws {
        let lanes = min(Self.lanes, names.count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<lanes {
                let methods = stride(from: lane, to: names.count, by: lanes).map { method(names[$0]) }
                group.addTask {
                    try await connection.openChannel().call(all: methods)
                }
            }
            try await group.waitForAll()
        }
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
