internal import Journal

/// Messages that leave the queue without an acknowledgement where there is a dead-letter exchange: they must be in memory,
/// and there must be time and room for them.
extension ClassicQueue {
    /// Whether all that a dead letter needs of a message is in memory; begins to read back what is not.
    func isWhole(_ entry: QueueEntry) -> Bool {
        guard !entry.isCold else { return false }
        guard entry.flags & QueueEntry.chunked != 0 || Int(entry.bodyBytes) > Limits.chunkBytes else { return true }
        let shape = MessageRecord.shape(of: node.segments.bytes(of: entry.record))
        // A body that goes on to one queue of this node goes as it is.
        guard shape.isChunked, node.segments.references(to: entry.record) > 1 || !node.quorum.isEmpty else {
            return true
        }
        for index in 0..<shape.chunkCount {
            let memory = node.chunkMemory(index, of: entry.record, shape) { [self] _ in goOnDying() }
            guard memory != nil else { return false }
        }
        return true
    }

    /// Whether the message at the head can go now; if not, `goOnDying` is called when it may.
    func mayHeadDie() -> Bool {
        guard deadLetters != nil, let head = firstEntry else { return true }
        guard node.storageFailure == nil else { return false }
        guard node.mayDeadLetter else {
            waitToDie()
            return false
        }
        if coldReady > 0, !prepareHead() { return false }
        return isWhole(firstEntry ?? head)
    }

    private func waitToDie() {
        guard deathDeadline == nil else { return }
        // The next tick where this one is full; where there is no room, not at once.
        let pause = node.deadLetters.isTickFull ? 1 : Limits.deadLetterPauseNanoseconds
        let deadline = Instant(nanoseconds: node.now.nanoseconds + pause)
        deathDeadline = deadline
        node.watch(self, until: deadline)
    }

    /// The moment may have come that was waited for.
    func timeToDie() {
        guard let deadline = deathDeadline, deadline <= node.now else { return }
        deathDeadline = nil
        letDie()
        if limits.limitsLength { noteLength() }
    }

    /// What was in the way may have gone.
    func goOnDying() {
        guard !isDeleted else { return dropDying() }
        letDie()
        expiryIsDue()
        if limits.limitsLength { noteLength() }
    }

    // MARK: Rejected messages

    /// Takes a message that a client has rejected and that cannot go at once.
    func letDie(_ entry: QueueEntry) {
        dying.insert(entry)
        waitToDie()
    }

    /// Lets those go that can.
    func letDie() {
        while let entry = dying.first {
            guard node.storageFailure == nil else { return }
            guard node.mayDeadLetter else { return waitToDie() }
            guard !entry.isCold else { return fetchDying() }
            guard isWhole(entry) else { return }
            _ = dying.popFirst()
            node.die(entry, of: self, .rejected)
        }
    }

    /// Reads back what comes next, one run at a time.
    private func fetchDying() {
        guard !isFetchingDying else { return }
        var asked: [QueueEntry] = []
        var bytes = 0
        _ = dying.visit(limit: Limits.deadLettersPerTick) { entry in
            guard bytes < Limits.fetchedBytes else { return false }
            if entry.isCold {
                asked.append(entry)
                bytes += Int(entry.bodyBytes)
            }
            return true
        }
        isFetchingDying = true
        node.fetch(pieces(of: asked)) { [self] fetch, _ in
            isFetchingDying = false
            guard !isDeleted else { return dropDying() }
            for (index, known) in asked.enumerated() {
                _ = dying.update(known.sequence) { [self] entry in
                    // It may have been written again elsewhere.
                    guard entry.isCold, entry.location == known.location else { return nil }
                    return warmed(entry, from: fetch, index)
                }
            }
            letDie()
        }
    }

    /// The queue is deleted, and what is in it with it.
    func dropDying() {
        while let entry = dying.popFirst() { node.drop(entry, of: self) }
    }
}
