internal import Journal

/// Room in the journal: where little of it is needed any more, what is needed is written down again at its end, and the
/// old segments can go. Log order stays the truth: a message ends by its name, wherever its records lie.
extension Node {
    /// Begins a pass where the journal is several times as large as what is needed of it, or in any case.
    func compact(always: Bool = false) {
        let needed = max(configuration.segmentBytes * Limits.journalSegmentsMin, keptBytes * Limits.journalFactor)
        guard !isCompacting, openTransactions == 0, always || journal.byteCount > needed else { return }
        isCompacting = true
        // Written down before, so needed again; what comes now goes to later segments anyway.
        let end = journal.segment
        var queues = queueList.slots[...]
        var after: UInt64 = 0
        later(
            .control { node in
                while let next = queues.first, next?.isDeleted ?? true { queues = queues.dropFirst() }
                guard let queue = queues.first ?? nil else {
                    for connection in node.sortedConnections {
                        for channel in connection.sortedChannels {
                            channel.unacked.update { node.rewrite($0, of: $1, before: end) }
                        }
                    }
                    node.isCompacting = false
                    return true
                }
                if after == 0 { queue.updateReturned { node.rewrite($0, of: queue, before: end) } }
                if let last = queue.updateReady(
                    after: after, limit: Limits.rewrittenPerSlice, { node.rewrite($0, of: queue, before: end) })
                {
                    after = last
                } else {
                    after = 0
                    queues = queues.dropFirst()
                }
                return false
            })
        if !isTicking { wake?() }
    }

    /// Writes a message down again if its record lies before a segment; returns what it is from then on.
    private func rewrite(_ entry: QueueEntry, of queue: ClassicQueue, before end: UInt64) -> QueueEntry? {
        guard entry.flags & QueueEntry.journaled != 0, !queue.isDeleted else { return nil }
        // The distance to the end, as far as the entry knows its segment.
        let distance = (UInt32(truncatingIfNeeded: end) &- entry.segment) & (UInt32.max >> QueueEntry.segmentShift)
        guard distance > 0, distance < UInt32.max >> (QueueEntry.segmentShift + 1) else { return nil }
        let moved = entry.moved(to: journal.openSegment())
        noLongerKept(entry)
        journalAgain(moved, of: queue)
        return moved
    }
}
