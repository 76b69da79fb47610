/// Nodes that go and come, as a `PeerMonitor` tells.
extension RaftGroup {
    /// A node has come up, or has come back under a new incarnation or over a new link (then `peerDown` came before).
    ///
    /// Members say where they stand to those on that node, a message each, which the owner may put into one frame with
    /// those of other groups; a leader asks instead what they have.
    public mutating func peerUp(_ node: UInt32, now: UInt64, into output: inout RaftOutput) {
        guard node != member.node, !upNodes.contains(node) else { return }
        upNodes.append(node)
        upNodes.sort()
        if role == .leader {
            for peer in progress.indices where progress[peer].member.node == node {
                progress[peer].isUp = true
                progress[peer].waitingSince = nil
                progress[peer].retryAt = nil
                progress[peer].reprobe()
                needsFlush = true
            }
            return updateQuorumDeadline(now: now)
        }
        for peer in membership.voters where peer.node == node { sendStatus(to: peer, into: &output) }
    }

    /// A node is down, or what was sent to it may be lost.
    public mutating func peerDown(_ node: UInt32, now: UInt64, into output: inout RaftOutput) {
        upNodes.removeAll { $0 == node }
        if role == .leader {
            for peer in progress.indices where progress[peer].member.node == node {
                progress[peer].isUp = false
                progress[peer].reprobe()
                needsFlush = true
            }
            updateQuorumDeadline(now: now)
        } else if let leader, leader.node == node {
            isLeaderConfirmed = false
            guard mayStand else { return }
            // Nothing is gained by waiting, except that not all followers stand at once.
            electionWait = settings.failoverDelay
            armElectionTimer(electionWait, now: now)
        }
    }

    func sendStatus(to peer: MemberID, into output: inout RaftOutput) {
        let known = hasLiveLeader ? leader : nil
        send(.status(GroupStatus(leader: known, last: log.last, commit: commitIndex)), to: peer, into: &output)
    }

    /// A peer of this term says where it stands.
    mutating func take(_ status: GroupStatus, from peer: MemberID, now: UInt64, into output: inout RaftOutput) {
        if role == .leader {
            guard let peer = progressIndex(of: peer) else { return }
            let isInStep = status.leader == member && status.last == log.last && status.commit >= commitIndex
            if !isInStep || !isSettled(progress[peer]) { nudge(peer, now: now) }
        } else if peer == leader, status.leader != peer {
            loseLeader(now: now, into: &output)
        }
    }
}
