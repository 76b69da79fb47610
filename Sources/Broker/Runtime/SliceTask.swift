internal import Journal

/// Work too long for one tick, done a slice at a time.
enum SliceTask {
    /// Messages that a purge or a deletion removed.
    case release(Remains)
    /// Deliveries of a channel that ended.
    case giveBack(Returning)
    /// A `multiple` settlement of very many deliveries.
    case settle(ChannelReference)
    /// A transaction being committed or rolled back.
    case endTransaction(TransactionEnd)
    /// Something of the control plane; returns whether it is finished.
    case control((Node) -> Bool)
}

/// Messages being released.
final class Remains {
    private var remains: QueueRemains

    init(_ remains: consuming QueueRemains) { self.remains = remains }

    /// Releases one slice; returns whether nothing is left.
    func releaseSome(in node: Node) -> Bool {
        var budget = Limits.sliceEntries
        while budget > 0, !remains.ready.isEmpty {
            node.forget(remains.ready.first)
            remains.ready.removeFirst()
            budget -= 1
        }
        while budget > 0, let entry = remains.returned.popFirst() {
            node.forget(entry)
            budget -= 1
        }
        return remains.count == 0
    }
}

/// Deliveries going back to their queues because their channel ended.
final class Returning {
    private var unacked: Unacked
    /// Keeps alive what the deliveries point at.
    private let consumers: [Consumer]
    /// A commit in progress has those of its transaction.
    private let exceptPending: Bool

    init(_ unacked: consuming Unacked, _ consumers: [Consumer], exceptPending: Bool) {
        self.unacked = unacked
        self.consumers = consumers
        self.exceptPending = exceptPending
    }

    /// Requeues one slice; returns whether nothing is left.
    func continueReturning(in node: Node) -> Bool {
        for _ in 0..<Limits.sliceEntries {
            guard let delivery = unacked.popFirst() else { return true }
            if exceptPending, delivery.state == .pending { continue }
            node.settle(delivery.entry, of: delivery.queue.takeUnretainedValue(), .requeue)
        }
        return unacked.count == 0
    }
}

/// When to look at the deadlines of a connection or a queue.
struct Timer: Comparable {
    enum Target: Comparable {
        case connection(ConnectionID)
        case queue(UInt64)
        case queueUse(UInt64)
        case quorumQueue(UInt64)
        case memory
        case statistics
        case deliveryAcks
        case flush
        case deadLetters
        case rollForward
    }

    let deadline: Instant
    let target: Target

    static func < (left: Timer, right: Timer) -> Bool {
        (left.deadline, left.target) < (right.deadline, right.target)
    }
}
