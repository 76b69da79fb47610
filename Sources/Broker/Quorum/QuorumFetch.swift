internal import Management

/// Messages being read from a quorum queue for the management API, one after the other through the log.
final class QuorumFetch {
    private let queue: QuorumQueue
    private let count: Int
    private let mode: AckMode
    private let truncate: Int?
    private var messages: [FetchedMessage] = []
    private var bytes = 0
    /// What they are held by until all have been read.
    private var held: [UInt64] = []

    init(_ queue: QuorumQueue, count: Int, mode: AckMode, truncate: Int?) {
        self.queue = queue
        self.count = count
        self.mode = mode
        self.truncate = truncate.map { max(0, $0) }
    }

    /// Reads them and settles them; `completed` is called on the loop with what there was.
    func begin(
        in node: Node, _ completed: @escaping (Result<[FetchedMessage], ProtocolException>) -> Void
    ) {
        guard messages.count < count, bytes < Limits.fetchedBodyBytes, !queue.isDeleted else { return end(completed) }
        node.request(.get(queue: queue.queue.name, noAck: false), in: queue.queue.virtualHost.name) { [self] answer in
            switch answer {
            case .got(let entry, let source):
                messages.append(node.message(entry, in: source, truncate: truncate))
                bytes += messages.last?.payload.count ?? 0
                held.append(entry.expiry)
                let how: QuorumSettlement? =
                    switch mode {
                    case .remove: .ack
                    case .rejectRemove: .discard
                    // With what holds it, to its place.
                    case .requeue, .rejectRequeue: nil
                    }
                if let how { queue.settle(entry.expiry, entry.sequence, how) }
                node.release(entry.record)
                begin(in: node, completed)
            case .failed(let exception):
                giveBack()
                completed(.failure(exception))
            default: end(completed)
            }
        }
    }

    private func end(_ completed: (Result<[FetchedMessage], ProtocolException>) -> Void) {
        giveBack()
        completed(.success(messages))
    }

    private func giveBack() {
        for id in held { queue.channelEnded(id) }
        held = []
    }
}
