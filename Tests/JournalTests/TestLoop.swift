import Foundation

/// A loop of its own: what is posted is carried out by whoever waits.
final class TestLoop: @unchecked Sendable {
    private let condition = NSCondition()
    private var work: [@Sendable () -> Void] = []

    func post(_ step: @escaping @Sendable () -> Void) {
        condition.lock()
        work.append(step)
        condition.signal()
        condition.unlock()
    }

    /// Carries out one step, waiting for it.
    func runOne() {
        condition.lock()
        while work.isEmpty { condition.wait() }
        let step = work.removeFirst()
        condition.unlock()
        step()
    }

    /// Carries out what has been posted.
    func runAll() {
        condition.lock()
        let steps = work
        work = []
        condition.unlock()
        for step in steps { step() }
    }
}
