internal import Synchronization

/// Who waits for an answer from a node's loop, so that nobody does for one that will not come.
final class PendingAsks: Sendable {
    private struct State {
        var last: UInt64 = 0
        var pending: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Remembers somebody who waits; what is returned answers, the first time it is called.
    func begin<Value: Sendable>(
        _ continuation: CheckedContinuation<Value?, Never>
    ) -> @Sendable (Value?) -> Void {
        let number = state.withLock { state in
            state.last += 1
            state.pending[state.last] = { continuation.resume(returning: nil) }
            return state.last
        }
        return { [self] value in
            let isFirst = state.withLock { $0.pending.removeValue(forKey: number) != nil }
            if isFirst { continuation.resume(returning: value) }
        }
    }

    /// Answers all of them with nil.
    func giveUp() {
        let pending = state.withLock { state in
            defer { state.pending = [:] }
            return state.pending.sorted { $0.key < $1.key }
        }
        for (_, answer) in pending { answer() }
    }
}
