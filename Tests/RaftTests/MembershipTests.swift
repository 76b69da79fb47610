import Testing

@testable import Raft

@Suite("Changes of the members")
struct MembershipTests {
    private func member(_ node: UInt32) -> MemberID { MemberID(node: node) }

    @Test("one change at a time, and none before an entry of the leader's term is committed (thesis §4.1)")
    func oneAtATime() throws {
        let hand = Hand()
        hand.becomeLeader()
        #expect(throws: RaftRefusal.changePending) { try hand.group.changeMembership(.addLearner(member(4)), now: 0) }
        hand.settle()
        _ = try hand.group.changeMembership(.addLearner(member(4)), now: 0)
        #expect(throws: RaftRefusal.changePending) { try hand.group.changeMembership(.remove(member(2)), now: 0) }
        hand.settle()
        _ = try hand.group.changeMembership(.remove(member(2)), now: 0)
    }

    @Test("a change is in force as soon as it is in the log, and undone when it is truncated (thesis §4.1)")
    func inForceAtOnce() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.addLearner(member(4)), now: 0)
        #expect(hand.group.membership.learners == [member(4)])
        hand.append(after: 1, 1, terms: [5], term: 5)
        #expect(hand.group.membership.learners.isEmpty)
    }

    @Test("a learner receives entries and counts for nothing (thesis §4.2.1)")
    func learnersDoNotCount() throws {
        let hand = Hand(learners: [4])
        hand.leadInPeace()
        _ = try hand.propose()
        #expect(hand.take().contains { $0.to.node == 4 && $0.append?.entries.count == 1 })
        hand.sync()
        hand.acknowledge(2, from: 4)
        #expect(hand.group.commitIndex == 1)
    }

    @Test("a learner votes only after it has caught up (thesis §4.2.1)")
    func promotion() throws {
        var settings = RaftSettings()
        settings.maxPromotionLag = 0
        let hand = Hand(settings: settings)
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.addLearner(member(4)), now: 0)
        hand.flush()
        hand.settle()
        hand.peerUp(4)
        #expect(throws: RaftRefusal.learnerBehind) { try hand.group.changeMembership(.promote(member(4)), now: 0) }
        hand.acknowledge(2, from: 4)
        _ = try hand.group.changeMembership(.promote(member(4)), now: 0)
        #expect(hand.group.membership.voters.count == 4)
        hand.flush()
        hand.sync()
        hand.acknowledge(3, from: 4)
        #expect(hand.group.commitIndex == 2, "two of four are no majority")
        hand.acknowledge(3, from: 2)
        #expect(hand.group.commitIndex == 3)
    }

    @Test("changes that make no sense are refused")
    func meaningless() {
        let hand = Hand(of: [1], learners: [4])
        hand.becomeLeader()
        let changes: [MembershipChange] = [
            .addLearner(member(1)), .addLearner(member(4)), .promote(member(1)), .promote(member(9)),
            .remove(member(9)), .remove(member(1)),
        ]
        for change in changes {
            #expect(throws: RaftRefusal.meaningless) { try hand.group.changeMembership(change, now: 0) }
        }
    }

    @Test("a removed member hears of its removal before it is forgotten")
    func removedMemberIsTold() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.remove(member(3)), now: 0)
        hand.flush()
        hand.sync()
        _ = hand.take()
        hand.acknowledge(2, from: 2)
        #expect(hand.group.commitIndex == 2)
        #expect(hand.take().contains { $0.to.node == 3 && $0.append?.commit == 2 })
        hand.acknowledge(2, from: 3)
        #expect(hand.group.progress.map(\.member) == [member(2)])

        let removed = Hand(3, of: [1, 2, 3])
        removed.append(terms: [1], from: 1, term: 1)
        let entry = RaftEntry(
            index: 2, term: 1, kind: .membership,
            payload: RaftPayload(Membership(voters: [member(1), member(2)]).encoded()))
        let append = Append(previous: LogPosition(index: 1, term: 1), commit: 2, round: 0, entries: [entry])
        removed.receive(.append(append), from: 1)
        #expect(removed.notices.contains(.removed))
        removed.peerDown(1)
        #expect(removed.group.nextDeadline == nil, "it disturbs nobody")
    }

    @Test("a leader that removes itself goes on until that is committed and known, and hands over (thesis §4.2.2)")
    func leaderRemovesItself() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.remove(member(1)), now: 0)
        hand.flush()
        hand.sync()
        hand.acknowledge(2, from: 2)
        #expect(hand.group.commitIndex == 1, "it does not count itself")
        hand.acknowledge(2, from: 3)
        #expect(hand.group.role == .leader)
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 3)
        #expect(hand.group.role == .follower)
        #expect(hand.take().contains { $0.body == .timeoutNow })
        #expect(hand.notices.contains(.removed))
    }

    @Test("a removed leader that stops before the others know says so until somebody else leads")
    func retiring() throws {
        let hand = Hand()
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.remove(member(1)), now: 0)
        hand.flush()
        hand.sync()
        hand.acknowledge(2, from: 2)
        hand.acknowledge(2, from: 3)
        #expect(hand.group.commitIndex == 2)
        #expect(throws: RaftRefusal.transferring) {
            try hand.group.changeMembership(.remove(member(2)), now: 0)
        }
        for _ in 0..<20 where hand.group.role == .leader { _ = hand.timeOut() }
        _ = hand.take()
        _ = hand.timeOut()
        #expect(hand.take().compactMap(\.status).map(\.leader) == [nil, nil])
        #expect(!hand.notices.contains(.removed))
        hand.append(after: 2, 1, from: 2, term: 2)
        #expect(hand.notices.contains(.removed))
        #expect(hand.group.nextDeadline == nil)
    }

    @Test(
        "a member whose removal only it knows still stands for election, and leads until that is committed (thesis §4.2.2)"
    )
    func unknownRemoval() throws {
        let hand = Hand(of: [1, 2])
        hand.leadInPeace()
        _ = try hand.group.changeMembership(.remove(member(1)), now: 0)
        hand.flush()
        hand.sync()
        hand.restart()
        #expect(hand.group.membership.voters == [member(2)])
        #expect(hand.group.nextDeadline != nil)
        hand.becomeCandidate()
        #expect(hand.group.role == .candidate, "its own vote does not count")
        hand.grant(from: 2)
        #expect(hand.group.role == .leader)
    }

    @Test("after a restart, when nothing is known to be committed, the last membership but one decides who may stand")
    func standingAfterRestart() {
        let hand = Hand(2, of: [1], learners: [2])
        let memberships = [Membership(voters: [member(1), member(2)]), Membership(voters: [member(1)])]
        let entries = memberships.enumerated().map {
            RaftEntry(
                index: UInt64($0.offset) + 1, term: 1, kind: .membership, payload: RaftPayload($0.element.encoded()))
        }
        let start = LogPosition(index: 0, term: 0)
        hand.receive(.append(Append(previous: start, commit: 1, round: 0, entries: entries)), from: 1, term: 1)
        hand.sync()
        hand.restart()
        #expect(hand.group.commitIndex == 0)
        #expect(!hand.group.isVoter)
        #expect(hand.group.nextDeadline != nil, "its vote may be the one that is missing")
    }

    @Test("a member that lost its data comes back under another name, and the old name is not answered")
    func newIdentity() {
        let hand = Hand()
        let before = hand.group.lastPosition
        let message = RaftMessage(
            group: 1, from: member(2), to: MemberID(node: 1, incarnation: 1), term: 4, body: .timeoutNow)
        hand.group.step(message, now: 0, into: &hand.output)
        #expect(!hand.group.needsFlush && hand.output.isEmpty && hand.group.lastPosition == before)

        let reborn = RaftGroup(
            id: 1, member: MemberID(node: 1, incarnation: 1), stored: StoredState(snapshot: .beginning(.none)), seed: 1,
            now: 0)
        #expect(reborn.nextDeadline == nil)
        #expect(!reborn.isVoter)
    }
}
