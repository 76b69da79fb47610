internal import Foundation

/// Where a paused node's thread stands: it does nothing but what it is let do one by one, until it may go on.
final class PauseGate: @unchecked Sendable {
    private let condition = NSCondition()
    /// Guarded by the condition. Returns whether the thread may go on.
    private var steps: [() -> Bool] = []

    /// Holds the thread that calls this.
    func hold() {
        while true {
            condition.lock()
            while steps.isEmpty { condition.wait() }
            let step = steps.removeFirst()
            condition.unlock()
            guard step() else { continue }
            // What was asked for before it might go on is done.
            condition.lock()
            let rest = steps
            steps = []
            condition.unlock()
            for step in rest { _ = step() }
            return
        }
    }

    /// Lets the thread do one thing, and then go on or not.
    func letDo(_ step: @escaping @Sendable () -> Bool) {
        condition.lock()
        steps.append(step)
        condition.signal()
        condition.unlock()
    }
}
