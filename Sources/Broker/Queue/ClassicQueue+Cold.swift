internal import Journal

/// A backlog that does not fit into memory: the middle of the queue lies in the journal alone.
///
/// Messages near the head stay in memory, as far as there is room for them; those behind are cooled once the disk has
/// them, from the oldest on; and they are read back in runs ahead of the consumers, each run twice as long as the one
/// before while consumers keep taking. A queue whose head is cold is fetching: others go on meanwhile.
extension ClassicQueue {
    // MARK: Reading back

    /// Whether the head is in memory; begins to read it back where it is not, and what follows it before it is needed.
    @inline(never)
    func prepareHead() -> Bool {
        guard let head = firstEntry else { return true }
        guard node.storageFailure == nil else { return false }
        if head.isCold {
            if !isFetching { fetch(from: head.sequence) }
            // It may have been answered at once.
            return firstEntry?.isCold == false
        }
        // Half of the last run is left.
        if !isFetching, lookedUpTo < head.sequence + UInt64(fetchCount / 2) {
            fetch(from: max(head.sequence, lookedUpTo + 1))
        }
        return true
    }

    private func fetch(from sequence: UInt64) {
        var entries: [QueueEntry] = []
        var bytes = 0
        func take(_ entry: QueueEntry) -> Bool {
            guard entries.count < fetchCount, bytes < Limits.fetchedBytes else { return false }
            if entry.isCold {
                entries.append(entry)
                bytes += Int(entry.bodyBytes)
            }
            return true
        }
        let wasWhole = visitReturned(limit: fetchCount, take)
        if wasWhole {
            var place = ready.firstPlace(from: sequence) { $0.sequence }
            let end = min(ready.count, place + 2 * fetchCount)
            while place < end, take(ready[place]) { place += 1 }
            if place > 0 { lookedUpTo = max(lookedUpTo, ready[place - 1].sequence) }
        }
        guard !entries.isEmpty else { return }
        fetchCount = min(fetchCount * 2, Limits.fetchedMost)
        isFetching = true
        node.fetch(pieces(of: entries)) { [self] fetch, _ in
            isFetching = false
            for (index, entry) in entries.enumerated() { warm(entry, from: fetch, index) }
            fetched()
        }
    }

    /// Where cold messages lie in the journal.
    func pieces(of entries: [QueueEntry]) -> [JournalFetch.Piece] {
        entries.map {
            JournalFetch.Piece(at: $0.location, expectedBytes: Int($0.bodyBytes) + Limits.fetchedOverhead)
        }
    }

    /// Puts a message that was read back into its place, if it is still there and still cold.
    private func warm(_ asked: QueueEntry, from fetch: JournalFetch, _ index: Int) {
        guard !isDeleted,
            update(
                asked.sequence,
                { [self] entry in
                    guard entry.isCold, entry.location == asked.location else { return nil }
                    return warmed(entry, from: fetch, index)
                })
        else { return }
        coldReady -= 1
    }

    func warmed(_ entry: QueueEntry, from fetch: JournalFetch, _ index: Int) -> QueueEntry? {
        do throws(StorageError) {
            guard let warmed = try found(entry, in: fetch, index) else {
                node.misplaced(entry.location)
                return nil
            }
            return warmed
        } catch {
            node.storageFailed(error)
            return nil
        }
    }

    /// A message that was read back; nil where another lies at its place.
    func found(
        _ entry: QueueEntry, in fetch: JournalFetch, _ index: Int
    ) throws(StorageError) -> QueueEntry? {
        let name = MessageName(queue: id, sequence: entry.sequence)
        let record = try fetch.withRecord(index) { found -> RecordPosition? in
            // What lies there must say that it is this message.
            guard let publish = PublishRecord(found), publish.names(name), !publish.shape.isChunked else {
                return nil
            }
            return node.store(publish, at: entry.location)
        }
        return record.map(entry.warmed)
    }

    /// Goes on with what waited.
    private func fetched() {
        if coldReady == 0 { fetchCount = Limits.fetchedFirst }
        if deadLetters != nil || !dying.isEmpty, !isDeleted { goOnDying() }
        goOnDelivering()
    }

    /// Delivers again, and carries out what waited for the head.
    func goOnDelivering() {
        resume()
        resumeWaiting()
    }

    func resumeWaiting() {
        let waiting = waitingForHead
        waitingForHead = []
        for (request, origin) in waiting { node.submit(request, from: origin, in: virtualHost) }
    }

    /// Carries a request out again once the head is in memory.
    func whenHeadIsThere(_ request: Request, from origin: Origin) { waitingForHead.append((request, origin)) }

    // MARK: Cooling

    /// Gives up the memory of messages that the disk has, all but `keptBytes` at the head; at most `budget` of them are
    /// looked at. Returns whether there may be more.
    func cool(keeping keptBytes: Int, budget: inout Int) -> Bool {
        guard !isDeleted, !ready.isEmpty, cooledWith != lastSequence else { return false }
        var kept = 0
        var bytes = 0
        while kept < ready.count, bytes < keptBytes, kept < Limits.keptWarm {
            bytes += Int(ready[kept].bodyBytes) + MessageRecord.memoryBytes + Limits.fetchedOverhead
            kept += 1
        }
        if spill(from: kept, &budget) || cool(from: kept, &budget) { return true }
        // All that may leave has left; until something comes there is nothing to do.
        if cooledUpTo == lastSequence || kept == ready.count { cooledWith = lastSequence }
        return false
    }

    /// Writes down what is not, so that it can be cooled later.
    private func spill(from kept: Int, _ budget: inout Int) -> Bool {
        var place = max(kept, ready.firstPlace(from: spilledUpTo + 1) { $0.sequence })
        while place < ready.count {
            // The disk first.
            guard node.journal.pendingBytes < Limits.rewritingPendingBytes else { return false }
            guard budget > 0 else { return true }
            budget -= 1
            let entry = ready[place]
            if !entry.isJournaled {
                guard let spilled = node.spill(entry, of: self) else { return false }
                ready[place] = spilled
            }
            spilledUpTo = entry.sequence
            place += 1
        }
        return false
    }

    private func cool(from kept: Int, _ budget: inout Int) -> Bool {
        var place = max(kept, ready.firstPlace(from: cooledUpTo + 1) { $0.sequence })
        while place < ready.count, ready[place].sequence <= spilledUpTo {
            guard budget > 0 else { return true }
            budget -= 1
            let entry = ready[place]
            if !entry.isCold {
                guard let cooled = node.cooled(entry) else { return false }
                if cooled.isCold {
                    ready[place] = cooled
                    coldReady += 1
                }
            }
            cooledUpTo = entry.sequence
            place += 1
        }
        return false
    }
}
