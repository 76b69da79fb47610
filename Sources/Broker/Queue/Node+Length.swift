/// Queues over their length (RabbitMQ, "Queue Length Limit").
extension Node {
    /// Remembers a queue that is over its length: after deliveries have had their turn, its oldest messages go.
    func noteOverLength(_ queue: ClassicQueue) { overLength.append(queue) }

    func dropOverLength() {
        guard !overLength.isEmpty else { return }
        var budget = Limits.sliceEntries
        let queues = overLength
        overLength.removeAll(keepingCapacity: true)
        for (place, queue) in queues.enumerated() {
            if budget <= 0 {
                overLength += queues[place...]
                break
            }
            if !queue.isDeleted, !queue.dropHead(budget: &budget) { overLength.append(queue) }
        }
    }
}
