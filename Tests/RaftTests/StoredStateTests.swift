import Testing

@testable import Raft

@Suite("What a disk has of a log")
struct StoredStateTests {
    private func stored(
        _ terms: [UInt64], behind index: UInt64 = 0, snapshot: LogPosition = LogPosition(index: 0, term: 0)
    ) -> StoredState {
        let voters = Membership(voters: [MemberID(node: 1)])
        return StoredState(
            snapshot: SnapshotMark(position: snapshot, membership: voters), entries: entries(terms, after: index))
    }

    @Test("is sound where it follows the snapshot, or lies behind it, or another history's, which it replaces")
    func sound() {
        #expect(stored([]).damage == nil)
        #expect(stored([1, 1, 2]).damage == nil)
        #expect(stored([1, 2, 2], behind: 3, snapshot: LogPosition(index: 4, term: 1)).damage == nil)
        #expect(stored([1, 1], behind: 1, snapshot: LogPosition(index: 9, term: 2)).damage == nil)
        #expect(stored([1, 1, 1], behind: 7, snapshot: LogPosition(index: 9, term: 2)).damage == nil)
    }

    @Test("is damaged where an entry is missing, and says which comes behind which")
    func gap() {
        let missing = stored([1], behind: 4, snapshot: LogPosition(index: 3, term: 1)).damage
        #expect(missing == StoredDamage(kind: .gap(behind: LogPosition(index: 3, term: 1)), index: 5))
        #expect(missing?.description == "entry 5 comes behind 3")
        var torn = stored([1, 1, 1, 1])
        torn.entries.remove(at: 2)
        #expect(torn.damage?.description == "entry 4 comes behind 2")
    }

    @Test("is damaged where terms go back, or where it does not say who the members are")
    func nonsense() {
        #expect(stored([2, 1]).damage?.description == "entry 2 is of an earlier term than 1, 2")
        var strange = stored([1, 1])
        strange.entries[1] = RaftEntry(index: 2, term: 1, kind: .membership, payload: RaftPayload([1, 2, 3]))
        #expect(strange.damage == StoredDamage(kind: .membership, index: 2))
        #expect(strange.damage?.description == "entry 2 does not say who the members are")
    }
}
