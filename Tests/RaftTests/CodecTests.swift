import Testing

@testable import Raft

@Suite("The bytes of messages")
struct CodecTests {
    private static let rounds = 20_000

    static func message(_ dice: inout Dice) -> RaftMessage {
        /// Mostly small, sometimes at the ends of what there is.
        func number(_ dice: inout Dice) -> UInt64 {
            switch dice.below(12) {
            case 0: dice.next()
            case 1: RaftBounds.max - UInt64(dice.below(2))
            case 2: UInt64.max
            default: UInt64(dice.below(12))
            }
        }
        func member(_ dice: inout Dice) -> MemberID {
            MemberID(node: UInt32(dice.below(5)), incarnation: dice.below(20) == 0 ? .max : 0)
        }
        func position(_ dice: inout Dice) -> LogPosition {
            LogPosition(index: number(&dice), term: number(&dice))
        }
        func payload(_ dice: inout Dice) -> RaftPayload {
            RaftPayload(
                (0..<dice.below(4)).map { UInt8($0) }, reference: number(&dice),
                referencedBytes: UInt32(truncatingIfNeeded: number(&dice)))
        }
        func body(_ dice: inout Dice) -> RaftMessage.Body {
            switch dice.below(9) {
            case 0:
                let previous = LogPosition(index: number(&dice) % RaftBounds.max, term: number(&dice))
                let entries = (0..<UInt64(dice.below(5))).map { offset in
                    let isMembership = dice.chance(10)
                    return RaftEntry(
                        index: previous.index + 1 + offset, term: number(&dice),
                        kind: isMembership ? .membership : dice.chance(80) ? .command : .termStart,
                        payload: isMembership && dice.chance(80)
                            ? RaftPayload(Membership(voters: [member(&dice)]).encoded()) : payload(&dice))
                }
                return .append(
                    Append(previous: previous, commit: number(&dice), round: number(&dice), entries: entries))
            case 1:
                return .appendReply(
                    AppendReply(
                        match: number(&dice), received: number(&dice), commit: number(&dice), round: number(&dice)))
            case 2:
                return .appendRefusal(
                    AppendRefusal(previousIndex: number(&dice), hint: position(&dice), round: number(&dice)))
            case 3:
                return .vote(
                    VoteRequest(isPreVote: dice.chance(50), isTransfer: dice.chance(50), last: position(&dice)))
            case 4:
                return .voteReply(
                    VoteReply(isPreVote: dice.chance(50), candidacy: number(&dice), isGranted: dice.chance(80)))
            case 5: return .timeoutNow
            case 6:
                let leader = dice.chance(50) ? member(&dice) : nil
                return .status(GroupStatus(leader: leader, last: position(&dice), commit: number(&dice)))
            case 7:
                let mark = SnapshotMark(position: position(&dice), membership: Membership(voters: [member(&dice)]))
                return .snapshotChunk(
                    SnapshotChunk(
                        mark: mark, offset: number(&dice), payload: payload(&dice), isLast: dice.chance(30)))
            default:
                return .snapshotReply(
                    SnapshotReply(index: number(&dice), nextOffset: number(&dice), isComplete: dice.chance(30)))
            }
        }
        return RaftMessage(
            group: dice.chance(90) ? 1 : number(&dice), from: member(&dice), to: member(&dice), term: number(&dice),
            body: body(&dice))
    }

    @Test("a message that is read back is the same")
    func roundTrip() throws {
        var dice = Dice(seed: 1)
        for _ in 0..<Self.rounds {
            let message = Self.message(&dice)
            guard try RaftMessage(decoding: message.encoded()[...]) != message else { continue }
            Issue.record("\(message) is read back as something else")
        }
    }

    @Test("any bytes are read or refused, and what is read has one form only")
    func anyBytes() {
        var dice = Dice(seed: 2)
        var accepted = 0
        for _ in 0..<Self.rounds {
            var bytes = Self.message(&dice).encoded()
            switch dice.below(4) {
            case 0: bytes = (0..<dice.below(40)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            case 1: bytes.removeLast(dice.below(bytes.count))
            case 2: bytes[dice.below(bytes.count)] = UInt8(truncatingIfNeeded: dice.next())
            default: bytes.insert(UInt8(truncatingIfNeeded: dice.next()), at: dice.below(bytes.count + 1))
            }
            guard let message = try? RaftMessage(decoding: bytes[...]) else { continue }
            accepted += 1
            if message.encoded() != bytes { Issue.record("\(bytes) is another form of \(message)") }
        }
        #expect(accepted > 100)
    }

    @Test(
        "what is wrong with bytes is said",
        arguments: [
            ([], .truncated), ([6], .truncated), ([99, 1, 1, 0, 2, 0, 1], .unknownKind),
            ([6, 1, 1, 0, 2, 0, 1, 0], .trailingBytes), ([6, 0x81, 0, 1, 0, 2, 0, 1], .badNumber),
            ([6, 1, 0xff, 0xff, 0xff, 0xff, 0x1f, 0, 2, 0, 1], .badNumber),
            // Entries by the billion in three bytes.
            ([1, 1, 1, 0, 2, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f], .truncated),
        ] as [([UInt8], RaftDecodingError)])
    func refusals(bytes: [UInt8], error: RaftDecodingError) {
        #expect(throws: error) { try RaftMessage(decoding: bytes[...]) }
    }

    @Test("a message between two members of an idle group takes a dozen bytes")
    func messagesAreSmall() {
        let reply = AppendReply(match: 1000, received: 1000, commit: 1000, round: 3)
        let message = RaftMessage(
            group: 77, from: MemberID(node: 1), to: MemberID(node: 2), term: 5, body: .appendReply(reply))
        #expect(message.encoded().count <= 14)
    }

    @Test("no message, however absurd, stops a member or breaks its log", arguments: [0, 1, 2, 3])
    func absurdMessages(role: Int) {
        for seed in 1...40 as ClosedRange<UInt64> {
            var dice = Dice(seed: seed)
            let hand = Hand(1, of: [0, 1, 2, 3], terms: [1, 1, 2, 2, 2], seed: seed)
            if role == 1 { hand.becomeCandidate() }
            if role == 2 { hand.leadInPeace() }
            if role == 3 { hand.append(after: 5, 2, terms: [2], commit: 4, term: 3) }
            for _ in 0..<200 {
                var message = Self.message(&dice)
                message.to = hand.group.member
                if dice.chance(70) { message.term = hand.group.term }
                hand.group.step(message, now: hand.now, into: &hand.output)
                hand.flush()
                if dice.chance(20) { hand.sync() }
                if dice.chance(5) { _ = hand.timeOut() }
                if dice.chance(5) { hand.peerDown(UInt32(dice.below(4))) }
                if dice.chance(10) { hand.peerUp(UInt32(dice.below(4))) }
                if hand.group.role == .leader, dice.chance(30) { _ = try? hand.propose() }
                if dice.chance(5) {
                    hand.group.snapshotTaken(at: hand.group.appliedIndex, keeping: UInt64(dice.below(3)))
                }
                if let incoming = hand.group.incoming, incoming.isComplete, dice.chance(20) {
                    hand.group.snapshotInstalled(incoming.mark, now: hand.now, into: &hand.output)
                    hand.flush()
                }
                let group = hand.group
                guard group.commitIndex <= group.lastPosition.index, group.appliedIndex <= group.commitIndex,
                    group.durableIndex <= group.lastPosition.index, group.basePosition.index <= group.commitIndex
                else {
                    Issue.record("seed \(seed): indices out of order after \(message)")
                    return
                }
            }
        }
    }
}
