extension RaftMessage {
    /// Whether the message could have been sent by a correct member. Others are ignored before anything is derived from
    /// them: no number from a peer may overflow, and no malformed entry may get into the log.
    var isPlausible: Bool {
        guard term > 0 || isStatus, term < RaftBounds.max else { return false }
        switch body {
        case .append(let append): return isPlausible(append)
        case .appendReply(let reply):
            return reply.match <= reply.received && reply.received < RaftBounds.max && reply.commit < RaftBounds.max
        case .appendRefusal(let refusal):
            return refusal.previousIndex < RaftBounds.max && refusal.hint.index <= refusal.previousIndex
        case .vote(let request): return isPlausible(request.last) && (!request.isPreVote || !request.isTransfer)
        case .voteReply(let reply): return reply.candidacy < RaftBounds.max
        case .timeoutNow: return true
        case .status(let status): return isPlausible(status.last) && status.commit < RaftBounds.max
        case .snapshotChunk(let chunk):
            return chunk.mark.position.index > 0 && chunk.mark.position.term > 0 && isPlausible(chunk.mark.position)
                && !chunk.mark.membership.voters.isEmpty && chunk.offset < RaftBounds.max
        case .snapshotReply(let reply): return reply.index < RaftBounds.max && reply.nextOffset < RaftBounds.max
        }
    }

    /// A member that has heard nothing yet has a status and asks for pre-votes in term 0.
    private var isStatus: Bool {
        switch body {
        case .status, .voteReply: true
        case .vote(let request): request.isPreVote
        default: false
        }
    }

    private func isPlausible(_ position: LogPosition) -> Bool {
        position.index < RaftBounds.max && position.term <= term && (position.index == 0) == (position.term == 0)
    }

    private func isPlausible(_ append: Append) -> Bool {
        guard isPlausible(append.previous), append.commit < RaftBounds.max else { return false }
        var last = append.previous
        for entry in append.entries {
            guard entry.index == last.index + 1, entry.term >= last.term, entry.term > 0, entry.term <= term else {
                return false
            }
            if entry.kind == .membership {
                guard let membership = Membership(decoding: entry.payload.bytes), !membership.voters.isEmpty else {
                    return false
                }
            }
            last = LogPosition(index: entry.index, term: entry.term)
        }
        return last.index < RaftBounds.max
    }
}
