/// Changes of the members, one at a time (thesis §4.1–4.3), and of the leader (thesis §3.10).
extension RaftGroup {
    /// Begins a change of the members. It is in force from now on, and done when the notice `membership` says so.
    ///
    /// A new member starts with nothing, as `StoredState(snapshot: .beginning(.none))`; it is added as a learner, and
    /// promoted when it has caught up, so that it never holds up the others. A leader that removes itself goes on until
    /// the removal is committed, and hands over to another.
    public mutating func changeMembership(
        _ change: MembershipChange, now: UInt64
    ) throws(RaftRefusal) -> LogPosition {
        guard role == .leader else { throw .notLeader(leader: leader) }
        guard transfer == nil, membership.contains(member) else { throw .transferring }
        // Two changes at a time, or a change on top of another leader's, could make majorities that do not overlap.
        guard memberships.latestIndex <= commitIndex, termStart <= commitIndex else { throw .changePending }
        guard let next = membership.applying(change) else { throw .meaningless }
        if case .promote(let learner) = change {
            guard let peer = progressIndex(of: learner), progress[peer].isUp, progress[peer].state == .replicate,
                log.last.index - progress[peer].match <= settings.maxPromotionLag
            else { throw .learnerBehind }
        }
        let position = append(.membership, RaftPayload(next.encoded()))
        refreshProgress(now: now)
        return position
    }

    /// Brings what is known about the others into line with the membership. Who has been removed stays until it knows.
    private mutating func refreshProgress(now: UInt64) {
        let membership = membership
        for peer in progress.indices {
            progress[peer].isVoter = membership.isVoter(progress[peer].member)
            if membership.contains(progress[peer].member) {
                progress[peer].leavesAt = nil
            } else if progress[peer].leavesAt == nil {
                progress[peer].leavesAt = now + settings.electionTimeout
            }
        }
        for newcomer in membership.voters + membership.learners
        where newcomer != member && progressIndex(of: newcomer) == nil {
            progress.append(
                Progress(
                    member: newcomer, isVoter: membership.isVoter(newcomer), isUp: upNodes.contains(newcomer.node),
                    next: log.last.index + 1))
        }
        progress.sort { $0.member < $1.member }
        updateQuorumDeadline(now: now)
        advanceCommit(now: now)
    }

    /// Forgets members that know of their removal or cannot be told, and stops leading when it is this one's turn.
    mutating func finishRemovals(now: UInt64, into output: inout RaftOutput) {
        guard memberships.latestIndex <= commitIndex else { return }
        let removal = memberships.latestIndex
        progress.removeAll { peer in
            guard let leavesAt = peer.leavesAt else { return false }
            return !peer.isUp || peer.knownCommit >= removal || leavesAt <= now
        }
        guard !membership.contains(member) else { return }
        // From this commit the others learn that they need a leader; a majority can elect one, which tells the rest.
        let informed = progress.reduce(0) { $0 + ($1.isVoter && $1.knownCommit >= removal ? 1 : 0) }
        guard informed >= membership.majority else { return }
        let successor = progress.filter { $0.isVoter && $0.isUp }.max { $0.match < $1.match }
        if let successor { send(.timeoutNow, to: successor.member, into: &output) }
        if successor?.member == transfer?.target { transfer = nil }
        stepDown(now: now, into: &output)
        isRetiring = false
        updateElectionTimer(now: now)
    }

    /// Says once that this member has been removed, when nobody needs it any more to know that.
    mutating func noteRemoval(into output: inout RaftOutput) {
        let isRemoved = isMemberApplied && !memberships.membership(at: appliedIndex).contains(member)
        guard isRemoved, role != .leader, !isRetiring else { return }
        isMemberApplied = false
        output.notices.append(RaftNotice(group: id, kind: .removed))
    }

    /// Gives up the entries of its log. Only for a member that is none any more: nothing may be asked of it afterwards.
    public mutating func forgetLog() { log.drop(through: log.last.index) }

    // MARK: Leadership transfer

    /// Hands leadership over to a voter: it is brought up to date and asked to stand for election at once, while no new
    /// proposals are taken. When it has not taken over within an election time-out, the notice `transferAborted` says so;
    /// so it does when this member stops leading before, or when it turns out that somebody else took over.
    public mutating func transferLeadership(to target: MemberID, now: UInt64) throws(RaftRefusal) {
        guard role == .leader else { throw .notLeader(leader: leader) }
        guard transfer == nil else { throw .transferring }
        guard target != member, membership.isVoter(target) else { throw .meaningless }
        transfer = Transfer(target: target, deadline: now + settings.electionTimeout)
        needsFlush = true
    }

    /// The successor does not take over, or not from this member.
    mutating func abortTransfer(into output: inout RaftOutput) {
        guard let target = transfer?.target else { return }
        transfer = nil
        output.notices.append(RaftNotice(group: id, kind: .transferAborted(target)))
    }

    /// Tells the successor to begin, once it has everything.
    mutating func sendTimeoutNow(now: UInt64, into output: inout RaftOutput) {
        guard let transfer, !transfer.isSent, let peer = progressIndex(of: transfer.target),
            progress[peer].isUp, progress[peer].match == log.last.index
        else { return }
        self.transfer?.isSent = true
        send(.timeoutNow, to: transfer.target, into: &output)
    }

    /// The leader asks this member to succeed it.
    mutating func takeOver(from sender: MemberID, now: UInt64, into output: inout RaftOutput) {
        guard role == .follower, leader == nil || leader == sender, isVoter else { return }
        campaign(.transfer, now: now, into: &output)
    }
}

/// A change of leaders under way.
struct Transfer: Sendable {
    let target: MemberID
    /// When it is given up.
    let deadline: UInt64
    /// The successor has been told to begin.
    var isSent = false
}
