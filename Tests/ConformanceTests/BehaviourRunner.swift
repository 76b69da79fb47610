import Foundation
import TestSupport

/// Observes behaviours on one broker, a few at a time.
actor BehaviourRunner {
    private static let workersPerBroker = 2
    /// Above the script's own limit, which gives the better message.
    private static let answerDeadline = Duration.seconds(90)

    private let broker: TestBroker
    private var idle: [ChildProcess] = []
    private var waiting: [CheckedContinuation<ChildProcess, Never>] = []

    init(_ broker: TestBroker) throws {
        self.broker = broker
        var command = [Repository.python, Behaviour.runner, "--uri", broker.uri, "--worker"]
        if let management = broker.managementURL { command += ["--management", management] }
        for _ in 0..<Self.workersPerBroker { idle.append(try ChildProcess(command)) }
    }

    /// What the broker does, as a line of JSON with sorted keys.
    /// - Throws: `NotObserved` when the script could not see it through.
    func outcome(of behaviour: Behaviour) async throws -> String {
        let worker = await takeWorker()
        defer { giveBack(worker) }
        let line = try await worker.ask(behaviour.name, within: Self.answerDeadline)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        if let failure = answer.failure {
            throw NotObserved(name: behaviour.name, broker: broker.uri, failure: failure)
        }
        return line
    }

    private func takeWorker() async -> ChildProcess {
        if let worker = idle.popLast() { return worker }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func giveBack(_ worker: ChildProcess) {
        if waiting.isEmpty { idle.append(worker) } else { waiting.removeFirst().resume(returning: worker) }
    }

    private struct Answer: Decodable {
        let failure: String?
    }
}

/// A behaviour's script failed against a broker.
struct NotObserved: Error, CustomStringConvertible {
    let name: String
    let broker: String
    let failure: String

    var description: String { "\(name) on \(broker): \(failure)" }
}
