import Testing

@testable import Raft

@Suite("Elections")
struct ElectionTests {
    private func vote(_ last: LogPosition, isPreVote: Bool = false, isTransfer: Bool = false) -> RaftMessage.Body {
        .vote(VoteRequest(isPreVote: isPreVote, isTransfer: isTransfer, last: last))
    }

    private let nothing = LogPosition(index: 0, term: 0)

    @Test("a member starts as a follower and waits between one and two election time-outs (Raft §5.2)")
    func startsAsFollower() throws {
        var deadlines: Set<UInt64> = []
        for seed in 1...50 {
            let hand = Hand(seed: UInt64(seed))
            #expect(hand.group.role == .follower)
            let deadline = try #require(hand.group.nextDeadline)
            let timeout = hand.group.settings.electionTimeout
            #expect(deadline >= timeout && deadline < 2 * timeout)
            deadlines.insert(deadline)
        }
        #expect(deadlines.count == 50, "waits are randomised")
    }

    @Test("a member that hears of a higher term enters it and follows (Raft §5.1)", arguments: [0, 1, 2])
    func entersHigherTerm(role: Int) {
        let hand = Hand()
        if role == 1 { hand.becomeCandidate() }
        if role == 2 { hand.becomeLeader() }
        hand.append(term: 9)
        #expect(hand.group.term == 9)
        #expect(hand.group.role == .follower)
        #expect(hand.group.leader == MemberID(node: 2))
        #expect(hand.group.vote == nil)
    }

    @Test("a leader of an earlier term is not obeyed and finds out that it is deposed (Raft §5.1)")
    func staleLeader() {
        let hand = Hand(term: 5)
        hand.append(terms: [3], term: 3)
        #expect(hand.group.lastPosition.index == 0)
        let messages = hand.take()
        #expect(messages.map(\.term) == [5])
        #expect(messages.first?.status != nil)
    }

    @Test("a candidacy raises the term and asks for votes only when term, vote and log are durable (Raft §5.2)")
    func candidacyIsDurableFirst() {
        let hand = Hand()
        _ = hand.timeOut()
        hand.grant(from: 2, isPreVote: true)
        #expect(hand.group.role == .candidate)
        #expect(hand.group.hardState == HardState(term: 1, vote: MemberID(node: 1)))
        #expect(hand.take().allSatisfy { $0.voteRequest?.isPreVote == true })
        hand.sync()
        #expect(hand.take().map(\.to.node) == [2, 3])
        #expect(hand.disk.hardState == HardState(term: 1, vote: MemberID(node: 1)))
    }

    @Test("votes that arrive before a candidate's own is durable do not make it a leader on their own")
    func ownVoteCountsWhenDurable() {
        let hand = Hand()
        _ = hand.timeOut()
        hand.grant(from: 2, isPreVote: true)
        // It has asked nobody yet, so this is somebody's mistake.
        hand.grant(from: 2)
        #expect(hand.group.role == .candidate)
        hand.sync()
        #expect(hand.group.role == .leader)
    }

    @Test(
        "a majority of the voters makes a leader, and less does not (Raft §5.2)",
        arguments: [
            (1, 0, true), (3, 0, false), (3, 1, true), (5, 1, false), (5, 2, true), (4, 1, false), (4, 2, true),
        ])
    func majority(size: Int, granted: Int, isElected: Bool) {
        let voters = (1...UInt32(size)).map { $0 }
        let hand = Hand(of: voters)
        hand.becomeCandidate()
        for voter in voters.dropFirst().prefix(granted) { hand.grant(from: voter) }
        #expect((hand.group.role == .leader) == isElected)
    }

    @Test("the same vote counted twice is one vote")
    func duplicateVotes() {
        let hand = Hand(of: [1, 2, 3, 4, 5])
        hand.becomeCandidate()
        hand.grant(from: 2)
        hand.grant(from: 2)
        #expect(hand.group.role == .candidate)
    }

    @Test("votes of learners and strangers do not count (thesis §4.2.1)")
    func strangersDoNotCount() {
        let hand = Hand(of: [1, 2, 3], learners: [4])
        hand.becomeCandidate()
        hand.grant(from: 4)
        hand.grant(from: 9)
        #expect(hand.group.role == .candidate)
    }

    @Test("a learner never stands for election")
    func learnersWait() {
        let hand = Hand(4, of: [1, 2, 3], learners: [4])
        #expect(hand.group.nextDeadline == nil)
        hand.group.campaign(now: 0, into: &hand.output)
        hand.flush()
        #expect(hand.group.role == .follower)
        #expect(hand.take().isEmpty)
    }

    @Test("one that is told to stand asks again soon, since the others may not know of the group yet")
    func asksAgainSoon() throws {
        let hand = Hand()
        let settings = hand.group.settings
        hand.group.campaign(now: hand.now, into: &hand.output)
        hand.flush()
        var wait = settings.failoverDelay
        for _ in 1...6 {
            #expect(hand.take().map(\.voteRequest?.isPreVote) == [true, true])
            let deadline = try #require(hand.group.nextDeadline)
            #expect(deadline - hand.now >= wait && deadline - hand.now < 2 * wait)
            #expect(hand.timeOut())
            wait = min(2 * wait, settings.electionTimeout)
        }
        #expect(hand.group.term == 0, "and that costs nobody a term")
    }

    @Test("one vote a term, first come first served, also after a restart (Raft §5.2)")
    func oneVoteATerm() {
        let hand = Hand(1)
        hand.receive(vote(nothing), from: 2, term: 3)
        #expect(hand.take().isEmpty, "a vote is not given before it is durable")
        hand.sync()
        #expect(hand.take().map(\.voteReply?.isGranted) == [true])
        hand.restart()
        hand.receive(vote(nothing), from: 3, term: 3)
        #expect(hand.take().map(\.voteReply?.isGranted) == [false])
        hand.receive(vote(nothing), from: 2, term: 3)
        #expect(hand.take().map(\.voteReply?.isGranted) == [true], "asked again, it gives the same answer")
    }

    @Test(
        "a vote goes only to a log that is at least as up to date (Raft §5.4.1)",
        arguments: [
            ([1, 1], 2, 1, true), ([1, 1], 1, 1, false), ([1, 1], 3, 1, true), ([1, 1], 1, 2, true),
            ([1, 2], 3, 1, false), ([1, 2], 2, 2, true), ([], 0, 0, true),
        ] as [([UInt64], UInt64, UInt64, Bool)])
    func upToDate(terms: [UInt64], index: UInt64, term: UInt64, isGranted: Bool) {
        for isPreVote in [true, false] {
            let hand = Hand(terms: terms)
            hand.receive(vote(LogPosition(index: index, term: term), isPreVote: isPreVote), from: 2, term: 8)
            hand.sync()
            #expect(hand.take().map(\.voteReply?.isGranted) == [isGranted])
        }
    }

    @Test("a candidate that hears from a leader of its term follows it (Raft §5.2)")
    func candidateGivesWay() {
        let hand = Hand()
        hand.becomeCandidate()
        hand.append(terms: [1], from: 3)
        #expect(hand.group.role == .follower)
        #expect(hand.group.leader == MemberID(node: 3))
    }

    @Test("a pre-vote changes neither term nor vote, here or there (thesis §9.6)")
    func preVoteCostsNothing() {
        let asking = Hand(term: 4)
        _ = asking.timeOut()
        #expect(asking.group.role == .preCandidate)
        #expect(asking.group.term == 4)
        #expect(asking.group.hardState.vote == nil)
        let asked = Hand(term: 4)
        for node in [2, 3] as [UInt32] { asked.receive(vote(nothing, isPreVote: true), from: node, term: 4) }
        #expect(asked.take().map(\.voteReply?.isGranted) == [true, true])
        #expect(asked.group.hardState == HardState(term: 4))
    }

    @Test(
        "who has a live leader refuses pre-votes and does not hear votes, unless the leader asks for them (thesis §4.2.3)"
    )
    func leaderStickiness() {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        hand.sync()
        _ = hand.take()
        let last = LogPosition(index: 5, term: 1)
        hand.receive(vote(last, isPreVote: true), from: 3, term: 1)
        #expect(hand.take().map(\.voteReply?.isGranted) == [false])
        hand.receive(vote(last), from: 3, term: 2)
        #expect(hand.group.term == 1)
        #expect(hand.take().isEmpty)
        hand.receive(vote(last, isTransfer: true), from: 3, term: 2)
        hand.sync()
        #expect(hand.group.term == 2)
        #expect(hand.take().map(\.voteReply?.isGranted) == [true])
    }

    @Test("a leader that asks for pre-votes leads no more")
    func leaderThatAsksIsGone() {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        #expect(hand.group.nextDeadline == nil)
        hand.receive(vote(LogPosition(index: 1, term: 1), isPreVote: true), from: 2, term: 1)
        #expect(hand.take().contains { $0.voteReply?.isGranted == true })
        #expect(hand.group.leader == nil)
        #expect(hand.group.nextDeadline != nil)
    }

    @Test("a leader asserts itself to a member that asks for pre-votes, and stays leader")
    func leaderAssertsItself() {
        let hand = Hand()
        hand.leadInPeace()
        hand.receive(vote(LogPosition(index: 1, term: 1), isPreVote: true), from: 2, term: 1)
        let messages = hand.take()
        #expect(messages.contains { $0.voteReply?.isGranted == false })
        #expect(messages.contains { $0.append != nil && $0.to.node == 2 })
        #expect(hand.group.role == .leader)
    }

    @Test("when the leader's node goes down a follower stands for election within two fail-over delays")
    func failover() throws {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        hand.sync()
        #expect(hand.group.nextDeadline == nil)
        hand.now = 1_000_000_000
        hand.peerDown(3)
        #expect(hand.group.nextDeadline == nil, "another node is none of its business")
        hand.peerDown(2)
        let wait = try #require(hand.group.nextDeadline) - hand.now
        #expect(wait >= hand.group.settings.failoverDelay && wait < 2 * hand.group.settings.failoverDelay)
        #expect(hand.timeOut())
        #expect(hand.group.role == .preCandidate)
    }

    @Test("an election that comes to nothing after a crash is soon followed by another, and then by slower ones")
    func failoverBackoff() throws {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        hand.sync()
        hand.peerDown(2)
        var waits: [UInt64] = []
        for _ in 0..<8 {
            let before = hand.now
            let isDue = hand.timeOut()
            try #require(isDue)
            waits.append(hand.now - before)
        }
        let settings = hand.group.settings
        #expect(waits[1] < 2 * settings.failoverDelay)
        #expect(waits[2] < 4 * settings.failoverDelay && waits[2] >= 2 * settings.failoverDelay)
        #expect(waits[7] >= settings.electionTimeout && waits[7] < 2 * settings.electionTimeout)
    }

    @Test("a leader's node that comes back is not trusted before the leader has spoken")
    func returnOfTheLeader() {
        let hand = Hand()
        hand.append(terms: [1], term: 1)
        hand.sync()
        _ = hand.take()
        hand.peerDown(2)
        hand.peerUp(2)
        #expect(hand.group.nextDeadline != nil)
        #expect(hand.take().map(\.status?.leader) == [.some(nil)])
        hand.append(after: 1, 1)
        #expect(hand.group.nextDeadline == nil)
    }
}
