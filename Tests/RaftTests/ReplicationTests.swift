import Testing

@testable import Raft

@Suite("Replication")
struct ReplicationTests {
    @Test("a leader begins its term with an entry of its own, and tells its followers (Raft §5.4.2, §8)")
    func termStart() {
        let hand = Hand()
        hand.becomeCandidate()
        _ = hand.take()
        hand.grant(from: 2)
        #expect(hand.group.entry(at: 1)?.kind == .termStart)
        let appends = hand.take()
        #expect(appends.map(\.to.node) == [2, 3])
        #expect(appends.allSatisfy { $0.append?.entries.map(\.index) == [1] })
    }

    @Test("an entry is committed and applied when a majority has it durably (Raft §5.3)")
    func commitByMajority() throws {
        let hand = Hand(of: [1, 2, 3, 4, 5])
        hand.leadInPeace()
        let position = try hand.propose()
        hand.sync()
        hand.acknowledge(position.index, from: 2)
        #expect(hand.group.commitIndex == 1)
        hand.acknowledge(position.index, from: 3)
        #expect(hand.group.commitIndex == 2)
        #expect(hand.applied.map(\.index) == [1, 2])
    }

    @Test("a leader counts itself only up to its own durable index (thesis §10.2.1)")
    func ownDiskCounts() throws {
        let hand = Hand()
        hand.leadInPeace()
        let position = try hand.propose()
        hand.acknowledge(position.index, from: 2)
        #expect(hand.group.commitIndex == 1)
        hand.sync()
        #expect(hand.group.commitIndex == 2)
        _ = try hand.propose()
        hand.acknowledge(3, from: 2)
        hand.acknowledge(3, from: 3)
        #expect(hand.group.commitIndex == 3, "the others alone are a majority")
        #expect(hand.group.durableIndex == 2)
    }

    @Test("what a follower has received, but not durably, does not count")
    func receivedDoesNotCount() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.propose()
        hand.sync()
        hand.acknowledge(1, received: 2, from: 2)
        #expect(hand.group.commitIndex == 1)
    }

    @Test(
        "entries of earlier terms are not committed by counting, but with one of the own term (Raft §5.4.2, figure 8)")
    func oldTerms() {
        let hand = Hand(terms: [1, 2], term: 2)
        hand.becomeLeader()
        #expect(hand.terms == [1, 2, 3])
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 3)
        #expect(hand.group.commitIndex == 0)
        hand.acknowledge(3, from: 2)
        #expect(hand.group.commitIndex == 3)
    }

    @Test("a follower acknowledges what is durable, in a term that is durable")
    func replyAfterSync() {
        let hand = Hand()
        hand.append(terms: [1, 1], term: 1)
        #expect(hand.take().isEmpty)
        hand.sync()
        #expect(hand.take().map(\.appendReply?.match) == [2])
        hand.append(after: 2, 1, terms: [1])
        #expect(hand.take().isEmpty)
        hand.append(after: 2, 1)
        let reply = hand.take().first?.appendReply
        #expect(reply == AppendReply(match: 2, received: 3, commit: 0, round: 0))
        hand.append(after: 3, 1, term: 2)
        #expect(hand.take().isEmpty, "term 2 is not durable")
        hand.sync()
        #expect(hand.take().map(\.appendReply?.match) == [3])
    }

    @Test("several appends and several syncs of one batch are answered once")
    func oneReply() {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        hand.append(after: 1, 1, terms: [1])
        hand.append(after: 2, 1, terms: [1])
        hand.sync()
        #expect(hand.take().compactMap(\.appendReply?.match) == [3])
    }

    @Test("the write of an entry that was truncated meanwhile does not make its successor durable")
    func overtakenWrite() {
        let hand = Hand()
        hand.append(terms: [1, 1], term: 1)
        let first = hand.lastTicket
        hand.append(terms: [2, 2], from: 3, term: 2)
        let second = hand.lastTicket
        #expect(first < second)
        hand.sync(through: first)
        #expect(hand.group.durableIndex == 0)
        #expect(hand.take().isEmpty)
        hand.sync(through: second)
        #expect(hand.group.durableIndex == 2)
        #expect(hand.take().map(\.appendReply?.match) == [2])
    }

    @Test("a follower refuses what does not follow its log, and says where they may agree (Raft §5.3)")
    func refusal() {
        let hand = Hand(terms: [1, 1, 2, 2, 2])
        hand.append(after: 9, 4, terms: [4], term: 4)
        let expected = AppendRefusal(previousIndex: 9, hint: LogPosition(index: 5, term: 2), round: 0)
        #expect(hand.take().map(\.refusal) == [expected])
        hand.append(after: 4, 1, terms: [4])
        #expect(hand.take().first?.refusal?.hint == LogPosition(index: 2, term: 1), "a whole term is skipped at once")
    }

    @Test("what contradicts the leader is replaced, and what agrees is kept (Raft §5.3)")
    func conflict() {
        let hand = Hand(terms: [1, 1, 2, 2])
        hand.append(after: 1, 1, terms: [1, 3], term: 3)
        #expect(hand.terms == [1, 1, 3])
        hand.sync()
        #expect(hand.disk.entries.map(\.term) == [1, 1, 3])
    }

    @Test("an append that comes late takes nothing back")
    func lateAppend() {
        let hand = Hand()
        hand.append(terms: [1, 1, 1], term: 1)
        hand.append(terms: [1])
        #expect(hand.terms == [1, 1, 1])
    }

    @Test("what is committed is never replaced, whatever a peer says")
    func committedStays() {
        let hand = Hand()
        hand.append(terms: [1, 1], commit: 2, term: 1)
        hand.append(terms: [2, 2], from: 3, term: 2)
        #expect(hand.terms == [1, 1])
        hand.append(after: 2, 2, terms: [2], from: 3)
        #expect(hand.terms == [1, 1])
    }

    @Test("a follower commits no further than it is known to agree with the leader (Raft §5.3)")
    func commitOnlyWhatAgrees() {
        let hand = Hand(terms: [1, 1, 1])
        hand.append(after: 1, 1, commit: 3, term: 2)
        #expect(hand.group.commitIndex == 1)
        hand.append(after: 2, 1, commit: 9)
        #expect(hand.group.commitIndex == 2)
    }

    private static let figure7Logs: [[UInt64]] = [
        [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ]

    @Test("a leader brings each log of figure 7 into line with its own (Raft §5.3)", arguments: figure7Logs)
    func figure7(terms: [UInt64]) {
        let leader = Hand(of: [1, 2, 3], terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], term: 7)
        leader.becomeCandidate()
        leader.grant(from: 3)
        leader.sync()
        let follower = Hand(2, terms: terms, term: 7)
        var rounds = 0
        for message in leader.take() where message.to.node == 2 {
            var pending = [message]
            while let next = pending.popLast() {
                rounds += 1
                follower.receive(next.body, from: 1, term: next.term)
                follower.sync()
                for answer in follower.take() { leader.receive(answer.body, from: 2, term: answer.term) }
                leader.sync()
                pending += leader.take().filter { $0.to.node == 2 }
            }
        }
        #expect(follower.terms == leader.terms)
        #expect(follower.group.commitIndex == leader.group.commitIndex)
        #expect(rounds < 12)
    }

    @Test("appends follow each other without waiting, up to the limits (thesis §10.2.1)")
    func pipelining() throws {
        var settings = RaftSettings()
        settings.maxInflightAppends = 3
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        for _ in 0..<5 { _ = try hand.propose() }
        let sent = hand.take().filter { $0.to.node == 2 }.compactMap { $0.append?.entries.map(\.index) }
        #expect(sent == [[2], [3], [4]])
        hand.acknowledge(2, from: 2)
        let more = hand.take().filter { $0.to.node == 2 }.compactMap { $0.append?.entries.map(\.index) }
        #expect(more == [[5, 6]])
    }

    @Test("no append is larger than the limit, but that one entry may be")
    func appendSize() throws {
        var settings = RaftSettings()
        settings.maxAppendBytes = 100
        settings.maxInflightBytes = 400
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        for size in [30, 30, 30, 500, 30] as [UInt32] {
            _ = try hand.group.propose(RaftPayload(reference: 1, referencedBytes: size))
        }
        hand.flush()
        let sent = hand.take().filter { $0.to.node == 2 }.compactMap { $0.append?.entries.map(\.index) }
        #expect(sent == [[2, 3], [4], [5]], "and no more than the window on the way")
    }

    @Test("entries proposed between two flushes go out as one append and one write")
    func batching() throws {
        let hand = Hand()
        hand.leadInPeace()
        for _ in 0..<10 { _ = try hand.group.propose(RaftPayload([1])) }
        hand.group.flush(now: hand.now, into: &hand.output)
        #expect(hand.output.writes.count == 1)
        #expect(hand.output.messages.compactMap(\.append?.entries.count) == [10, 10])
    }

    @Test("a leader takes in no more than may wait to be committed")
    func uncommittedLimit() throws {
        var settings = RaftSettings()
        settings.maxUncommittedBytes = 100
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        _ = try hand.propose(Array(repeating: 0, count: 60))
        #expect(throws: RaftRefusal.overloaded) { try hand.group.propose(RaftPayload(Array(repeating: 0, count: 60))) }
        hand.settle()
        _ = try hand.propose(Array(repeating: 0, count: 60))
    }

    @Test("a follower refuses proposals and names the leader")
    func followersRefuse() {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        #expect(throws: RaftRefusal.notLeader(leader: MemberID(node: 2))) { try hand.group.propose(RaftPayload()) }
    }

    @Test("catching up is applied in slices")
    func slices() {
        var settings = RaftSettings()
        settings.maxApplyEntries = 3
        let hand = Hand(settings: settings)
        hand.group.step(
            RaftMessage(
                group: 1, from: MemberID(node: 2), to: MemberID(node: 1), term: 1,
                body: .append(
                    Append(
                        previous: LogPosition(index: 0, term: 0), commit: 8, round: 0,
                        entries: entries(Array(repeating: 1, count: 8))))),
            now: 0, into: &hand.output)
        var sizes: [Int] = []
        repeat {
            hand.group.flush(now: 0, into: &hand.output)
            sizes += hand.output.applies.map { hand.output.entries(of: $0).count }
            hand.output.removeAll()
        } while hand.group.needsFlush
        #expect(sizes == [3, 3, 2])
    }

    @Test("what earlier leaders left does not count for what a leader may take in")
    func earlierTermsDoNotCount() throws {
        var settings = RaftSettings()
        settings.maxUncommittedBytes = 100
        let hand = Hand(terms: [1, 1, 1, 1, 1], settings: settings)
        hand.becomeLeader()
        _ = try hand.propose(Array(repeating: 0, count: 60))
        hand.sync()
        hand.acknowledge(6, from: 2)
        #expect(hand.group.commitIndex == 6)
        #expect(throws: RaftRefusal.overloaded) { try hand.group.propose(RaftPayload(Array(repeating: 0, count: 60))) }
        hand.acknowledge(7, from: 2)
        _ = try hand.propose(Array(repeating: 0, count: 60))
    }
}
