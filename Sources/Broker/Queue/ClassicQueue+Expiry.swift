/// Messages that expire at the queue's head (RabbitMQ, "Time-To-Live and Expiration").
extension ClassicQueue {
    /// Drops what has expired at the head, and no more: like RabbitMQ's, a message expires when it gets there. False
    /// when the slice ended before that was done; the rest follows in the next tick.
    func dropExpired() -> Bool {
        var budget = Limits.sliceEntries
        while let expiry = firstExpiry, expiry < node.now.nanoseconds {
            guard budget > 0 else {
                node.watch(self, until: Instant(nanoseconds: node.now.nanoseconds + 1))
                return false
            }
            budget -= 1
            guard mayHeadDie() else { return false }
            if let entry = removeFirst() { node.die(entry, of: self, .expired) }
        }
        if readyCount == 0 { hasExpiring = false } else { watchHead() }
        return true
    }

    private var firstExpiry: UInt64? { firstEntry?.expiry }

    @inline(never)
    func noteExpiring() {
        // What a committed transaction owes to others does not expire on its way.
        guard !virtualHost.isInternal else { return }
        hasExpiring = true
        watchHead()
    }

    /// Keeps one deadline for the queue: when its head expires.
    private func watchHead() {
        guard let expiry = firstExpiry, expiry != QueueEntry.never else { return }
        // The head expires when its moment is over, so that a lifetime of 0 still reaches a consumer that waits.
        let deadline = Instant(nanoseconds: expiry &+ 1)
        if let watched = watchedExpiry, watched <= deadline { return }
        watchedExpiry = deadline
        node.watch(self, until: deadline)
    }

    /// The deadline has come.
    func expiryIsDue() {
        watchedExpiry = nil
        timeToDie()
        if hasExpiring { _ = dropExpired() }
        // A delivery may have waited for the slice to end.
        if !isScheduled { schedule() }
    }
}
