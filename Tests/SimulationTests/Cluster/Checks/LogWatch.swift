import Raft

@testable import Broker

/// Looks on at the logs of all Raft groups: one leader a term (Raft §5.2), which has all that was committed in earlier
/// terms (Raft §5.4), and at each index one committed entry, whoever applies it and however often it starts again
/// (Raft §5.4.3), which no member gives up again.
final class LogWatch {
    private struct Place: Hashable {
        let group: UInt64
        let index: UInt64
    }
    private struct Reign: Hashable {
        let group: UInt64
        let term: UInt64
    }
    private struct Member: Hashable {
        let group: UInt64
        let node: UInt32
    }

    /// What was committed at a place, in which term at most, and who applied it first.
    private struct Committed {
        let term: UInt64
        let hash: UInt64
        let by: UInt32
        let inTerm: UInt64
    }

    private var committed: [Place: Committed] = [:]
    /// Up to where each group has committed.
    private var ends: [UInt64: UInt64] = [:]
    private var votes: [Member: (term: UInt64, vote: UInt32)] = [:]
    private var leaders: [Reign: UInt32] = [:]
    private var seen: [Member: UInt64] = [:]
    /// When the log of a queue last said that a node was gone, by queue and node.
    private var burials: [Member: UInt64] = [:]
    private(set) var burialCounts: [UInt64: Int] = [:]
    var elections: Int { leaders.count }
    /// Who has voted for the node that was elected last, apart from itself.
    private(set) var electors: [UInt32] = []

    /// A node's members apply their logs again after the next start.
    func crashed(_ node: UInt32) {
        for key in seen.keys.filter({ $0.node == node }) { seen[key] = nil }  // order-free: all of them go
    }

    /// When a queue's log last said that a node was gone; 0 if never.
    func buried(_ node: UInt32, in queue: UInt64) -> UInt64 {
        burials[Member(group: QuorumMember.group(of: queue), node: node)] ?? 0
    }

    func look(
        at node: Node, number: UInt32, life: Int, time: UInt64, _ trace: inout Trace, _ clock: @autoclosure () -> String
    ) -> String? {
        for replica in node.replicas.all {
            let group = replica.group
            if group.role == .leader {
                let reign = Reign(group: group.id, term: group.term)
                if let other = leaders[reign], other != number {
                    return "nodes \(other) and \(number) both lead \(FrameText.group(group.id)) in term \(group.term)"
                }
                if leaders[reign] == nil {
                    leaders[reign] = number
                    electors = group.membership.voters.map(\.node).filter { voter in
                        votes[Member(group: group.id, node: voter)].map { $0 == (group.term, number) } ?? false
                    }
                    if let wrong = missing(in: group, number) { return wrong }
                    let line = "\(clock()) node \(number) leads \(FrameText.group(group.id)) in term \(group.term)"
                    trace.say { line }
                }
            }
            let member = Member(group: group.id, node: number)
            if group.lastPosition.index < group.appliedIndex {
                return "node \(number) has given up entries of \(FrameText.group(group.id)) behind"
                    + " \(group.lastPosition.index), and has applied \(group.appliedIndex)"
            }
            let before = seen[member] ?? 0
            guard group.appliedIndex > before else { continue }
            seen[member] = group.appliedIndex
            for index in before + 1...group.appliedIndex {
                guard let entry = group.entry(at: index) else { continue }
                if let wrong = note(entry, group, by: number, time, &trace, clock()) { return wrong }
            }
        }
        return nil
    }

    /// Whether a node has voted for another since it was looked at last.
    func hasVoted(_ node: Node, number: UInt32) -> Bool {
        var hasVoted = false
        for replica in node.replicas.all {
            guard let vote = replica.group.vote, vote.node != number else { continue }
            let member = Member(group: replica.group.id, node: number)
            let now = (term: replica.group.term, vote: vote.node)
            if let last = votes[member], last == now { continue }
            votes[member] = now
            hasVoted = true
        }
        return hasVoted
    }

    /// What a new leader does not have of what was committed in earlier terms.
    private func missing(in group: RaftGroup, _ node: UInt32) -> String? {
        let end = ends[group.id] ?? 0
        guard end > group.basePosition.index else { return nil }
        for index in group.basePosition.index + 1...end {
            guard let known = committed[Place(group: group.id, index: index)], known.inTerm < group.term,
                group.term(at: index) != known.term
            else { continue }
            return
                "node \(node) leads \(FrameText.group(group.id)) in term \(group.term) without entry \(index) of term"
                + " \(known.term), which was committed by term \(known.inTerm)"
        }
        return nil
    }

    private func note(
        _ entry: RaftEntry, _ member: RaftGroup, by node: UInt32, _ time: UInt64, _ trace: inout Trace, _ clock: String
    ) -> String? {
        let group = member.id
        let place = Place(group: group, index: entry.index)
        let hash = Self.hash(entry.payload.bytes)
        if let known = committed[place] {
            if known.term == entry.term, known.hash == hash { return nil }
            return "node \(node) applies another entry \(entry.index) of \(FrameText.group(group)) (term \(entry.term))"
                + " than node \(known.by) (term \(known.term))"
        }
        committed[place] = Committed(term: entry.term, hash: hash, by: node, inTerm: member.term)
        ends[group] = max(ends[group] ?? 0, entry.index)
        trace.add(hash)
        trace.say {
            "\(clock) \(FrameText.group(group)): entry \(entry.index) of term \(entry.term) is applied first by \(node)"
        }
        if entry.kind == .command, group != RaftRecord.metadata { noteBurials(entry, group, time, &trace, clock) }
        return nil
    }

    private func noteBurials(
        _ entry: RaftEntry, _ group: UInt64, _ time: UInt64, _ trace: inout Trace, _ clock: String
    ) {
        entry.payload.bytes.withUnsafeBytes { bytes in
            guard let header = QuorumBatchHeader(bytes), header.node == 0 else { return }
            var place = QuorumBatch.headerBytes
            for _ in 0..<header.count {
                guard let command = QuorumCommand(bytes, at: place) else { return }
                place = command.end
                guard command.kind == .nodeDown else { continue }
                burials[Member(group: group, node: command.size)] = time
                burialCounts[group, default: 0] += 1
                trace.say { "\(clock) \(FrameText.group(group)): node \(command.size) is said to be gone" }
            }
        }
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var trace = Trace(isReadable: false)
        trace.add(bytes)
        return trace.hash
    }
}
