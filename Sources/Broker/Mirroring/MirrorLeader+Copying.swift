internal import Journal

/// Sending a mirror what was there before it; see `MirrorCopying`.
extension MirrorLeader {
    /// Begins to send a mirror what was there before it, one mirror at a time.
    func beginCopying() {
        guard copying == nil, !isComparing, queue.heldGets == 0,
            let session = sessions.first(where: { $0.phase == .streaming && $0.isBehind && !$0.isCounted })
        else { return }
        copying = MirrorCopying(session, of: self, in: node)
        copyingGoesOn()
    }

    /// Goes on with that.
    func copyingGoesOn() {
        guard copying?.proceed() == true, let session = copying?.session else { return }
        session.predating = 0
        mirrors.review()
        endCopying()
    }

    func endCopying() {
        copying?.end()
        copying = nil
        queue.goOnDelivering()
    }

    /// Sends a message that was there before to one mirror alone.
    func send(_ entry: QueueEntry, to session: MirrorSession) {
        node.segments.retain(entry.record)
        session.append(lastOperation, content(of: entry), byteCount: Int(entry.bodyBytes))
        noteSending()
    }

    /// An operation that changes nothing, but that whoever has acknowledged it has everything before.
    func mark() -> UInt64 {
        hasDelivered = true
        flushEnded()
        noteSending()
        return lastOperation
    }

    /// A client has given a message back.
    func returned(_ entry: QueueEntry) { copying?.returned(entry) }
}
