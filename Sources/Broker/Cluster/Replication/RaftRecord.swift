internal import Journal
internal import Raft

/// The records of a Raft group in the journal. Numbers are little-endian; a member is its node 4 and its incarnation 4.
///
/// - `raftWrite`: group 8, flags 1 (bit 0: a hard state follows, bit 1: with a vote, bit 2: nothing counts of what came
///   before, bit 3: the member follows, bit 4: the member that was here has lost its data), first index 8, then the
///   member 8, the hard state's term 8 and vote 8, then for each entry its index 8, term 8, kind 1, size 4 and bytes. All
///   entries stored before from the first index on are replaced.
/// - `raftSnapshot`: group 8, index 8, term 8, offset 8, flags 1 (bit 0: the last piece), voters 4, learners 4, then the
///   members, then the bytes of this piece. A snapshot counts once its last piece is there.
enum RaftRecord {
    /// The number of the metadata group.
    static let metadata: UInt64 = 1

    fileprivate static let anewFlag: UInt8 = 4
    fileprivate static let memberFlag: UInt8 = 8
    fileprivate static let lostFlag: UInt8 = 16
    /// What comes before the entries.
    private static let writeBytes = 8 + 1 + 8
    private static let memberBytes = 8
    private static let hardStateBytes = 16
    /// What comes before the bytes of an entry.
    private static let entryBytes = 8 + 8 + 1 + 4

    /// Writes a `raftWrite` straight into the journal; it says which member it is of where that is not known from what
    /// came before.
    static func append(
        group: UInt64, of member: MemberID? = nil, hardState: HardState?, firstIndex: UInt64,
        _ entries: some Collection<RaftEntry>, to journal: inout Journal
    ) {
        var size = writeBytes + (member == nil ? 0 : memberBytes) + (hardState == nil ? 0 : hardStateBytes)
        for entry in entries { size += entryBytes + entry.payload.bytes.count }
        var target = journal.append(kind: RecordKind.raftWrite.rawValue, byteCount: size)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) {
                target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
                target += $0.count
            }
        }
        put(group)
        put(
            UInt8((hardState == nil ? 0 : 1) | (hardState?.vote == nil ? 0 : 2)) | (member == nil ? 0 : memberFlag))
        put(firstIndex)
        if let member {
            put(member.node)
            put(member.incarnation)
        }
        if let hardState {
            put(hardState.term)
            put(hardState.vote?.node ?? 0)
            put(hardState.vote?.incarnation ?? 0)
        }
        for entry in entries {
            put(entry.index)
            put(entry.term)
            put(entry.kind.rawValue)
            put(UInt32(clamping: entry.payload.bytes.count))
            entry.payload.bytes.withUnsafeBytes {
                if let start = $0.baseAddress { target.copyMemory(from: start, byteCount: $0.count) }
                target += $0.count
            }
        }
    }

    /// Writes that a new member of a group begins here: nothing of one that was before it is its own.
    static func appendBeginning(group: UInt64, of member: MemberID, to journal: inout Journal) {
        var bytes: [UInt8] = []
        bytes.appendNumber(group)
        bytes.append(anewFlag | memberFlag)
        bytes.appendNumber(UInt64(1))
        bytes.appendNumber(member.node)
        bytes.appendNumber(member.incarnation)
        append(bytes, to: &journal)
    }

    /// Writes that the member of a group that was here has lost its data: nobody here may go on as that member.
    static func appendLoss(group: UInt64, to journal: inout Journal) {
        var bytes: [UInt8] = []
        bytes.appendNumber(group)
        bytes.append(anewFlag | lostFlag)
        bytes.appendNumber(UInt64(1))
        append(bytes, to: &journal)
    }

    private static func append(_ bytes: [UInt8], to journal: inout Journal) {
        let target = journal.append(kind: RecordKind.raftWrite.rawValue, byteCount: bytes.count)
        bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
    }

    /// Writes a `raftSnapshot` into the journal, piece by piece.
    static func append(group: UInt64, _ mark: SnapshotMark, _ snapshot: [UInt8], to journal: inout Journal) {
        var offset = 0
        repeat {
            let end = min(offset + Limits.snapshotPieceBytes, snapshot.count)
            let bytes = encode(
                group: group, mark, offset: offset, isLast: end == snapshot.count, snapshot[offset..<end])
            let target = journal.append(kind: RecordKind.raftSnapshot.rawValue, byteCount: bytes.count)
            bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
            offset = end
        } while offset < snapshot.count
    }

    private static func encode(
        group: UInt64, _ mark: SnapshotMark, offset: Int, isLast: Bool, _ piece: ArraySlice<UInt8>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(group)
        bytes.appendNumber(mark.position.index)
        bytes.appendNumber(mark.position.term)
        bytes.appendNumber(UInt64(offset))
        bytes.append(isLast ? 1 : 0)
        bytes.appendNumber(UInt32(mark.membership.voters.count))
        bytes.appendNumber(UInt32(mark.membership.learners.count))
        for member in mark.membership.voters + mark.membership.learners {
            bytes.appendNumber(member.node)
            bytes.appendNumber(member.incarnation)
        }
        bytes += piece
        return bytes
    }
}

/// What the journal has of all groups, by their numbers.
struct StoredGroups {
    private(set) var groups: [UInt64: StoredGroup] = [:]

    /// Nobody may take any of it yet, and none of it may go.
    var isHeld = false
    /// What could not be read was left out, as somebody has asked for: any of it may be a part only.
    var isSalvaged = false

    /// Takes the payload of a `raftWrite` of a segment; false where it makes no sense.
    mutating func takeWrite(_ payload: UnsafeRawBufferPointer, in segment: UInt64) -> Bool {
        guard let group = payload.number(at: 0) else { return false }
        return groups[group, default: StoredGroup()].takeWrite(payload, in: segment)
    }

    /// Takes the payload of a `raftSnapshot`; false where it makes no sense.
    mutating func takeSnapshot(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let group = payload.number(at: 0) else { return false }
        return groups[group, default: StoredGroup()].takeSnapshot(payload)
    }

    /// Takes out what there is of a group.
    mutating func take(_ group: UInt64) -> StoredGroup { groups.removeValue(forKey: group) ?? StoredGroup() }
}

/// What the journal has of a group, record by record.
struct StoredGroup {
    private(set) var hardState = HardState()
    /// The newest snapshot that is whole.
    private(set) var snapshot: (mark: SnapshotMark, bytes: [UInt8])?
    private(set) var entries: [RaftEntry] = []
    private var partial: (mark: SnapshotMark, bytes: [UInt8])?
    /// From which entry on each segment has the entries, in order.
    private var segments: [(segment: UInt64, first: UInt64)] = []

    /// Which member it says that it is of.
    private var named: MemberID?
    /// The member that was here has lost its data, and none has begun since.
    private(set) var isLost = false

    /// Which member of the group this was that has a node's data, as far as the data says; nil where it says that the
    /// node is not a member.
    func member(on node: UInt32) -> MemberID? {
        let own = named ?? MemberID(node: node)
        guard let (index, membership) = latestMembership else { return own }
        // A new member's log may not have come to where it was added.
        if membership.contains(own) || named != nil && index < UInt64(own.incarnation) { return own }
        return (membership.voters + membership.learners).last { $0.node == node }
    }

    /// Whether it is of a member that was added to a group that had begun.
    var isNewcomer: Bool { named.map { $0.incarnation > 0 } ?? false }

    /// Whether the member has no other beside it, as far as the data says.
    func isAlone(beginning: Membership) -> Bool { (latestMembership?.1 ?? beginning).voters.count == 1 }

    /// The last membership, and from which entry on.
    private var latestMembership: (UInt64, Membership)? {
        let logged = entries.last { $0.kind == .membership }
        return logged.flatMap { entry in Membership(entry: entry).map { (entry.index, $0) } }
            ?? snapshot.map { ($0.mark.position.index, $0.mark.membership) }
    }

    /// Whether there is nothing of it.
    var isEmpty: Bool {
        hardState == HardState() && snapshot == nil && entries.isEmpty && named == nil && !isLost
    }

    /// Takes the payload of a `raftWrite` of a segment; false where it makes no sense.
    mutating func takeWrite(_ payload: UnsafeRawBufferPointer, in segment: UInt64) -> Bool {
        var reader = Fields(payload)
        guard reader.number() != nil, let flags = reader.byte(), let first = reader.number() else {
            return false
        }
        if flags & RaftRecord.anewFlag != 0 { self = StoredGroup() }
        if flags & RaftRecord.lostFlag != 0 { isLost = true }
        if flags & RaftRecord.memberFlag != 0 {
            guard let member = reader.member() else { return false }
            named = member
        }
        if flags & 1 != 0 {
            guard let term = reader.number(), let member = reader.member() else { return false }
            hardState = HardState(term: term, vote: flags & 2 != 0 ? member : nil)
        }
        // From the end: as a rule nothing goes, and there may be very many.
        entries.removeLast(entries.count - (entries.lastIndex { $0.index < first }.map { $0 + 1 } ?? 0))
        segments.removeLast(segments.count - (segments.lastIndex { $0.first < first }.map { $0 + 1 } ?? 0))
        if segments.last?.segment != segment { segments.append((segment, first)) }
        while !reader.rest.isEmpty {
            guard let index = reader.number(), let term = reader.number(), let kind = reader.byte(),
                let kind = RaftEntry.Kind(rawValue: kind), let size = reader.small(), let bytes = reader.take(Int(size))
            else { return false }
            entries.append(RaftEntry(index: index, term: term, kind: kind, payload: RaftPayload(Array(bytes))))
        }
        return true
    }

    /// Takes the payload of a `raftSnapshot`; false where it makes no sense.
    mutating func takeSnapshot(_ payload: UnsafeRawBufferPointer) -> Bool {
        var reader = Fields(payload)
        guard reader.number() != nil, let index = reader.number(), let term = reader.number(),
            let offset = reader.number(), let flags = reader.byte(), let membership = reader.membership()
        else { return false }
        let found = SnapshotMark(position: LogPosition(index: index, term: term), membership: membership)
        if offset == 0 { partial = (found, []) }
        guard let begun = partial, begun.mark == found, UInt64(begun.bytes.count) == offset else {
            // Its beginning lay in a segment that is gone: a newer one follows.
            partial = nil
            return true
        }
        partial?.bytes += Array(reader.rest)
        if flags & 1 != 0 {
            snapshot = partial
            partial = nil
        }
        return true
    }

    /// What a member starts with, of a group that began with these voters. Throws where a part of it is missing.
    func state(beginning membership: Membership) throws(GroupUnreadable) -> StoredState {
        let base = snapshot?.mark ?? .beginning(membership)
        // What a snapshot from elsewhere stands for may lie behind the log's end, and the log may not know yet.
        let isJoined = entries.last.map { $0.index > base.position.index } ?? false
        let state = StoredState(hardState: hardState, snapshot: base, entries: isJoined ? entries : [])
        guard let damage = state.damage else { return state }
        let segment = segments.last { $0.first <= damage.index }?.segment ?? 0
        throw GroupUnreadable("the log is damaged: in segment \(segment) \(damage)")
    }

    /// Leaves out what comes behind the first entry that is missing, where somebody has asked for what is left.
    mutating func salvage(beginning membership: Membership) {
        let base = snapshot?.mark ?? .beginning(membership)
        while let damage = StoredState(hardState: hardState, snapshot: base, entries: entries).damage {
            entries.removeAll { $0.index >= damage.index }
        }
    }
}

/// What the journal has of a group is no whole beginning: a member must not go on with it.
struct GroupUnreadable: Error {
    /// What is wrong.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Takes fields off bytes that may hold anything.
private struct Fields {
    var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, rest.count >= count else { return nil }
        let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
        rest = rest.dropFirst(count)
        return taken
    }

    mutating func byte() -> UInt8? { take(1)?[0] }
    mutating func small() -> UInt32? {
        take(4).map { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
    }
    mutating func number() -> UInt64? { take(8)?.number(at: 0) }

    mutating func member() -> MemberID? {
        guard let node = small(), let incarnation = small() else { return nil }
        return MemberID(node: node, incarnation: incarnation)
    }

    /// Voters and learners, whose numbers stand before them.
    mutating func membership() -> Membership? {
        guard let voters = small(), let learners = small(), voters <= Membership.maxMembers,
            learners <= Membership.maxMembers
        else { return nil }
        var members: [MemberID] = []
        for _ in 0..<voters + learners {
            guard let member = member() else { return nil }
            members.append(member)
        }
        let sorted = (Array(members[..<Int(voters)]), Array(members[Int(voters)...]))
        // Anybody twice would be a mistake of whoever wrote it.
        guard Set(members).count == members.count, members.count <= Membership.maxMembers else { return nil }
        return Membership(voters: sorted.0, learners: sorted.1)
    }
}
