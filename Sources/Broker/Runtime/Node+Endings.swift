/// Ends of what clients started: what they held goes back, in slices where it is much.
extension Node {
    /// Returns everything that a channel held when it ended; the first slice at once, unless others had theirs.
    func giveBack(_ unacked: inout Unacked, keeping consumers: [Consumer], exceptPending: Bool) {
        let count = unacked.count
        var taken = Unacked()
        swap(&taken, &unacked)
        let returning = Returning(taken, consumers, exceptPending: exceptPending)
        guard givenBack < Limits.sliceEntries else { return later(.giveBack(returning)) }
        givenBack += count
        if !returning.continueReturning(in: self) { later(.giveBack(returning)) }
    }

    /// Ends consumers: none of them gets anything more; their queues forget them, the first slice at once.
    func cancel(_ consumers: [Consumer]) {
        // A consumer does not keep its queue alive.
        // order-free: an array
        var ending = consumers.filter { !$0.isCancelled }.map { (consumer: $0, queue: $0.queue) }[...]
        for (consumer, queue) in ending { queue.cancel(consumer) }
        inSlices { node in
            for (consumer, queue) in ending.prefix(Limits.consumersPerSlice) {
                queue.remove(consumer)
                if queue.isAbandoned { node.submit(.reap(queueID: queue.id), from: .node, in: queue.virtualHost) }
            }
            ending = ending.dropFirst(Limits.consumersPerSlice)
            return ending.isEmpty
        }
    }

    /// Does the first slice of some work at once and the others in later ticks.
    private func inSlices(_ work: @escaping (Node) -> Bool) {
        if !work(self) { later(.control(work)) }
    }

    /// Tells the consumers of a deleted queue that they have ended.
    func tellConsumers(of queue: ClassicQueue) {
        var ending = queue.consumers.all[...]
        inSlices { [queue] _ in
            for consumer in ending.prefix(Limits.consumersPerSlice) where !consumer.isCancelled {
                consumer.channel.queueDeleted(under: consumer)
            }
            ending = ending.dropFirst(Limits.consumersPerSlice)
            // Consumers do not keep their queue alive.
            return ending.isEmpty || queue.consumers.isEmpty
        }
    }
}
