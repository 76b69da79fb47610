import Journal

/// Storage whose flushes complete when the simulation says so: late, in any order, several at once.
final class SimulatedStorage: Storage {
    private struct Flush {
        let position: JournalPosition
        let completed: (JournalPosition) -> Void
        let requestedAt: Int
    }

    private unowned let simulation: Simulation
    private var waiting: [Flush] = []
    /// The step of the latest flush request that is known to be durable, with all before it.
    private(set) var durableRequest = -1

    init(simulation: Simulation) { self.simulation = simulation }

    func flush(upTo position: JournalPosition, completed: @escaping (JournalPosition) -> Void) {
        waiting.append(Flush(position: position, completed: completed, requestedAt: simulation.step))
        simulation.trace.say { "flush requested up to \(position.rawValue)" }
        simulation.plan(.flushDone, after: simulation.random.nanoseconds(upToMicroseconds: 20_000))
    }

    /// Completes one of the waiting flushes, and with it often others.
    func completeSome() {
        guard !waiting.isEmpty else { return }
        let chosen = waiting[simulation.random.below(waiting.count)]
        // One sync covers everything before it.
        durableRequest = max(durableRequest, chosen.requestedAt)
        let covered = waiting.filter { $0.position <= chosen.position }
        let answered = simulation.random.chance(50) ? covered : [chosen]
        waiting.removeAll { flush in answered.contains { $0.requestedAt == flush.requestedAt } }
        simulation.trace.say { "flush done up to \(chosen.position.rawValue), \(answered.count) answered" }
        for flush in answered { flush.completed(chosen.position) }
    }
}
