/// The event loop that a node lives on, for everything that is not on it: the control plane.
///
/// Work crosses over once per request or batch, never per message.
public protocol NodeLoop: Sendable {
    /// Runs `work` once on the node's loop, then a tick; with nil when the node has stopped.
    func perform(_ work: @escaping @Sendable (Node?) -> Void)

    /// Runs `work` on the loop and waits for the value that it replies with, once, now or in a later tick; nil when the
    /// node has stopped, or does meanwhile.
    func ask<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async -> Value?
}

extension NodeLoop {
    /// As the node's loop does by itself: whoever asks waits for the node.
    public func ask<Value: Sendable>(
        _ work: @escaping @Sendable (Node, _ reply: @escaping @Sendable (Value?) -> Void) -> Void
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            perform { node in
                guard let node else { return continuation.resume(returning: nil) }
                work(node) { continuation.resume(returning: $0) }
            }
        }
    }
}
