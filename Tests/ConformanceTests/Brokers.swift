import TestSupport

/// The two brokers of this suite, started once, at the same time, when the first behaviour wants them.
enum Brokers {
    private static let starting = Task {
        async let rabbitMQ = TestBroker.rabbitMQ()
        async let warren = TestBroker.warren()
        return (try BehaviourRunner(try await rabbitMQ), try BehaviourRunner(try await warren))
    }

    static func runners() async throws -> (rabbitMQ: BehaviourRunner, warren: BehaviourRunner) {
        try await starting.value
    }
}
