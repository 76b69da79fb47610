internal import Journal

/// Memory for messages is bounded: beyond a part of the limit, what the disk has is kept there alone.
extension Node {
    /// Bytes of messages above which those that the disk has leave memory.
    private var warmBytes: Int { configuration.warmBytes ?? configuration.memoryLimit / Limits.warmPart }

    /// A slice of cooling where memory for messages is short; the queues take turns.
    func coolSome() {
        isCooling = journal.keepsBytes && segments.occupiedBytes > warmBytes
        hasMoreToCool = false
        guard isCooling else { return }
        var budget = Limits.cooledPerTick
        hasMoreToCool = rollForward.cool(&budget)
        let queues = queueList.slots
        guard !queues.isEmpty else { return }
        let kept = min(Limits.keptWarmBytes, warmBytes / 2 / queues.count)
        for _ in 0..<min(Limits.queuesCooledPerTick, queues.count) {
            coolingPlace = coolingPlace < queues.count ? coolingPlace : 0
            if let queue = queues[coolingPlace], queue.cool(keeping: kept, budget: &budget) {
                hasMoreToCool = true
                break
            }
            coolingPlace += 1
        }
    }

    /// Looks at what clients hold unacknowledged, in slices; what was not on the disk when it was delivered may be by now.
    func coolUnacked() {
        guard isCooling, !isCoolingUnacked else { return }
        isCoolingUnacked = true
        visitUnacked({ node, entry, _, _, _ in
            guard entry.isJournaled, !entry.isCold, let cooled = node.cooled(entry), cooled.isCold else { return nil }
            return cooled
        }) { $0.isCoolingUnacked = false }
    }

    /// An entry without its memory, if the disk has it; the same entry where it must stay; nil where the disk has not
    /// got there yet.
    func cooled(_ entry: QueueEntry) -> QueueEntry? {
        let location = MessageRecord.location(of: segments.bytes(of: entry.record))
        // A message that is written down nowhere stays.
        guard location != .none else { return entry }
        guard location < journal.readable else { return nil }
        if entry.flags & QueueEntry.chunked != 0 {
            coolChunks(of: entry.record)
            return entry
        }
        // Written again for other queues, but not for this one: only the old location names it.
        guard entry.isJournaled(in: location.segment) else { return entry }
        release(entry.record)
        return entry.cooled(at: location)
    }

    /// A delivery that is on its way out needs no memory where that is short.
    @inline(__always)
    func held(_ entry: QueueEntry) -> QueueEntry {
        // The chunks of a large body are still to be sent.
        guard isCooling, entry.isJournaled, entry.flags & QueueEntry.chunked == 0 else { return entry }
        return cooled(entry) ?? entry
    }

    // MARK: Reading back

    /// Reads records back and calls `completed` on the loop.
    func fetch(_ pieces: [JournalFetch.Piece], completed: @escaping (JournalFetch, Node) -> Void) {
        guard pieces.allSatisfy({ $0.location < journal.readable }) else {
            // It has just been written again, and the disk has not taken that yet.
            isFlushDue = true
            awaitingWritten.append { $0.fetch(pieces, completed: completed) }
            return
        }
        let fetch = JournalFetch(pieces)
        configuration.storage.fetch(fetch) { [self] in
            completed(fetch, self)
            if !isTicking { wake?() }
        }
    }

    /// Puts a message that was read back into memory.
    func store(_ publish: PublishRecord, at location: JournalLocation) -> RecordPosition {
        let record = segments.allocate(MessageRecord.memoryBytes + publish.message.count)
        let bytes = segments.bytes(of: record)
        MessageRecord.setLocation(location, of: bytes)
        MessageRecord.setPublish(0, by: 0, of: bytes)
        if let start = publish.message.baseAddress {
            (bytes + MessageRecord.memoryBytes).copyMemory(from: start, byteCount: publish.message.count)
        }
        return record
    }

    /// What was read back is not what should be there.
    func misplaced(_ location: JournalLocation) {
        storageFailed(
            StorageError(
                "the journal's segment \(location.segment) does not hold what it should at byte \(location.offset). "
                    + "Restore its directory from a copy, or start with --salvage to go on without what cannot be read."
            ))
    }

    // MARK: What clients hold

    /// Visits every delivery that clients hold, a slice a tick, and changes those for which `change`
    /// returns something.
    func visitUnacked(
        _ change:
            @escaping (Node, QueueEntry, ClassicQueue, ChannelReference, _ tag: UInt64) -> QueueEntry?,
        finished: @escaping (Node) -> Void
    ) {
        var channels = sortedConnections.flatMap { connection in connection.sortedChannels.map(\.reference) }[...]
        var after: UInt64 = 0
        later(
            .control { node in
                for _ in 0..<Limits.channelsPerSlice {
                    guard let reference = channels.first else {
                        finished(node)
                        return true
                    }
                    if let channel = node.channel(reference),
                        let last = channel.unacked.update(
                            after: after, limit: Limits.unackedPerSlice,
                            { change(node, $0.entry, $1, reference, $0.tag) })
                    {
                        after = last
                        return false
                    }
                    channels = channels.dropFirst()
                    after = 0
                }
                return false
            })
        if !isTicking { wake?() }
    }
}
