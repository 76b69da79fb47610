/// A follower and its leader (Raft §5.3).
extension RaftGroup {
    /// Takes entries of this term's leader.
    mutating func take(_ append: Append, from sender: MemberID, now: UInt64, into output: inout RaftOutput) {
        // There is one leader a term.
        guard role != .leader, leader == nil || leader == sender else { return }
        follow(sender, now: now, into: &output)
        leaderRound = max(leaderRound, append.round)
        // A log that is about to be replaced takes nothing; but the leader learns that somebody is here.
        if incoming?.isComplete == true {
            if append.entries.isEmpty { isReplyDue = true }
            return
        }
        // What is committed equals the log of every later leader (Raft §5.4.3).
        verifiedIndex = max(verifiedIndex, commitIndex)
        if append.previous.index >= log.base.index, !log.contains(append.previous) {
            // Nor does a correct leader contradict it.
            guard append.previous.index > commitIndex else { return }
            return refuse(append, to: sender, into: &output)
        }
        guard accept(append.entries) else { return }
        let lastNew = append.previous.index + UInt64(append.entries.count)
        if plantedFault == .truncateCommitted { forgetEverything(behind: lastNew) }
        verifiedIndex = max(verifiedIndex, min(lastNew, log.last.index))
        commitIndex = max(commitIndex, min(append.commit, verifiedIndex))
        if append.entries.isEmpty || lastNew <= durableIndex { isReplyDue = true }
        if durableIndex < verifiedIndex { isReplyOwed = true }
    }

    /// Puts the entries into the log that it does not have, in place of what contradicts them. False when that would
    /// take back what is committed, which no correct leader asks for.
    private mutating func accept(_ entries: [RaftEntry]) -> Bool {
        if let atBase = entries.first(where: { $0.index == log.base.index }), atBase.term != log.base.term {
            return false
        }
        guard let first = entries.firstIndex(where: { $0.index > log.base.index && term(at: $0.index) != $0.term })
        else { return true }
        let index = entries[first].index
        if index <= log.last.index {
            if index <= commitIndex { return false }
            truncate(from: index)
        }
        for entry in entries[first...] { append(entry) }
        return true
    }

    /// What a follower does that takes an append for the whole truth: a late one makes it lose what came after. Planted.
    private mutating func forgetEverything(behind index: UInt64) {
        guard index < log.last.index else { return }
        truncate(from: max(index, log.base.index) + 1)
        commitIndex = max(appliedIndex, min(commitIndex, log.last.index))
    }

    /// Says where the logs may agree. Nothing is promised with that, so it need not wait.
    private func refuse(_ append: Append, to sender: MemberID, into output: inout RaftOutput) {
        let hint = log.lastPosition(through: append.previous.index - 1, termAtMost: append.previous.term)
        let refusal = AppendRefusal(previousIndex: append.previous.index, hint: hint, round: leaderRound)
        send(.appendRefusal(refusal), to: sender, into: &output)
    }

    /// Tells the leader what is durable, once the term is: to answer in a term is to promise never to go back.
    mutating func replyToLeader(into output: inout RaftOutput) {
        guard isReplyDue, isHardStateDurable, role == .follower, let leader else { return }
        isReplyDue = false
        isReplyOwed = durableIndex < verifiedIndex
        let reply = AppendReply(
            match: min(durableIndex, verifiedIndex), received: verifiedIndex, commit: commitIndex, round: leaderRound)
        send(.appendReply(reply), to: leader, into: &output)
    }
}
