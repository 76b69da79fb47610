import Testing

@testable import Raft

@Suite("Leadership")
struct LeadershipTests {
    private let two = MemberID(node: 2)
    private let three = MemberID(node: 3)

    // MARK: Silence and contact

    @Test("a leader whose followers know everything has no deadline and says nothing")
    func idle() throws {
        let hand = Hand()
        hand.leadInPeace()
        #expect(hand.group.nextDeadline == nil)
        _ = try hand.propose()
        #expect(hand.group.nextDeadline != nil)
        hand.settle()
        #expect(hand.group.nextDeadline == nil)
    }

    @Test("a leader is not idle before its followers know what is committed")
    func commitIsKnown() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.propose()
        hand.sync()
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 3)
        let notices = hand.take().compactMap(\.append).filter { $0.commit == 2 && $0.entries.isEmpty }
        #expect(notices.count == 2)
        #expect(hand.group.nextDeadline != nil)
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 3)
        #expect(hand.group.nextDeadline == nil)
    }

    @Test("what is not answered is asked for again, without the entries")
    func retry() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.propose()
        hand.sync()
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 2)
        _ = hand.take()
        let isDue = hand.timeOut()
        #expect(isDue)
        let messages = hand.take()
        #expect(messages.map(\.to.node) == [3])
        #expect(messages.first?.append?.entries.isEmpty == true)
        hand.acknowledge(1, from: 3)
        #expect(hand.take().compactMap { $0.append?.entries.map(\.index) } == [[2]], "the answer shows what is missing")
    }

    @Test("a commit notice may wait for entries that carry it")
    func delayedNotice() throws {
        var settings = RaftSettings()
        settings.commitNoticeDelay = 5_000_000
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        _ = hand.timeOut()
        hand.settle()
        _ = try hand.propose()
        hand.sync()
        _ = hand.take()
        hand.acknowledge(2, from: 2)
        #expect(hand.take().isEmpty)
        #expect(hand.group.nextDeadline == hand.now + 5_000_000)
        _ = hand.timeOut()
        #expect(hand.take().compactMap(\.append?.commit) == [2, 2])
    }

    @Test("a commit notice that waits longer than a retry makes no sense")
    func lateNotice() {
        var settings = RaftSettings()
        settings.commitNoticeDelay = settings.retryInterval - 1
        #expect(settings.isSensible)
        settings.commitNoticeDelay += 1
        #expect(!settings.isSensible)
    }

    @Test("a leader steps down when a majority of nodes has been down for an election time-out (thesis §6.2)")
    func checkQuorumByNodes() {
        let hand = Hand()
        hand.leadInPeace()
        hand.peerDown(2)
        #expect(hand.group.nextDeadline == nil, "one of three may be down")
        hand.peerDown(3)
        #expect(hand.group.nextDeadline == hand.now + hand.group.settings.electionTimeout)
        hand.peerUp(3)
        #expect(hand.group.quorumDeadline == nil, "it came back in time")
        hand.peerDown(3)
        _ = hand.timeOut()
        #expect(hand.group.role == .follower)
        #expect(hand.group.leader == nil)
    }

    @Test("a leader steps down when a majority is up and does not answer, and says so (thesis §6.2)")
    func checkQuorumByAnswers() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.propose()
        var asked = 0
        while hand.group.role == .leader, asked < 20 {
            asked += 1
            _ = hand.timeOut()
        }
        #expect(hand.now >= hand.group.settings.electionTimeout)
        #expect(asked < 20)
        #expect(hand.take().compactMap(\.status).map(\.leader) == [nil, nil])
    }

    @Test("a leader in a higher term makes this one a follower, and its reads and proposals fail")
    func deposed() throws {
        let hand = Hand()
        hand.leadInPeace()
        try hand.group.read(5)
        hand.append(after: 1, 1, from: 3, term: 9)
        #expect(hand.reads == [RaftRead(group: 1, context: 5, index: nil)])
        #expect(throws: RaftRefusal.notLeader(leader: three)) { try hand.group.propose(RaftPayload()) }
    }

    @Test("a follower that says it knows no leader, or another log, is told")
    func statusIsAnswered() {
        let hand = Hand()
        hand.leadInPeace()
        let last = hand.group.lastPosition
        hand.receive(.status(GroupStatus(leader: hand.group.member, last: last, commit: 1)), from: 2)
        #expect(hand.take().isEmpty, "all is well")
        hand.receive(.status(GroupStatus(leader: nil, last: last, commit: 1)), from: 2)
        #expect(hand.take().compactMap(\.append).count == 1)
    }

    @Test("a status of a higher term deposes a leader, one of a lower is answered")
    func statusOfOtherTerms() {
        let hand = Hand(2, term: 3)
        hand.receive(
            .status(GroupStatus(leader: nil, last: LogPosition(index: 0, term: 0), commit: 0)), from: 1, term: 1)
        #expect(hand.take().map(\.term) == [3])
        hand.becomeLeader()
        hand.receive(
            .status(GroupStatus(leader: nil, last: LogPosition(index: 0, term: 0), commit: 0)), from: 1, term: 9)
        #expect(hand.group.role == .follower)
        #expect(hand.group.term == 9)
    }

    // MARK: Reads

    @Test("a read is answered when a majority has confirmed the leader after it was asked for (thesis §6.4)")
    func readsAreConfirmed() throws {
        let hand = Hand(of: [1, 2, 3, 4, 5])
        hand.leadInPeace()
        try hand.group.read(8)
        try hand.group.read(9)
        hand.flush()
        let rounds = hand.take().compactMap(\.append?.round)
        #expect(rounds == [1, 1, 1, 1], "one round for both")
        hand.acknowledge(1, round: 1, from: 2)
        #expect(hand.reads.isEmpty)
        hand.acknowledge(1, round: 0, from: 3)
        #expect(hand.reads.isEmpty, "an answer to something earlier says nothing")
        hand.acknowledge(1, round: 1, from: 4)
        #expect(hand.reads.map(\.context) == [8, 9])
        #expect(hand.reads.map(\.index) == [1, 1])
    }

    @Test("a new leader answers no read before an entry of its term is committed (thesis §6.4)")
    func readsWaitForTheTerm() throws {
        let hand = Hand(terms: [1])
        hand.becomeLeader()
        try hand.group.read(8)
        hand.flush()
        hand.acknowledge(0, received: 0, round: 1, from: 2)
        #expect(hand.reads.isEmpty)
        hand.acknowledge(2, round: 1, from: 2)
        #expect(hand.reads.map(\.index) == [2])
    }

    @Test("the only voter answers reads by itself")
    func readsAlone() throws {
        let hand = Hand(of: [1])
        hand.becomeLeader()
        try hand.group.read(3)
        hand.flush()
        #expect(hand.reads.map(\.index) == [1])
    }

    @Test("a leader takes no more reads than it may keep waiting")
    func tooManyReads() throws {
        var settings = RaftSettings()
        settings.maxPendingReads = 2
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        for context in 1...2 as ClosedRange<UInt64> { try hand.group.read(context) }
        #expect(throws: RaftRefusal.overloaded) { try hand.group.read(3) }
        hand.flush()
        hand.acknowledge(1, round: hand.group.round, from: 2)
        #expect(hand.reads.map(\.context) == [1, 2])
        try hand.group.read(3)
    }

    @Test("a follower's answer names the latest round it has heard of")
    func roundsAreEchoed() {
        let hand = Hand()
        hand.append(round: 7, term: 1)
        hand.sync()
        hand.append(round: 5)
        #expect(hand.take().compactMap(\.appendReply?.round) == [7, 7])
    }

    // MARK: Transfer

    @Test("leadership goes to a voter that has everything, which stands for election at once (thesis §3.10)")
    func transfer() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.propose()
        hand.sync()
        _ = hand.take()
        try hand.group.transferLeadership(to: two, now: hand.now)
        hand.flush()
        #expect(hand.take().allSatisfy { $0.body != .timeoutNow }, "it is brought up to date first")
        #expect(throws: RaftRefusal.transferring) { try hand.group.propose(RaftPayload()) }
        hand.acknowledge(2, from: 2)
        #expect(hand.take(to: 2).contains(.timeoutNow))

        let successor = Hand(2, terms: [1, 1])
        successor.append(after: 2, 1, from: 1, term: 1)
        successor.receive(.timeoutNow, from: 1)
        successor.sync()
        #expect(successor.group.term == 2)
        #expect(successor.take().compactMap(\.voteRequest).allSatisfy { $0.isTransfer && !$0.isPreVote })
    }

    @Test("a transfer that does not happen is given up after an election time-out")
    func transferAborted() throws {
        let hand = Hand()
        hand.leadInPeace()
        try hand.group.transferLeadership(to: two, now: hand.now)
        #expect(hand.group.nextDeadline == hand.now + hand.group.settings.electionTimeout)
        _ = hand.timeOut()
        #expect(hand.notices.contains(.transferAborted(two)))
        _ = try hand.propose()
    }

    @Test("a leader that steps down gives up the transfer that it had begun")
    func transferOfALeaderThatStepsDown() throws {
        let hand = Hand()
        hand.leadInPeace()
        try hand.group.transferLeadership(to: MemberID(node: 2), now: hand.now)
        hand.flush()
        hand.peerDown(2)
        hand.peerDown(3)
        while hand.group.role == .leader { try #require(hand.timeOut()) }
        #expect(hand.notices.contains(.transferAborted(MemberID(node: 2))))
    }

    @Test("a transfer is given up when somebody else takes over", arguments: [2, 3])
    func transferThatEndsElsewhere(_ successor: UInt32) throws {
        let hand = Hand()
        hand.leadInPeace()
        try hand.group.transferLeadership(to: MemberID(node: 2), now: hand.now)
        hand.flush()
        hand.append(after: 1, 1, from: successor, term: 2)
        #expect(hand.group.leader == MemberID(node: successor))
        #expect(hand.notices.contains(.transferAborted(MemberID(node: 2))) == (successor != 2))
    }

    @Test("leadership is not given to itself, a learner or a stranger")
    func meaninglessTransfers() {
        let hand = Hand(learners: [4])
        hand.leadInPeace()
        for target in [1, 4, 9] as [UInt32] {
            #expect(throws: RaftRefusal.meaningless) {
                try hand.group.transferLeadership(to: MemberID(node: target), now: 0)
            }
        }
    }

    @Test("who does not follow the sender does not take over for it")
    func takeOverOnlyForTheLeader() {
        let hand = Hand()
        hand.append(term: 1)
        hand.receive(.timeoutNow, from: 3)
        #expect(hand.group.role == .follower)
    }
}
