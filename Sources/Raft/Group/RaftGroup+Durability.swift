/// A write that has not been reported as persisted.
struct PendingWrite: Sendable {
    let ticket: UInt64
    /// From where it replaces the stored log.
    let firstIndex: UInt64
    /// The last entry that is durable with it: fewer than it wrote when some have been truncated since.
    var lastIndex: UInt64
}

/// A promise that waits for the write it rests on.
struct HeldMessage: Sendable {
    enum Promise: Sendable {
        case vote(MemberID)
        case candidacy(isTransfer: Bool)
    }

    let promise: Promise
    /// In this term only.
    let term: UInt64
    let ticket: UInt64
}

/// What is to be persisted, and what follows when it is.
extension RaftGroup {
    /// Takes the report that a write, and all before it, is durable.
    ///
    /// It is for the write itself: entries that were truncated after they were handed out do not count when their write
    /// completes, even if others stand at their indices by now.
    public mutating func persisted(_ ticket: UInt64, now: UInt64, into output: inout RaftOutput) {
        precondition(ticket <= lastTicket, "group \(id) has handed out no write \(ticket)")
        guard ticket > durableTicket else { return }
        needsFlush = true
        durableTicket = ticket
        let done = pendingWrites.firstIndex { $0.ticket > ticket } ?? pendingWrites.count
        for write in pendingWrites[..<done] { durableIndex = max(durableIndex, write.lastIndex) }
        pendingWrites.removeFirst(done)
        release(now: now, into: &output)
        if role == .leader { advanceCommit(now: now) }
        if isReplyOwed { isReplyDue = true }
    }

    /// Gives out what has changed since the last write.
    mutating func write(into output: inout RaftOutput) {
        guard hasUnwritten else { return }
        lastTicket += 1
        let start = output.entries.count
        if let firstUnwritten, firstUnwritten <= log.last.index {
            for index in firstUnwritten...log.last.index { output.entries.append(log[index]) }
        }
        let firstIndex = isLogResetUnwritten ? 1 : firstUnwritten ?? log.last.index + 1
        var hardState: HardState?
        if isHardStateUnwritten {
            hardState = HardState(term: term, vote: plantedFault == .forgetVote ? nil : vote)
            hardStateTicket = lastTicket
        }
        output.writes.append(
            RaftWrite(
                group: id, ticket: lastTicket, hardState: hardState, firstIndex: firstIndex,
                range: start..<output.entries.count))
        pendingWrites.append(
            PendingWrite(ticket: lastTicket, firstIndex: firstIndex, lastIndex: log.last.index))
        isHardStateUnwritten = false
        isLogResetUnwritten = false
        firstUnwritten = nil
    }

    /// Whether there is something that no write has.
    private var hasUnwritten: Bool { isHardStateUnwritten || isLogResetUnwritten || firstUnwritten != nil }

    /// Whether the present term and vote are durable.
    var isHardStateDurable: Bool { !isHardStateUnwritten && hardStateTicket <= durableTicket }

    /// Holds a promise back until everything up to now is durable.
    mutating func hold(_ promise: HeldMessage.Promise) {
        held.append(HeldMessage(promise: promise, term: term, ticket: hasUnwritten ? lastTicket + 1 : lastTicket))
        needsFlush = true
    }

    /// Makes the promises that are durable now; those of earlier terms are moot.
    mutating func release(now: UInt64, into output: inout RaftOutput) {
        guard !held.isEmpty else { return }
        let due = held.filter { $0.ticket <= durableTicket }
        held.removeAll { $0.ticket <= durableTicket || $0.term < term }
        for item in due where item.term == term {
            switch item.promise {
            case .vote(let candidate):
                let grant = VoteReply(isPreVote: false, candidacy: term, isGranted: true)
                reply(grant, to: candidate, into: &output)
            case .candidacy(let isTransfer):
                if role == .candidate { stand(isTransfer: isTransfer, now: now, into: &output) }
            }
        }
    }

    // MARK: The log

    /// Appends an entry of the present term.
    mutating func append(_ kind: RaftEntry.Kind, _ payload: RaftPayload) -> LogPosition {
        let entry = RaftEntry(index: log.last.index + 1, term: term, kind: kind, payload: payload)
        append(entry)
        uncommittedBytes += entry.size
        return log.last
    }

    mutating func append(_ entry: RaftEntry) {
        log.append(entry)
        if firstUnwritten == nil { firstUnwritten = entry.index }
        if entry.kind == .membership, let membership = Membership(decoding: entry.payload.bytes) {
            memberships.append(membership, at: entry.index)
        }
        needsFlush = true
    }

    /// Drops the entry and all behind it, and with them what is known or hoped about their durability.
    mutating func truncate(from index: UInt64) {
        log.truncate(from: index)
        memberships.truncate(from: index)
        durableIndex = min(durableIndex, index - 1)
        verifiedIndex = min(verifiedIndex, index - 1)
        for position in pendingWrites.indices {
            pendingWrites[position].lastIndex = min(pendingWrites[position].lastIndex, index - 1)
        }
        firstUnwritten = min(firstUnwritten ?? index, index)
    }

    // MARK: Applying

    /// Holds back what is committed and not applied yet, or gives it out again: while its owner writes the state machine
    /// down in several steps, it must stay as it is. Whoever waits for what is committed waits that long.
    public mutating func setApplyingHeld(_ isHeld: Bool) {
        isApplyingHeld = isHeld
        if appliedIndex < commitIndex, !isHeld { needsFlush = true }
    }

    /// Gives out what is committed and not applied yet, a limited number at a time.
    mutating func apply(into output: inout RaftOutput) {
        guard appliedIndex < commitIndex, incoming?.isComplete != true, !isApplyingHeld else { return }
        let end = min(commitIndex, appliedIndex + UInt64(settings.maxApplyEntries))
        let start = output.entries.count
        for index in appliedIndex + 1...end {
            let entry = log[index]
            output.entries.append(entry)
            if entry.kind == .membership { noteCommitted(memberships.membership(at: index), into: &output) }
        }
        output.applies.append(RaftApply(group: id, range: start..<output.entries.count))
        appliedIndex = end
        if appliedIndex < commitIndex { needsFlush = true }
    }

    private mutating func noteCommitted(_ membership: Membership, into output: inout RaftOutput) {
        output.notices.append(RaftNotice(group: id, kind: .membership(membership)))
        if membership.contains(member) { isMemberApplied = true }
    }
}
