@testable import Raft

/// A member in a test's hand: events in, what it wants done out, and a disk that is as slow as the test likes.
final class Hand {
    var group: RaftGroup
    var output = RaftOutput()
    var now: UInt64 = 0
    /// What it has said and not been asked for yet.
    private(set) var messages: [RaftMessage] = []
    private(set) var applied: [RaftEntry] = []
    private(set) var notices: [RaftNotice.Kind] = []
    private(set) var reads: [RaftRead] = []
    private(set) var snapshotReads: [SnapshotRead] = []
    private(set) var pieces: [SnapshotPiece] = []
    let disk: Disk
    private(set) var lastTicket: UInt64 = 0

    /// A member whose log has these terms, from index 1; the other nodes are up.
    init(
        _ node: UInt32 = 1, of voters: [UInt32] = [1, 2, 3], learners: [UInt32] = [], terms: [UInt64] = [],
        term: UInt64 = 0, vote: UInt32? = nil, settings: RaftSettings = RaftSettings(), seed: UInt64 = 1
    ) {
        let membership = Membership(
            voters: voters.map { MemberID(node: $0) }, learners: learners.map { MemberID(node: $0) })
        disk = Disk(.beginning(membership))
        let state = HardState(term: max(term, terms.last ?? 0), vote: vote.map { MemberID(node: $0) })
        disk.append(Disk.Write(ticket: 0, hardState: state, firstIndex: 1, entries: entries(terms)))
        disk.sync(through: 0)
        group = RaftGroup(
            id: 1, member: MemberID(node: node), stored: disk.stored,
            upNodes: (voters + learners).filter { $0 != node },
            settings: settings, seed: seed, now: 0)
    }

    /// The same member after a crash.
    func restart() {
        disk.crash(surviving: 0)
        group = RaftGroup(
            id: 1, member: group.member, stored: disk.stored, upNodes: group.upNodes, settings: group.settings, seed: 2,
            now: now)
        lastTicket = 0
    }

    func receive(_ body: RaftMessage.Body, from node: UInt32, term: UInt64? = nil) {
        let message = RaftMessage(
            group: 1, from: MemberID(node: node), to: group.member, term: term ?? group.term, body: body)
        group.step(message, now: now, into: &output)
        flush()
    }

    func append(
        after index: UInt64 = 0, _ previousTerm: UInt64 = 0, terms: [UInt64] = [], commit: UInt64 = 0,
        round: UInt64 = 0, from node: UInt32 = 2, term: UInt64? = nil
    ) {
        let append = Append(
            previous: LogPosition(index: index, term: previousTerm), commit: commit, round: round,
            entries: entries(terms, after: index))
        receive(.append(append), from: node, term: term)
    }

    func acknowledge(_ match: UInt64, received: UInt64? = nil, round: UInt64 = 0, from node: UInt32) {
        let commit = min(match, group.commitIndex)
        receive(
            .appendReply(AppendReply(match: match, received: received ?? match, commit: commit, round: round)),
            from: node)
    }

    func grant(from node: UInt32, isPreVote: Bool = false) {
        let candidacy = isPreVote ? group.term + 1 : group.term
        receive(.voteReply(VoteReply(isPreVote: isPreVote, candidacy: candidacy, isGranted: true)), from: node)
    }

    func flush() {
        repeat {
            group.flush(now: now, into: &output)
            collect()
        } while group.needsFlush
    }

    private func collect() {
        for write in output.writes {
            disk.append(
                Disk.Write(
                    ticket: write.ticket, hardState: write.hardState, firstIndex: write.firstIndex,
                    entries: Array(output.entries(of: write))))
            lastTicket = write.ticket
        }
        messages += output.messages
        for apply in output.applies { applied += output.entries(of: apply) }
        notices += output.notices.map(\.kind)
        reads += output.reads
        snapshotReads += output.snapshotReads
        pieces += output.snapshotPieces
        output.removeAll()
    }

    /// The disk has everything.
    func sync() {
        repeat { sync(through: lastTicket) } while group.durableTicket < lastTicket
    }

    func sync(through ticket: UInt64) {
        disk.sync(through: ticket)
        group.persisted(ticket, now: now, into: &output)
        flush()
    }

    /// Lets time pass until it wants to do something, and lets it. False when it does not.
    func timeOut() -> Bool {
        guard let deadline = group.nextDeadline else { return false }
        now = max(now, deadline)
        group.tick(now: now, into: &output)
        flush()
        return true
    }

    func peerDown(_ node: UInt32) {
        group.peerDown(node, now: now, into: &output)
        flush()
    }

    func peerUp(_ node: UInt32) {
        group.peerUp(node, now: now, into: &output)
        flush()
    }

    func propose(_ bytes: [UInt8] = [7]) throws -> LogPosition {
        let position = try group.propose(RaftPayload(bytes))
        flush()
        return position
    }

    /// Stands for election up to where it has asked for votes.
    func becomeCandidate() {
        group.campaign(now: now, into: &output)
        flush()
        for voter in group.membership.voters where voter != group.member && group.role == .preCandidate {
            grant(from: voter.node, isPreVote: true)
        }
        sync()
    }

    /// Is elected; what it said on the way is forgotten.
    func becomeLeader() {
        becomeCandidate()
        for voter in group.membership.voters where voter != group.member && group.role == .candidate {
            grant(from: voter.node)
        }
        sync()
        _ = take()
    }

    /// Is elected, and has its first entry committed and known everywhere.
    func leadInPeace() {
        becomeLeader()
        settle()
        _ = take()
    }

    /// All peers acknowledge everything.
    func settle() {
        sync()
        for _ in 0..<2 {
            for peer in group.progress.map(\.member) {
                receive(
                    .appendReply(
                        AppendReply(
                            match: group.lastPosition.index, received: group.lastPosition.index,
                            commit: group.commitIndex, round: group.round)),
                    from: peer.node)
            }
        }
    }

    /// What it has said since the last time.
    func take() -> [RaftMessage] {
        defer { messages = [] }
        return messages
    }

    /// What it has said to one peer since the last time.
    func take(to node: UInt32) -> [RaftMessage.Body] { take().filter { $0.to.node == node }.map(\.body) }

    var terms: [UInt64] {
        guard group.lastPosition.index > group.basePosition.index else { return [] }
        return (group.basePosition.index + 1...group.lastPosition.index).compactMap { group.term(at: $0) }
    }
}

/// Commands of these terms, behind an index.
func entries(_ terms: [UInt64], after index: UInt64 = 0) -> [RaftEntry] {
    terms.enumerated().map {
        RaftEntry(
            index: index + 1 + UInt64($0.offset), term: $0.element, kind: .command,
            payload: RaftPayload([UInt8(truncatingIfNeeded: $0.element)]))
    }
}

extension RaftMessage {
    var append: Append? { if case .append(let append) = body { append } else { nil } }
    var appendReply: AppendReply? { if case .appendReply(let reply) = body { reply } else { nil } }
    var refusal: AppendRefusal? { if case .appendRefusal(let refusal) = body { refusal } else { nil } }
    var voteRequest: VoteRequest? { if case .vote(let request) = body { request } else { nil } }
    var voteReply: VoteReply? { if case .voteReply(let reply) = body { reply } else { nil } }
    var status: GroupStatus? { if case .status(let status) = body { status } else { nil } }
    var snapshotChunk: SnapshotChunk? { if case .snapshotChunk(let chunk) = body { chunk } else { nil } }
    var snapshotReply: SnapshotReply? { if case .snapshotReply(let reply) = body { reply } else { nil } }
}
