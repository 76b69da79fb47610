import TestSupport

/// The two brokers of this suite, started once, at the same time, when the first behaviour wants them.
enum Brokers {
    /// Warren keeps what is durable on a disk, as RabbitMQ does.
    private static let data = Result { try TemporaryFolder() }
    private static let starting = Task {
        let folder = try data.get().path
        async let rabbitMQ = TestBroker.rabbitMQ()
        async let warren = TestBroker.warren(data: folder)
        return (try BehaviourRunner(try await rabbitMQ), try BehaviourRunner(try await warren))
    }

    static func runners() async throws -> (rabbitMQ: BehaviourRunner, warren: BehaviourRunner) {
        try await starting.value
    }
}
