import Raft

/// What must never happen, looked at after every step (Raft figure 3, and what durability adds).
struct Checker {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Terms, and who led them.
    private var leaders: [UInt64: MemberID] = [:]
    /// What is committed, by index.
    private(set) var committed: [UInt64: RaftEntry] = [:]
    private(set) var highestCommitted: UInt64 = 0
    /// The state after each index, as the first member had it that came there.
    private var states: [UInt64: UInt64] = [:]
    /// Entries ever written: what they hold, and the term of the one before.
    private var written: [LogPosition: (entry: RaftEntry, previousTerm: UInt64)] = [:]
    /// Votes that were given away.
    private var votes: [Ballot: MemberID] = [:]
    /// What each member acknowledged last, and in which term.
    private var acknowledged: [MemberID: LogPosition] = [:]
    /// How many terms had a leader.
    private(set) var elections = 0

    private struct Ballot: Hashable {
        let voter: MemberID
        let term: UInt64
    }

    private func fail(_ text: String) -> Failure { Failure(description: text) }

    /// Election safety: at most one leader a term (Raft §5.2). Leader completeness: it has everything that was committed
    /// in earlier terms (Raft §5.4).
    mutating func noteLeader(_ group: RaftGroup) throws(Failure) {
        guard group.role == .leader else { return }
        if let other = leaders[group.term] {
            if other != group.member { throw fail("\(other) and \(group.member) both lead term \(group.term)") }
            return
        }
        leaders[group.term] = group.member
        elections += 1
        guard highestCommitted > group.basePosition.index else { return }
        for index in group.basePosition.index + 1...highestCommitted {
            guard let entry = committed[index], entry.term < group.term else { continue }
            if group.term(at: index) != entry.term {
                throw fail(
                    "\(group.member) leads term \(group.term) without the committed entry \(index)@\(entry.term)")
            }
        }
    }

    /// Log matching: an entry is the same wherever its index and term are, and so is everything before it (Raft §5.3).
    mutating func noteWritten(_ entry: RaftEntry, previousTerm: UInt64?, by member: MemberID) throws(Failure) {
        guard let previousTerm else {
            throw fail("\(member) writes \(entry.index)@\(entry.term) behind an entry that it does not have")
        }
        let position = LogPosition(index: entry.index, term: entry.term)
        if let known = written[position] {
            if known.entry != entry || known.previousTerm != previousTerm {
                throw fail("\(member) has another entry \(position) than somebody else")
            }
        } else {
            written[position] = (entry, previousTerm)
        }
    }

    /// State machine safety: nobody applies another entry at an index (Raft §5.4.3).
    mutating func noteApplied(_ entry: RaftEntry, machine: Machine, by member: MemberID) throws(Failure) {
        if let known = committed[entry.index] {
            if known != entry {
                throw fail("\(member) applies another entry \(entry.index)@\(entry.term) than \(known.term)")
            }
        } else {
            committed[entry.index] = entry
            highestCommitted = max(highestCommitted, entry.index)
        }
        try noteState(machine, of: member)
    }

    /// A member's state equals that of everybody who was at the same index.
    mutating func noteState(_ machine: Machine, of member: MemberID) throws(Failure) {
        if let known = states[machine.index] {
            if known != machine.hash { throw fail("\(member) has another state at \(machine.index)") }
        } else {
            states[machine.index] = machine.hash
        }
    }

    /// Committed means durable on a majority of the voters.
    func noteCommit(_ group: RaftGroup, disks: (MemberID) -> Disk?) throws(Failure) {
        guard let term = group.term(at: group.commitIndex) else { return }
        let position = LogPosition(index: group.commitIndex, term: term)
        let count = group.membership.voters.reduce(0) { $0 + (disks($1)?.has(position) == true ? 1 : 0) }
        if count < group.membership.majority {
            throw fail("\(group.member) commits \(position), which only \(count) of \(group.membership) have durably")
        }
    }

    /// A voter votes once a term (Raft §5.2), whatever happened in between, and only for what its disk knows.
    mutating func noteMessage(_ message: RaftMessage, disk: Disk) throws(Failure) {
        switch message.body {
        case .voteReply(let reply) where reply.isGranted && !reply.isPreVote:
            try noteVote(of: message.from, for: message.to, term: message.term)
        case .vote(let request) where !request.isPreVote:
            try noteVote(of: message.from, for: message.from, term: message.term)
            if !disk.has(request.last), request.last.index > 0 {
                throw fail("\(message.from) claims \(request.last), which its disk does not have")
            }
        case .appendReply(let reply):
            if disk.hardState.term < message.term {
                throw fail("\(message.from) answers in term \(message.term), which its disk does not know")
            }
            let last = max(disk.snapshot.position.index, disk.entries.last?.index ?? 0)
            if reply.match > last {
                throw fail("\(message.from) acknowledges \(reply.match), its disk ends at \(last)")
            }
            let known = acknowledged[message.from]
            let match = known?.term == message.term ? max(reply.match, known?.index ?? 0) : reply.match
            acknowledged[message.from] = LogPosition(index: match, term: message.term)
        default: break
        }
    }

    /// What a member acknowledged in a term is there after a crash in the same term.
    func noteStart(_ group: RaftGroup) throws(Failure) {
        guard let known = acknowledged[group.member], known.term == group.term else { return }
        if group.lastPosition.index < known.index {
            throw fail("\(group.member) starts with \(group.lastPosition), and had acknowledged \(known.index)")
        }
    }

    private mutating func noteVote(of voter: MemberID, for candidate: MemberID, term: UInt64) throws(Failure) {
        let ballot = Ballot(voter: voter, term: term)
        if let other = votes[ballot], other != candidate {
            throw fail("\(voter) votes for \(other) and for \(candidate) in term \(term)")
        }
        votes[ballot] = candidate
    }

    /// A read sees all that was committed when it was asked for (thesis §6.4).
    func noteRead(index: UInt64, asked: UInt64, by member: MemberID) throws(Failure) {
        if index < asked { throw fail("\(member) reads at \(index) what was asked for at \(asked)") }
    }
}
