/// A snapshot that is arriving.
struct IncomingSnapshot: Sendable {
    let mark: SnapshotMark
    let from: MemberID
    let term: UInt64
    var nextOffset: UInt64 = 0
    /// All of it has been given to the owner, who is installing it.
    var isComplete = false
}

/// Snapshots (Raft §7). Their bytes are the owner's; the group says when a piece is needed, and in what order.
extension RaftGroup {
    // MARK: Taking

    /// The owner has made a durable snapshot of its state machine as it was after this index, and can give it to
    /// followers that need it. Entries up to `trailing` before it are dropped; the rest is kept for followers that are
    /// only a little behind. What follows a snapshot that is on its way to a follower is kept as well, within
    /// `RaftSettings.maxTransferEntries`: otherwise one that takes longer than the next is away would never be of use.
    ///
    /// It is not taken when there is a newer one already, nor by a member that joined later and has not come to an entry
    /// that tells the membership; `snapshot` says what counts.
    ///
    /// The owner may drop from its stored log what `droppableIndex` covers then. An earlier snapshot may be thrown away
    /// when `isSnapshotNeeded` says so.
    public mutating func snapshotTaken(at index: UInt64, keeping trailing: UInt64 = 0) {
        precondition(index <= appliedIndex, "group \(id) has not given out \(index) to be applied")
        let membership = memberships.membership(at: index)
        // Nobody takes a snapshot that does not say who votes.
        guard index > snapshot.position.index, let term = log.term(at: index), !membership.voters.isEmpty else {
            return
        }
        snapshot = SnapshotMark(position: LogPosition(index: index, term: term), membership: membership)
        // What the snapshot has is durable with it.
        durableIndex = max(durableIndex, index)
        memberships.drop(below: index)
        // What has not been handed out to be persisted stays: the stored log may have other entries in its place, and
        // they must not stay beside what is written next.
        let droppable = min(index, (firstUnwritten ?? index + 1) - 1)
        var end = droppable > trailing ? droppable - trailing : 0
        for peer in progress {
            guard let sent = peer.snapshot?.position.index, index - sent <= settings.maxTransferEntries else {
                continue
            }
            end = min(end, sent)
        }
        log.drop(through: end)
    }

    /// Whether the owner must be able to give pieces of the snapshot at this index: it is the newest, or a follower has
    /// not got all of it.
    public func isSnapshotNeeded(at index: UInt64) -> Bool {
        snapshot.position.index == index || progress.contains { $0.snapshot?.position.index == index }
    }

    // MARK: Sending

    /// Asks the owner for the piece that a follower needs next.
    mutating func askForPiece(_ peer: Int, now: UInt64, into output: inout RaftOutput) {
        guard !progress[peer].isPieceAwaited, let sent = progress[peer].snapshot else { return }
        progress[peer].isPieceAwaited = true
        progress[peer].retryAt = now + settings.retryInterval
        output.snapshotReads.append(
            SnapshotRead(
                group: id, member: progress[peer].member, index: sent.position.index,
                offset: progress[peer].snapshotOffset))
    }

    /// Answers a `SnapshotRead`, at once or later. What has become of no use by then is ignored. A read that takes longer
    /// than a retry interval is asked for again; one answer is enough.
    public mutating func supplySnapshot(
        _ request: SnapshotRead, payload: RaftPayload, isLast: Bool, now: UInt64, into output: inout RaftOutput
    ) {
        precondition(isLast || payload.size > 0, "a piece of a snapshot that is not the last has bytes")
        guard role == .leader, let peer = progressIndex(of: request.member), progress[peer].state == .snapshot,
            let sent = progress[peer].snapshot, sent.position.index == request.index,
            progress[peer].snapshotOffset == request.offset, progress[peer].isUp
        else { return }
        progress[peer].snapshotEnd = max(progress[peer].snapshotEnd, request.offset + UInt64(payload.size))
        progress[peer].retryAt = nil
        progress[peer].expectAnswer(now: now, within: settings.retryInterval)
        let chunk = SnapshotChunk(mark: sent, offset: request.offset, payload: payload, isLast: isLast)
        send(.snapshotChunk(chunk), to: request.member, into: &output)
    }

    mutating func take(_ reply: SnapshotReply, from peer: MemberID, now: UInt64) {
        guard role == .leader, let peer = progressIndex(of: peer) else { return }
        heard(peer, round: 0, now: now)
        guard progress[peer].state == .snapshot, reply.index == progress[peer].snapshot?.position.index,
            reply.nextOffset <= progress[peer].snapshotEnd
        else { return }
        // It owes nothing while the owner reads what is next, or while it installs.
        if reply.isComplete || reply.nextOffset > progress[peer].snapshotOffset { progress[peer].waitingSince = nil }
        // A complete one is only waited for; a piece that is asked for again tells how far that is.
        guard reply.nextOffset != progress[peer].snapshotOffset, !reply.isComplete else { return }
        // It has nothing of it, so that it may as well get the newest.
        if reply.nextOffset == 0 { return progress[peer].sendSnapshot(snapshot) }
        progress[peer].snapshotOffset = reply.nextOffset
        progress[peer].isPieceAwaited = false
    }

    // MARK: Receiving

    mutating func take(_ chunk: SnapshotChunk, from sender: MemberID, now: UInt64, into output: inout RaftOutput) {
        guard role != .leader, leader == nil || leader == sender else { return }
        follow(sender, now: now, into: &output)
        let position = chunk.mark.position
        if position.index <= commitIndex {
            // It is not needed (any more): the leader learns what there is.
            verifiedIndex = max(verifiedIndex, commitIndex)
            isReplyDue = true
            return
        }
        if let current = incoming, current.isComplete {
            return reply(to: sender, chunk, nextOffset: current.nextOffset, isComplete: true, into: &output)
        }
        // A leader that begins again does not know what it sent before.
        let isOther = incoming.map { $0.mark != chunk.mark || $0.from != sender || $0.term != term } ?? true
        if isOther || chunk.offset == 0 {
            guard chunk.offset == 0 else {
                return reply(to: sender, chunk, nextOffset: 0, isComplete: false, into: &output)
            }
            incoming = IncomingSnapshot(mark: chunk.mark, from: sender, term: term)
        }
        guard var current = incoming, chunk.offset == current.nextOffset else {
            return reply(to: sender, chunk, nextOffset: incoming?.nextOffset ?? 0, isComplete: false, into: &output)
        }
        current.nextOffset += UInt64(chunk.payload.size)
        current.isComplete = chunk.isLast
        incoming = current
        output.snapshotPieces.append(
            SnapshotPiece(
                group: id, mark: chunk.mark, offset: chunk.offset, payload: chunk.payload, isLast: chunk.isLast))
        reply(to: sender, chunk, nextOffset: current.nextOffset, isComplete: current.isComplete, into: &output)
    }

    private func reply(
        to sender: MemberID, _ chunk: SnapshotChunk, nextOffset: UInt64, isComplete: Bool,
        into output: inout RaftOutput
    ) {
        let reply = SnapshotReply(index: chunk.mark.position.index, nextOffset: nextOffset, isComplete: isComplete)
        send(.snapshotReply(reply), to: sender, into: &output)
    }

    /// The owner has installed the snapshot whose last piece it was given: its state machine is what the snapshot says,
    /// and that is durable.
    public mutating func snapshotInstalled(_ mark: SnapshotMark, now: UInt64, into output: inout RaftOutput) {
        guard let current = incoming, current.isComplete, current.mark == mark else {
            preconditionFailure("group \(id) waits for no snapshot at \(mark.position) to be installed")
        }
        incoming = nil
        needsFlush = true
        let index = mark.position.index
        if log.contains(mark.position) {
            log.drop(through: index)
            memberships.drop(below: index)
            if let first = firstUnwritten, first <= index {
                // The stored log may have other entries where these were to be.
                firstUnwritten = index < log.last.index ? index + 1 : nil
                isLogResetUnwritten = true
            }
        } else {
            // The log is another history, or too short (Raft §7).
            truncate(from: log.base.index + 1)
            log.reset(to: mark.position)
            memberships = MembershipHistory(mark.membership, at: index)
            firstUnwritten = nil
            isLogResetUnwritten = true
        }
        snapshot = mark
        if mark.membership.contains(member) { isMemberApplied = true }
        durableIndex = max(durableIndex, index)
        verifiedIndex = max(verifiedIndex, index)
        commitIndex = max(commitIndex, index)
        appliedIndex = index
        isReplyDue = true
        isReplyOwed = true
        updateElectionTimer(now: now)
    }
}
