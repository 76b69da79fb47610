/// A leader and its followers (Raft §5.3, §5.4.2; pipelining: thesis §10.2).
extension RaftGroup {
    /// Appends a command to the log of a leader, to be replicated at the next flush.
    ///
    /// - Returns: Where it stands. It is committed when an entry with this index *and term* is given out to be applied;
    ///   another term at the index means that it is lost.
    public mutating func propose(_ payload: RaftPayload) throws(RaftRefusal) -> LogPosition {
        guard role == .leader else { throw .notLeader(leader: leader) }
        guard transfer == nil else { throw .transferring }
        let size = payload.size + RaftEntry.overhead
        guard uncommittedBytes == 0 || uncommittedBytes + size <= settings.maxUncommittedBytes else {
            throw .overloaded
        }
        return append(.command, payload)
    }

    /// Gives out what the events since the last flush have left: a write, appends or a reply, entries to be applied.
    ///
    /// When `needsFlush` is still true afterwards, there was more than one flush may give out: call it again, after
    /// other work.
    public mutating func flush(now: UInt64, into output: inout RaftOutput) {
        guard needsFlush else { return }
        needsFlush = false
        // In this order: a promise that is due may begin a term, and what that writes goes out in the same batch.
        release(now: now, into: &output)
        write(into: &output)
        if role == .leader {
            replicate(now: now, into: &output)
        } else {
            replyToLeader(into: &output)
        }
        apply(into: &output)
        afterApplying(now: now, into: &output)
    }

    func progressIndex(of peer: MemberID) -> Int? { progress.firstIndex { $0.member == peer } }

    /// Finds out what a peer has, because it asked or because it has just come back.
    mutating func nudge(_ peer: Int, now: UInt64) {
        guard progress[peer].isUp, progress[peer].state != .snapshot else { return }
        progress[peer].reprobe()
        needsFlush = true
    }

    // MARK: Sending

    private mutating func replicate(now: UInt64, into output: inout RaftOutput) {
        var batch: [RaftEntry] = []
        for peer in progress.indices where progress[peer].isUp {
            sendWhatIsNew(peer, batch: &batch, now: now, into: &output)
        }
        if let deadline = noticeDeadline, deadline <= now { noticeDeadline = nil }
        isRoundUnsent = false
        sendTimeoutNow(now: now, into: &output)
    }

    private mutating func sendWhatIsNew(
        _ peer: Int, batch: inout [RaftEntry], now: UInt64, into output: inout RaftOutput
    ) {
        if progress[peer].state != .snapshot, progress[peer].next <= log.base.index {
            progress[peer].sendSnapshot(snapshot)
        }
        switch progress[peer].state {
        case .snapshot: askForPiece(peer, now: now, into: &output)
        case .probe:
            if progress[peer].isPaused { return sendIfRoundIsNew(peer, now: now, into: &output) }
            progress[peer].isPaused = true
            sendAppend(peer, isBare: progress[peer].isBareProbe, batch: &batch, now: now, into: &output)
        case .replicate:
            while progress[peer].next <= log.last.index, hasRoom(progress[peer].inflight) {
                sendAppend(peer, isBare: false, batch: &batch, now: now, into: &output)
            }
            let isNoticeDue = noticeDeadline.map { $0 <= now } ?? true
            if progress[peer].sentCommit < commitIndex, isNoticeDue {
                sendAppend(peer, isBare: true, batch: &batch, now: now, into: &output)
            }
            sendIfRoundIsNew(peer, now: now, into: &output)
        }
    }

    private func hasRoom(_ window: InflightWindow) -> Bool {
        window.count < settings.maxInflightAppends && window.bytes < settings.maxInflightBytes
    }

    private mutating func sendIfRoundIsNew(_ peer: Int, now: UInt64, into output: inout RaftOutput) {
        guard progress[peer].isVoter, progress[peer].sentRound < round else { return }
        var none: [RaftEntry] = []
        sendAppend(peer, isBare: true, batch: &none, now: now, into: &output)
    }

    /// Sends the entries from `next` on, or none. Followers that are equally far share one array.
    private mutating func sendAppend(
        _ peer: Int, isBare: Bool, batch: inout [RaftEntry], now: UInt64, into output: inout RaftOutput
    ) {
        let next = progress[peer].next
        guard let previousTerm = log.term(at: next - 1) else { return }
        var entries: [RaftEntry] = []
        if !isBare, next <= log.last.index {
            if batch.first?.index != next {
                batch = log.entries(
                    from: next, maxBytes: settings.maxAppendBytes, maxCount: settings.maxAppendEntries)
            }
            entries = batch
        }
        let append = Append(
            previous: LogPosition(index: next - 1, term: previousTerm), commit: commitIndex, round: round,
            entries: entries)
        send(.append(append), to: progress[peer].member, into: &output)
        progress[peer].sentCommit = commitIndex
        progress[peer].sentRound = round
        progress[peer].expectAnswer(now: now, within: settings.retryInterval)
        if let last = entries.last, progress[peer].state == .replicate {
            progress[peer].next = last.index + 1
            progress[peer].inflight.add(lastIndex: last.index, bytes: entries.reduce(0) { $0 + $1.size })
        }
    }

    // MARK: Replies

    mutating func take(_ reply: AppendReply, from peer: MemberID, now: UInt64) {
        guard role == .leader, let peer = progressIndex(of: peer), reply.received <= log.last.index,
            reply.round <= round, reply.commit <= log.last.index
        else { return }
        progress[peer].match = max(progress[peer].match, reply.match)
        progress[peer].knownCommit = max(progress[peer].knownCommit, reply.commit)
        progress[peer].inflight.free(through: reply.match)
        let next = max(progress[peer].match, reply.received) + 1
        switch progress[peer].state {
        case .probe: progress[peer].replicate(from: next)
        case .replicate: progress[peer].next = max(progress[peer].next, next)
        case .snapshot:
            // It is installed, or was not needed after all.
            if progress[peer].match >= log.base.index {
                progress[peer].replicate(from: next)
            } else if let sent = progress[peer].snapshot, progress[peer].match >= sent.position.index {
                // What follows it is gone.
                progress[peer].sendSnapshot(snapshot)
            }
        }
        heard(peer, round: reply.round, now: now)
        advanceCommit(now: now)
    }

    mutating func take(_ refusal: AppendRefusal, from peer: MemberID, now: UInt64) {
        guard role == .leader, let peer = progressIndex(of: peer), refusal.round <= round else { return }
        heard(peer, round: refusal.round, now: now)
        let isStale =
            switch progress[peer].state {
            case .probe: refusal.previousIndex != progress[peer].next - 1
            case .replicate: refusal.previousIndex <= progress[peer].match
            case .snapshot: true
            }
        guard !isStale else { return }
        let hint = log.lastPosition(through: refusal.hint.index, termAtMost: refusal.hint.term)
        let next = min(hint.index + 1, refusal.previousIndex)
        progress[peer].probe(from: max(next, progress[peer].match + 1), isBare: false)
        progress[peer].retryAt = nil
    }

    /// Whether a peer owes no answer: it has everything, and knows that it is committed.
    func isSettled(_ peer: Progress) -> Bool {
        peer.match == log.last.index && peer.knownCommit >= commitIndex && peer.state == .replicate
            && (!peer.isVoter || peer.knownRound >= awaitedRound)
    }

    /// The latest round that a read waits for.
    private var awaitedRound: UInt64 { reads.last?.round ?? 0 }

    /// A peer has answered.
    mutating func heard(_ peer: Int, round: UInt64, now: UInt64) {
        progress[peer].knownRound = max(progress[peer].knownRound, round)
        let isSettled = isSettled(progress[peer])
        progress[peer].waitingSince = isSettled ? nil : now
        progress[peer].retryAt = isSettled ? nil : now + settings.retryInterval
    }

    // MARK: Committing

    /// Commits what a majority has durable, as far as it is of this term (Raft §5.3, §5.4.2).
    mutating func advanceCommit(now: UInt64) {
        let own = plantedFault == .countSelfUnsynced ? log.last.index : durableIndex
        let isOwnCounted = isVoter
        var best = commitIndex
        if isOwnCounted { consider(own, own: own, best: &best) }
        for peer in progress where peer.isVoter {
            consider(peer.match, own: isOwnCounted ? own : 0, best: &best)
        }
        guard best > commitIndex else { return }
        // Only what it appended itself has been added.
        for index in (commitIndex + 1...best).reversed() {
            let entry = log[index]
            guard entry.term == term else { break }
            uncommittedBytes = max(0, uncommittedBytes - entry.size)
        }
        commitIndex = best
        if settings.commitNoticeDelay > 0, noticeDeadline == nil {
            noticeDeadline = now + settings.commitNoticeDelay
        }
        needsFlush = true
    }

    private func consider(_ index: UInt64, own: UInt64, best: inout UInt64) {
        guard index > best, log.term(at: index) == term || plantedFault == .countOldTerms else { return }
        var count = isVoter && own >= index ? 1 : 0
        for peer in progress where peer.isVoter && peer.match >= index { count += 1 }
        if count >= membership.majority || plantedFault == .confirmBeforeMajority { best = index }
    }
}
