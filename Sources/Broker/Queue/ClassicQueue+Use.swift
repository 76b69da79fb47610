/// How long a queue lives that nobody uses (RabbitMQ, "Time-To-Live": queue TTL).
extension ClassicQueue {
    /// The queue was declared again, read from, or lost a consumer.
    func touch() {
        lastUsed = node.now
        if limits.expires != nil, consumers.isEmpty { watchUse() }
    }

    /// Whether nobody has used it for as long as it lives without use.
    var isUnusedTooLong: Bool {
        if let quorum = distant as? QuorumQueue { return quorum.member?.isUnusedTooLong ?? false }
        guard let lifetime = limits.expires, consumers.isEmpty, !isDeleted, !isRemote else { return false }
        return node.now.milliseconds(since: lastUsed) >= lifetime
    }

    /// The moment has come to look at its use; returns whether it is over.
    func useIsDue() -> Bool {
        guard let watchedUse, watchedUse <= node.now else { return false }
        self.watchedUse = nil
        if isUnusedTooLong { return true }
        watchUse()
        return false
    }

    /// Looks at its use again at a certain time, whatever comes of it until then.
    func watchUse(again deadline: Instant) {
        watchedUse = deadline
        node.watchUse(of: self, until: deadline)
    }

    /// Looks at its use again when it may be over; one look is enough, however often it is used until then.
    func watchUse() {
        guard let lifetime = limits.expires, consumers.isEmpty, !isDeleted, !isRemote else { return }
        let deadline = lastUsed.advanced(milliseconds: lifetime)
        if let watchedUse, watchedUse <= deadline { return }
        watchUse(again: deadline)
    }

    /// How long it may stay unused is another time, which begins now.
    func lifetimeChanged() {
        lastUsed = node.now
        watchUse()
    }
}
