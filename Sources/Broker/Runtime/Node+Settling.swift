internal import Journal

/// Messages that leave a queue, or come back to it.
extension Node {
    /// Empties a queue at once in name and in slices in deed.
    func discardReady(of queue: ClassicQueue) {
        if !queue.isDeleted {
            queue.mirrors?.purged(queue.readyRanges) { queue.readyCount(through: $0) }
            journalPurge(of: queue)
        }
        if queue.isDeleted { queue.dropDying() }
        let remains = queue.takeAllReady()
        if remains.count > 0 { later(.release(Remains(remains))) }
    }

    /// Ends a delivery: the message goes back to its queue or is gone.
    func settle(_ entry: QueueEntry, of queue: ClassicQueue, _ settlement: Settlement) {
        if entry.flags & QueueEntry.relayed != 0 || queue.isForeign(entry) {
            // What its home is told of it is told elsewhere.
            queue.foreignUnacked -= 1
            forget(entry)
        } else {
            queue.unackedCount -= 1
            queue.unackedBytes -= Int(entry.bodyBytes)
            switch settlement {
            case .requeue where !queue.isDeleted: queue.requeue(entry)
            case .discard: reject(entry, of: queue)
            case .ack, .requeue: drop(entry, of: queue)
            }
        }
        if queue.isDeleted, queue.unackedCount + queue.foreignUnacked == 0 { retired[queue.id] = nil }
    }
}
