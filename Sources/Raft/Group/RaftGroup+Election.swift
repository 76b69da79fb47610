/// Elections (Raft §5.2, §5.4.1; pre-vote: thesis §9.6).
extension RaftGroup {
    enum Campaign {
        case preVote, vote
        /// The leader asked for it.
        case transfer
    }

    mutating func campaign(_ kind: Campaign, now: UInt64, into output: inout RaftOutput) {
        guard mayStand else { return retire(now: now, into: &output) }
        // It has given away what its log would say it has; the timer comes back with the snapshot.
        guard incoming?.isComplete != true, term < RaftBounds.max - 1 else { return electionDeadline = nil }
        awaitElection(now: now)
        // What it knows of a leader has proved wrong.
        if kind == .preVote { setLeader(nil, into: &output) }
        granted = []
        if kind == .preVote {
            role = .preCandidate
            sendVoteRequests(VoteRequest(isPreVote: true, isTransfer: false, last: log.last), into: &output)
            return count(member, now: now, into: &output)
        }
        beginTerm(term + 1, vote: member, into: &output)
        role = .candidate
        // Neither its own vote nor the claim to have this log counts before both are durable: after a crash it would
        // ask again in the same term, with a shorter log, and add up answers to both.
        hold(.candidacy(isTransfer: kind == .transfer))
    }

    private mutating func awaitElection(now: UInt64) {
        armElectionTimer(electionWait, now: now)
        electionWait = min(max(electionWait, 1) * 2, settings.electionTimeout)
    }

    /// A leader that was removed, and stopped before enough of the others knew, says that it leads no more until somebody
    /// else does: they may wait for it, and it cannot make itself noticed by standing for election.
    private mutating func retire(now: UInt64, into output: inout RaftOutput) {
        guard isRetiring else { return electionDeadline = nil }
        awaitElection(now: now)
        for peer in membership.voters { sendStatus(to: peer, into: &output) }
    }

    func sendVoteRequests(_ request: VoteRequest, into output: inout RaftOutput) {
        for voter in membership.voters where voter != member { send(.vote(request), to: voter, into: &output) }
    }

    /// A candidate's hard state and log are durable: now it may ask, and count itself.
    mutating func stand(isTransfer: Bool, now: UInt64, into output: inout RaftOutput) {
        sendVoteRequests(VoteRequest(isPreVote: false, isTransfer: isTransfer, last: log.last), into: &output)
        count(member, now: now, into: &output)
    }

    /// A vote in the message's term, which is the present one.
    mutating func answerVote(
        _ request: VoteRequest, from candidate: MemberID, now: UInt64, into output: inout RaftOutput
    ) {
        let isFree = vote == nil && leader == nil && role != .leader && role != .candidate
        let isGranted = (vote == candidate || isFree) && isUpToDate(request.last)
        guard isGranted else {
            if let peer = progressIndex(of: candidate) { nudge(peer, now: now) }
            let refusal = VoteReply(isPreVote: false, candidacy: term, isGranted: false)
            return reply(refusal, to: candidate, into: &output)
        }
        if vote == nil {
            vote = candidate
            isHardStateUnwritten = true
            if role == .preCandidate { role = .follower }
            armElectionTimer(settings.electionTimeout, now: now)
            if !mayStand, !isRetiring { electionDeadline = nil }
        }
        hold(.vote(candidate))
    }

    /// Whether a candidate would get this vote. It costs the one that answers nothing, so any number may be promised.
    mutating func answerPreVote(
        _ request: VoteRequest, from candidate: MemberID, term candidateTerm: UInt64, now: UInt64,
        into output: inout RaftOutput
    ) {
        // A member in a higher term takes no entries of a lower one: the others have to come up to it.
        if candidateTerm > term, membership.contains(candidate) || !hasLiveLeader {
            becomeFollower(term: candidateTerm, now: now, into: &output)
        }
        // A leader that stands for election leads no more.
        if candidate == leader, candidateTerm >= term { loseLeader(now: now, into: &output) }
        let isGranted = candidateTerm >= term && !hasLiveLeader && isUpToDate(request.last)
        if let peer = progressIndex(of: candidate) { nudge(peer, now: now) }
        let answer = VoteReply(isPreVote: true, candidacy: candidateTerm + 1, isGranted: isGranted)
        reply(answer, to: candidate, into: &output)
    }

    mutating func take(
        _ reply: VoteReply, from voter: MemberID, now: UInt64, into output: inout RaftOutput
    ) {
        guard reply.isGranted else { return }
        let isAwaited =
            reply.isPreVote
            ? role == .preCandidate && reply.candidacy == term + 1
            : role == .candidate && reply.candidacy == term
        if isAwaited { count(voter, now: now, into: &output) }
    }

    private mutating func count(_ voter: MemberID, now: UInt64, into output: inout RaftOutput) {
        if !granted.contains(voter) { granted.append(voter) }
        let votes = granted.reduce(0) { $0 + (membership.isVoter($1) ? 1 : 0) }
        guard votes >= membership.majority else { return }
        if role == .preCandidate {
            campaign(.vote, now: now, into: &output)
        } else {
            becomeLeader(now: now, into: &output)
        }
    }

    /// Whether a log is no older than this one (Raft §5.4.1).
    private func isUpToDate(_ last: LogPosition) -> Bool {
        (last.term, last.index) >= (log.last.term, log.last.index)
    }

    private mutating func becomeLeader(now: UInt64, into output: inout RaftOutput) {
        role = .leader
        electionDeadline = nil
        granted = []
        incoming = nil
        setLeader(member, into: &output)
        uncommittedBytes = 0
        round = 0
        isRoundUnsent = false
        let next = log.last.index + 1
        progress = (membership.voters + membership.learners).filter { $0 != member }.sorted().map {
            Progress(
                member: $0, isVoter: membership.isVoter($0), isUp: upNodes.contains($0.node), next: next)
        }
        // Only with an entry of its own term does it get earlier ones committed (Raft §5.4.2, §8).
        termStart = plantedFault == .countOldTerms ? log.last.index : append(.termStart, RaftPayload()).index
        updateQuorumDeadline(now: now)
    }

    /// Stops leading.
    mutating func resign(into output: inout RaftOutput) {
        progress = []
        uncommittedBytes = 0
        quorumDeadline = nil
        noticeDeadline = nil
        for read in reads { output.reads.append(RaftRead(group: id, context: read.context, index: nil)) }
        reads = []
    }
}
