import Testing

@testable import Raft

@Suite("Snapshots")
struct SnapshotTests {
    private let membership = Membership(voters: [1, 2, 3].map { MemberID(node: $0) })

    private func mark(_ index: UInt64, _ term: UInt64) -> SnapshotMark {
        SnapshotMark(position: LogPosition(index: index, term: term), membership: membership)
    }

    private func chunk(_ mark: SnapshotMark, _ offset: UInt64, _ bytes: [UInt8], isLast: Bool) -> RaftMessage.Body {
        .snapshotChunk(SnapshotChunk(mark: mark, offset: offset, payload: RaftPayload(bytes), isLast: isLast))
    }

    /// A leader whose log begins behind its snapshot at 3, and a follower 3 that has nothing.
    private func leader(_ settings: RaftSettings = RaftSettings()) throws -> Hand {
        let hand = Hand(settings: settings)
        hand.becomeLeader()
        _ = try hand.propose()
        _ = try hand.propose()
        hand.sync()
        hand.acknowledge(3, from: 2)
        hand.acknowledge(3, from: 2)
        hand.group.snapshotTaken(at: 3)
        hand.peerDown(3)
        hand.peerUp(3)
        _ = hand.take()
        hand.receive(
            .appendRefusal(AppendRefusal(previousIndex: 1, hint: LogPosition(index: 0, term: 0), round: 0)), from: 3)
        return hand
    }

    @Test("the owner drops what a snapshot covers, and may keep some for followers that are a little behind (Raft §7)")
    func compaction() throws {
        let hand = Hand(of: [1])
        hand.becomeLeader()
        for _ in 0..<5 { _ = try hand.propose() }
        hand.sync()
        hand.group.snapshotTaken(at: 4, keeping: 2)
        #expect(hand.group.basePosition == LogPosition(index: 2, term: 1))
        #expect(hand.group.snapshot.position == LogPosition(index: 4, term: 1))
        hand.group.snapshotTaken(at: 6)
        #expect(hand.group.basePosition.index == 6)
        #expect(hand.group.entry(at: 6) == nil)
    }

    @Test("entries that are not handed out yet stay in the log, snapshot or not")
    func unwrittenEntriesStay() throws {
        let hand = Hand()
        hand.becomeLeader()
        hand.sync()
        // The others have what this member has not even written.
        let append = try hand.group.propose(RaftPayload([1]))
        #expect(append.index == 2)
        hand.group.snapshotTaken(at: hand.group.appliedIndex)
        #expect(hand.group.entry(at: 2) != nil)
    }

    @Test("a member that does not know yet who votes takes no snapshot")
    func unknownMembership() {
        let hand = Hand(4, of: [])
        hand.append(terms: [1, 1], commit: 2, from: 1, term: 1)
        hand.sync()
        hand.group.snapshotTaken(at: 2)
        #expect(hand.group.appliedIndex == 2)
        #expect(hand.group.snapshot.position.index == 0)
    }

    @Test("a follower that needs what is gone gets the snapshot, piece by piece (Raft §7)")
    func sending() throws {
        let hand = try leader()
        #expect(hand.snapshotReads == [SnapshotRead(group: 1, member: MemberID(node: 3), index: 3, offset: 0)])
        hand.group.supplySnapshot(
            hand.snapshotReads[0], payload: RaftPayload([1, 2, 3]), isLast: false, now: hand.now, into: &hand.output)
        hand.flush()
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 3, isComplete: false)), from: 3)
        #expect(hand.snapshotReads.last?.offset == 3)
        hand.group.supplySnapshot(
            hand.snapshotReads[1], payload: RaftPayload([4]), isLast: true, now: hand.now, into: &hand.output)
        hand.flush()
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 4, isComplete: true)), from: 3)
        #expect(hand.snapshotReads.count == 2)
        _ = try hand.propose()
        _ = hand.take()
        hand.acknowledge(3, from: 3)
        #expect(hand.take(to: 3).count >= 1)
        #expect(hand.group.progress.last?.state == .replicate)
    }

    @Test("a piece that is lost is asked for again")
    func lostPiece() throws {
        let hand = try leader()
        while hand.snapshotReads.count < 2 {
            let isDue = hand.timeOut()
            try #require(isDue)
            hand.acknowledge(3, from: 2)
        }
        #expect(hand.snapshotReads[1] == hand.snapshotReads[0])
    }

    /// The leader takes its next snapshot at 4.
    private func replaceSnapshot(of hand: Hand) throws {
        _ = try hand.propose()
        hand.sync()
        hand.acknowledge(4, from: 2)
        hand.group.snapshotTaken(at: 4)
        #expect(hand.group.snapshot.position.index == 4)
    }

    /// Gives follower 3 the piece that was asked for last.
    private func supply(_ bytes: [UInt8], isLast: Bool, by hand: Hand) throws {
        let request = try #require(hand.snapshotReads.last)
        hand.group.supplySnapshot(
            request, payload: RaftPayload(bytes), isLast: isLast, now: hand.now, into: &hand.output)
        hand.flush()
    }

    @Test("a snapshot on its way is finished when there is a newer one, and what follows it is kept until then")
    func replacedMeanwhile() throws {
        let hand = try leader()
        try supply([1, 2], isLast: false, by: hand)
        try replaceSnapshot(of: hand)
        #expect(hand.group.isSnapshotNeeded(at: 3) && hand.group.isSnapshotNeeded(at: 4))
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 2, isComplete: false)), from: 3)
        #expect(hand.snapshotReads.last == SnapshotRead(group: 1, member: MemberID(node: 3), index: 3, offset: 2))
        _ = hand.take()
        try supply([3], isLast: true, by: hand)
        #expect(hand.take(to: 3) == [chunk(mark(3, 1), 2, [3], isLast: true)])
        hand.acknowledge(3, from: 3)
        let append = try #require(hand.take().compactMap(\.append).first)
        #expect(append.previous.index == 3 && append.entries.map(\.index) == [4])
        #expect(!hand.group.isSnapshotNeeded(at: 3))
    }

    @Test("a follower that wants a snapshot from its beginning gets the newest")
    func newestOnRefusal() throws {
        let hand = try leader()
        try supply([1, 2], isLast: false, by: hand)
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 2, isComplete: false)), from: 3)
        try replaceSnapshot(of: hand)
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 0, isComplete: false)), from: 3)
        #expect(hand.snapshotReads.last == SnapshotRead(group: 1, member: MemberID(node: 3), index: 4, offset: 0))
        #expect(!hand.group.isSnapshotNeeded(at: 3))
    }

    @Test("a snapshot whose continuation was too much to keep is followed by the newest")
    func continuationIsGone() throws {
        var settings = RaftSettings()
        settings.maxTransferEntries = 0
        let hand = try leader(settings)
        try supply([1], isLast: true, by: hand)
        try replaceSnapshot(of: hand)
        #expect(hand.group.basePosition.index == 4)
        hand.acknowledge(3, from: 3)
        #expect(hand.snapshotReads.last == SnapshotRead(group: 1, member: MemberID(node: 3), index: 4, offset: 0))
    }

    @Test("a leader steps down when a follower that it sends a snapshot does not answer (thesis §6.2)")
    func silentReceiver() throws {
        let hand = try leader()
        _ = try hand.propose()
        let start = hand.now
        while hand.group.role == .leader, hand.now < start + 3 * hand.group.settings.electionTimeout {
            try supply([1], isLast: false, by: hand)
            #expect(hand.timeOut())
        }
        #expect(hand.group.role == .follower)
    }

    @Test("a follower owes nothing while the owner reads what it needs next")
    func slowOwner() throws {
        let hand = try leader()
        try supply([1, 2], isLast: false, by: hand)
        hand.receive(.snapshotReply(SnapshotReply(index: 3, nextOffset: 2, isComplete: false)), from: 3)
        _ = try hand.propose()
        while hand.now < 3 * hand.group.settings.electionTimeout { try #require(hand.timeOut()) }
        #expect(hand.group.role == .leader)
    }

    @Test("pieces are taken in order, whatever order they come in, and the rest is asked for")
    func receiving() {
        let hand = Hand(3)
        let mark = mark(5, 2)
        hand.receive(chunk(mark, 2, [3], isLast: true), from: 1, term: 2)
        hand.receive(chunk(mark, 0, [1, 2], isLast: false), from: 1)
        hand.receive(chunk(mark, 0, [1, 2], isLast: false), from: 1)
        hand.receive(chunk(mark, 2, [3], isLast: true), from: 1)
        #expect(hand.take().compactMap(\.snapshotReply).map(\.nextOffset) == [0, 2, 2, 3])
        #expect(hand.pieces.map(\.offset) == [0, 0, 2], "a first piece begins anew")
        #expect(hand.group.lastPosition.index == 0, "nothing changes before it is installed")
        hand.group.snapshotInstalled(mark, now: 0, into: &hand.output)
        hand.flush()
        hand.sync()
        #expect(hand.group.lastPosition == mark.position)
        #expect(hand.group.commitIndex == 5 && hand.group.appliedIndex == 5 && hand.group.durableIndex == 5)
        #expect(hand.take().compactMap(\.appendReply?.match) == [5])
    }

    @Test("a snapshot takes the place of a log that contradicts it, here and on the disk (Raft §7)")
    func replacesOtherHistory() {
        let hand = Hand(3, terms: [1, 1, 1, 1, 1, 1, 1])
        let mark = mark(5, 2)
        hand.receive(chunk(mark, 0, [1], isLast: true), from: 1, term: 2)
        hand.group.snapshotInstalled(mark, now: 0, into: &hand.output)
        hand.flush()
        hand.append(after: 5, 2, terms: [2], from: 1)
        hand.sync()
        #expect(hand.terms == [2])
        #expect(hand.disk.entries.map(\.index) == [6])
        hand.disk.store(mark, bytes: [])
        hand.restart()
        #expect(hand.terms == [2])
        #expect(hand.group.basePosition == mark.position)
    }

    @Test("a crash between the snapshot and the log that it replaces leaves the snapshot alone")
    func crashWhileInstalling() {
        let hand = Hand(3, terms: [1, 1, 1, 1, 1, 1, 1])
        hand.disk.store(mark(5, 2), bytes: [])
        hand.restart()
        #expect(hand.group.lastPosition == LogPosition(index: 5, term: 2))
        #expect(hand.group.term == 2)
    }

    @Test("what is appended after such a crash is there after the next one")
    func appendedAfterSuchACrash() {
        let hand = Hand(3, terms: [1, 1, 1, 1, 1, 1, 1])
        hand.disk.store(mark(5, 2), bytes: [])
        hand.restart()
        hand.append(after: 5, 2, terms: [2], from: 1, term: 2)
        hand.sync()
        #expect(hand.disk.entries.map(\.index) == [6])
        hand.restart()
        #expect(hand.terms == [2])
    }

    @Test("what a snapshot covers is dropped from the disk only after the history that it replaces")
    func droppingOtherHistory() {
        let hand = Hand(3, terms: [1, 1, 1, 1, 1, 1, 1])
        hand.disk.store(mark(5, 2), bytes: [])
        for _ in 0..<2 {
            hand.restart()
            hand.disk.drop(through: hand.group.droppableIndex)
            #expect(hand.group.lastPosition == LogPosition(index: 5, term: 2))
        }
        hand.flush()
        #expect(hand.group.droppableIndex == 0, "it is on its way to the disk")
        hand.sync()
        #expect(hand.disk.entries.isEmpty)
        #expect(hand.group.droppableIndex == 5)
    }

    @Test("what a snapshot covers is dropped from the disk only after the entries that it was made of are there")
    func droppingBeforeTheWrite() {
        let hand = Hand(3, terms: [1, 1, 1, 1])
        hand.append(after: 1, 1, terms: [2, 2], commit: 3, from: 1, term: 2)
        hand.group.snapshotTaken(at: 3)
        #expect(hand.group.basePosition.index == 3)
        #expect(hand.group.droppableIndex == 0)
        hand.sync()
        #expect(hand.group.droppableIndex == 3)
    }

    @Test("what follows a snapshot in the same history is kept (Raft §7)")
    func keepsSuffix() {
        let hand = Hand(3, terms: [1, 1, 1, 1])
        let mark = mark(2, 1)
        hand.receive(chunk(mark, 0, [1], isLast: true), from: 1, term: 2)
        hand.group.snapshotInstalled(mark, now: 0, into: &hand.output)
        hand.flush()
        #expect(hand.group.lastPosition.index == 4)
        #expect(hand.group.durableIndex == 4)
    }

    @Test("a snapshot that is installed before the entries it covers were handed out takes their place")
    func installedBeforeTheWrite() {
        let hand = Hand(3, terms: [1, 1, 1, 1])
        let mark = mark(2, 2)
        let append = Append(
            previous: LogPosition(index: 0, term: 0), commit: 0, round: 0, entries: entries([2, 2, 2]))
        for body in [.append(append), chunk(mark, 0, [1], isLast: true)] {
            let message = RaftMessage(group: 1, from: MemberID(node: 1), to: hand.group.member, term: 2, body: body)
            hand.group.step(message, now: 0, into: &hand.output)
        }
        hand.disk.store(mark, bytes: [])
        hand.group.snapshotInstalled(mark, now: 0, into: &hand.output)
        hand.flush()
        #expect(hand.group.droppableIndex == 0)
        hand.sync()
        #expect(hand.disk.entries.map(\.index) == [3])
        hand.restart()
        #expect(hand.terms == [2])
    }

    @Test("a snapshot of what is committed here already is not taken")
    func oldSnapshot() {
        let hand = Hand(3)
        hand.append(terms: [1, 1, 1], commit: 3, from: 1, term: 1)
        hand.sync()
        _ = hand.take()
        hand.receive(chunk(mark(2, 1), 0, [1], isLast: true), from: 1)
        #expect(hand.pieces.isEmpty)
        #expect(hand.take().compactMap(\.appendReply?.match) == [3])
    }

    @Test("while a snapshot is being installed nothing is appended or applied, and nobody stands for election")
    func installing() {
        let hand = Hand(3)
        hand.receive(chunk(mark(5, 2), 0, [1], isLast: true), from: 1, term: 2)
        hand.append(terms: [2], commit: 1, from: 1)
        #expect(hand.group.lastPosition.index == 0)
        hand.group.campaign(now: 0, into: &hand.output)
        hand.flush()
        #expect(hand.group.role == .follower)
        hand.peerDown(1)
        #expect(hand.timeOut())
        #expect(hand.group.nextDeadline == nil, "it waits for its owner")
        hand.group.snapshotInstalled(mark(5, 2), now: hand.now, into: &hand.output)
        hand.flush()
        #expect(hand.group.nextDeadline != nil)
    }
}
