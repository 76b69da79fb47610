/// What a leader does as time passes, and how it stops (check-quorum: thesis §6.2).
extension RaftGroup {
    mutating func tickAsLeader(now: UInt64, into output: inout RaftOutput) {
        if let deadline = quorumDeadline, deadline <= now { return stepDown(now: now, into: &output) }
        if let transfer, transfer.deadline <= now {
            abortTransfer(into: &output)
            needsFlush = true
        }
        if let deadline = noticeDeadline, deadline <= now { needsFlush = true }
        var isAnyoneLate = false
        for peer in progress.indices where progress[peer].isUp {
            guard let retryAt = progress[peer].retryAt, retryAt <= now else { continue }
            isAnyoneLate = true
            retry(peer)
        }
        if isAnyoneLate, !isMajorityInContact(now: now) { stepDown(now: now, into: &output) }
    }

    /// Asks again, with nothing but a question: the answer says what need not be sent again.
    private mutating func retry(_ peer: Int) {
        needsFlush = true
        progress[peer].retryAt = nil
        if progress[peer].state == .snapshot {
            progress[peer].isPieceAwaited = false
        } else {
            progress[peer].reprobe()
        }
    }

    /// Whether a majority is up and has answered what it was asked within an election time-out.
    private func isMajorityInContact(now: UInt64) -> Bool {
        var count = isVoter ? 1 : 0
        for peer in progress where peer.isVoter && peer.isUp {
            if let since = peer.waitingSince, since + settings.electionTimeout <= now { continue }
            count += 1
        }
        return count >= membership.majority
    }

    /// A leader that a majority cannot hear has an election time-out left.
    mutating func updateQuorumDeadline(now: UInt64) {
        var count = isVoter ? 1 : 0
        for peer in progress where peer.isVoter && peer.isUp { count += 1 }
        if count >= membership.majority {
            quorumDeadline = nil
        } else if quorumDeadline == nil {
            quorumDeadline = now + settings.electionTimeout
        }
    }

    /// Stops leading without being told to, and says so to everybody, who would otherwise go on to wait for it.
    mutating func stepDown(now: UInt64, into output: inout RaftOutput) {
        let peers = progress
        abortTransfer(into: &output)
        isRetiring = !mayStand
        becomeFollower(term: term, now: now, into: &output)
        for peer in peers where peer.isUp { sendStatus(to: peer.member, into: &output) }
        needsFlush = true
    }

    // MARK: Reads

    /// Asks for permission to read the state machine, as it is after all that was committed before the call (Raft §8,
    /// thesis §6.4). The answer comes in `RaftOutput.reads` with the context, when a majority has confirmed that this
    /// member still leads. All reads between two flushes share one round of messages.
    public mutating func read(_ context: UInt64) throws(RaftRefusal) {
        guard role == .leader else { throw .notLeader(leader: leader) }
        guard reads.count < settings.maxPendingReads else { throw .overloaded }
        if !isRoundUnsent {
            isRoundUnsent = true
            round += 1
        }
        // Before it has committed an entry of its term, a leader does not know what else is committed.
        let index = max(commitIndex, termStart)
        reads.append(PendingRead(context: context, index: index, round: round))
        needsFlush = true
    }

    private mutating func answerReads(into output: inout RaftOutput) {
        guard !reads.isEmpty else { return }
        var done = 0
        while done < reads.count, isConfirmed(reads[done]) {
            output.reads.append(RaftRead(group: id, context: reads[done].context, index: reads[done].index))
            done += 1
        }
        reads.removeFirst(done)
    }

    private func isConfirmed(_ read: PendingRead) -> Bool {
        guard commitIndex >= read.index else { return false }
        var count = isVoter ? 1 : 0
        for peer in progress where peer.isVoter && peer.knownRound >= read.round { count += 1 }
        return count >= membership.majority
    }

    /// What depends on entries that have been committed.
    mutating func afterApplying(now: UInt64, into output: inout RaftOutput) {
        defer { noteRemoval(into: &output) }
        if role == .leader {
            answerReads(into: &output)
            finishRemovals(now: now, into: &output)
        } else if let leader, isLeaderConfirmed, !memberships.membership(at: commitIndex).isVoter(leader) {
            // It has removed itself, and stops as soon as this is known.
            isLeaderConfirmed = false
            updateElectionTimer(now: now)
        }
    }
}

extension RaftGroup {
    /// Whether this leader knows that the member on a node has everything up to an index on its disk (Raft figure 2,
    /// `matchIndex`).
    public func hasReplicated(_ index: UInt64, to node: UInt32) -> Bool {
        role == .leader && progress.contains { $0.member.node == node && $0.match >= index }
    }
}

/// A read that waits for its round to be confirmed.
struct PendingRead: Sendable {
    let context: UInt64
    let index: UInt64
    let round: UInt64
}
