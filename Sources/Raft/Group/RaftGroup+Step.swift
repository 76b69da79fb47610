/// Messages and time.
extension RaftGroup {
    /// Takes a message of a peer. One that is for somebody else, is stale, or that a correct member could not have sent, is ignored.
    public mutating func step(_ message: RaftMessage, now: UInt64, into output: inout RaftOutput) {
        guard message.group == id, message.to == member, message.from != member, message.isPlausible else { return }
        if case .vote(let request) = message.body, request.isPreVote {
            needsFlush = true
            return answerPreVote(request, from: message.from, term: message.term, now: now, into: &output)
        }
        if message.term > term, !enterTerm(of: message, now: now, into: &output) { return }
        needsFlush = true
        if message.term < term { return answerStale(message, now: now, into: &output) }
        switch message.body {
        case .append(let append): take(append, from: message.from, now: now, into: &output)
        case .appendReply(let reply): take(reply, from: message.from, now: now)
        case .appendRefusal(let refusal): take(refusal, from: message.from, now: now)
        case .vote(let request): answerVote(request, from: message.from, now: now, into: &output)
        case .voteReply(let reply): take(reply, from: message.from, now: now, into: &output)
        case .timeoutNow: takeOver(from: message.from, now: now, into: &output)
        case .status(let status): take(status, from: message.from, now: now, into: &output)
        case .snapshotChunk(let chunk): take(chunk, from: message.from, now: now, into: &output)
        case .snapshotReply(let reply): take(reply, from: message.from, now: now)
        }
    }

    /// Acts on time that has passed. Harmless when it is called too often.
    public mutating func tick(now: UInt64, into output: inout RaftOutput) {
        if role == .leader { return tickAsLeader(now: now, into: &output) }
        guard let deadline = electionDeadline, deadline <= now else { return }
        needsFlush = true
        campaign(.preVote, now: now, into: &output)
    }

    /// Stands for election now, if it may: as an operator would have it, or whoever begins a group. It asks again after
    /// `RaftSettings.failoverDelay`, because the others may not know of the group yet.
    public mutating func campaign(now: UInt64, into output: inout RaftOutput) {
        guard role != .leader else { return }
        needsFlush = true
        electionWait = settings.failoverDelay
        campaign(.preVote, now: now, into: &output)
    }

    /// Enters the higher term of a message (Raft §5.1). False when the message is to be ignored instead.
    private mutating func enterTerm(of message: RaftMessage, now: UInt64, into output: inout RaftOutput) -> Bool {
        switch message.body {
        case .append, .snapshotChunk, .timeoutNow:
            // Only a leader says this.
            becomeFollower(term: message.term, now: now, into: &output)
        case .vote(let request):
            // A member that has been removed must not unseat a leader that others hear from (thesis §4.2.3).
            if !request.isTransfer, hasLiveLeader, message.from != leader { return false }
            becomeFollower(term: message.term, now: now, into: &output)
        case .appendReply, .appendRefusal, .voteReply, .status, .snapshotReply:
            guard membership.contains(message.from) else { return false }
            becomeFollower(term: message.term, now: now, into: &output)
        }
        return true
    }

    /// Tells a peer that is in an earlier term where this member stands, so that a leader finds out that it is deposed
    /// and a candidate that it is late. Answers are not answered.
    private mutating func answerStale(_ message: RaftMessage, now: UInt64, into output: inout RaftOutput) {
        switch message.body {
        case .append, .snapshotChunk, .status, .timeoutNow:
            if let peer = progressIndex(of: message.from), progress[peer].isUp { return nudge(peer, now: now) }
            sendStatus(to: message.from, into: &output)
        case .vote:
            if let peer = progressIndex(of: message.from) { nudge(peer, now: now) }
            reply(
                VoteReply(isPreVote: false, candidacy: message.term, isGranted: false), to: message.from, into: &output)
        case .appendReply, .appendRefusal, .voteReply, .snapshotReply: break
        }
    }

    /// Follows in a term that is not below the present one.
    mutating func becomeFollower(term newTerm: UInt64, now: UInt64, into output: inout RaftOutput) {
        if newTerm > term { beginTerm(newTerm, vote: nil, into: &output) }
        if role == .leader { resign(into: &output) }
        if leader == member { setLeader(nil, into: &output) }
        role = .follower
        granted = []
        electionDeadline = nil
        updateElectionTimer(now: now)
    }

    /// Enters a term, and forgets what was true of the leader before.
    mutating func beginTerm(_ newTerm: UInt64, vote newVote: MemberID?, into output: inout RaftOutput) {
        term = newTerm
        vote = newVote
        isHardStateUnwritten = true
        isRetiring = false
        verifiedIndex = commitIndex
        leaderRound = 0
        isReplyDue = false
        isReplyOwed = false
        setLeader(nil, into: &output)
    }

    /// Hears from this term's leader.
    mutating func follow(_ newLeader: MemberID, now: UInt64, into output: inout RaftOutput) {
        if role != .follower { becomeFollower(term: term, now: now, into: &output) }
        setLeader(newLeader, into: &output)
        isLeaderConfirmed = upNodes.contains(newLeader.node)
        electionWait = settings.electionTimeout
        isRetiring = false
        // From a node that counts as down it is a sign of life, but no more.
        if !isLeaderConfirmed { electionDeadline = nil }
        updateElectionTimer(now: now)
    }

    /// Finds out that the leader leads no more.
    mutating func loseLeader(now: UInt64, into output: inout RaftOutput) {
        setLeader(nil, into: &output)
        updateElectionTimer(now: now)
    }

    mutating func setLeader(_ newLeader: MemberID?, into output: inout RaftOutput) {
        isLeaderConfirmed = false
        guard newLeader != leader else { return }
        leader = newLeader
        // A transfer outlives the lead until it is known who has got it.
        if let newLeader {
            if newLeader == transfer?.target { transfer = nil } else { abortTransfer(into: &output) }
        }
        output.notices.append(RaftNotice(group: id, kind: .leader(newLeader, term: term)))
    }

    /// Whether this member leads, or hears from one that does.
    var hasLiveLeader: Bool { role == .leader || leader != nil && isLeaderConfirmed }

    /// Whether this member stands for election: a voter does, and so does one whose removal is not committed. It may be
    /// the only one that knows of the removal, and have the vote that the others need (thesis §4.2.2).
    var mayStand: Bool {
        // What is committed after a restart is not known; but with one change at a time it is the last or the one before.
        isVoter
            || memberships.latestIndex > commitIndex
                && memberships.membership(at: memberships.latestIndex - 1).isVoter(member)
    }

    /// Who may stand for election and has no live leader will some time; nobody else has a timer.
    mutating func updateElectionTimer(now: UInt64) {
        if role == .leader || hasLiveLeader || !mayStand && !isRetiring {
            electionDeadline = nil
        } else if electionDeadline == nil {
            armElectionTimer(settings.electionTimeout, now: now)
        }
    }

    /// Between once and twice the delay (Raft §5.2).
    mutating func armElectionTimer(_ delay: UInt64, now: UInt64) {
        electionDeadline = now + delay + random.next() % max(delay, 1)
    }

    func send(_ body: RaftMessage.Body, to peer: MemberID, into output: inout RaftOutput) {
        output.messages.append(RaftMessage(group: id, from: member, to: peer, term: term, body: body))
    }

    func reply(_ reply: VoteReply, to peer: MemberID, into output: inout RaftOutput) {
        send(.voteReply(reply), to: peer, into: &output)
    }
}
