internal import Journal
internal import Raft

/// The records of a Raft group in the journal. Numbers are little-endian; a member is its node 4 and its incarnation 8, or
/// 4 where no flag says so: as it was written once.
///
/// - `raftWrite`: group 8, flags 1 (`WriteFlags`), first index 8, then the member it is of, the hard state's term 8 and
///   vote, then for each entry its index 8, term 8, kind 1, size 4 and bytes. All entries stored before from the first
///   index on are replaced.
/// - `raftSnapshot`: group 8, index 8, term 8, offset 8, flags 1 (bit 0: the last piece, bit 1: long members), voters 4,
///   learners 4, then the members, then the bytes of this piece. A snapshot counts once its last piece is there.
enum RaftRecord {
    /// The number of the metadata group.
    static let metadata: UInt64 = 1

    /// What a `raftWrite` holds, and says.
    struct WriteFlags: OptionSet {
        let rawValue: UInt8

        /// A hard state follows, with a vote.
        static let hardState = WriteFlags(rawValue: 1)
        static let vote = WriteFlags(rawValue: 2)
        /// Nothing counts of what came before.
        static let anew = WriteFlags(rawValue: 4)
        /// The member that it is of follows.
        static let member = WriteFlags(rawValue: 8)
        /// The member that was here has lost its data: nobody goes on as that member.
        static let lost = WriteFlags(rawValue: 16)
        static let longMembers = WriteFlags(rawValue: 32)
        /// Of the metadata: members of the node's other groups may have lost data, and have not been told yet.
        static let othersLost = WriteFlags(rawValue: 64)
        /// They have been told; nothing else is in this record.
        static let othersTold = WriteFlags(rawValue: 128)
    }

    fileprivate static let lastPieceFlag: UInt8 = 1
    fileprivate static let longMembersFlag: UInt8 = 2
    /// What comes before the entries.
    private static let writeBytes = 8 + 1 + 8
    private static let memberBytes = 12
    private static let hardStateBytes = 8 + memberBytes
    /// What comes before the bytes of an entry.
    private static let entryBytes = 8 + 8 + 1 + 4

    /// Writes a `raftWrite` straight into the journal; it says which member it is of where that is not known from what
    /// came before.
    static func append(
        group: UInt64, of member: MemberID? = nil, _ more: WriteFlags = [], hardState: HardState?, firstIndex: UInt64,
        _ entries: some Collection<RaftEntry>, to journal: inout Journal
    ) {
        var flags = more.union(.longMembers)
        if hardState != nil { flags.insert(.hardState) }
        if hardState?.vote != nil { flags.insert(.vote) }
        if member != nil { flags.insert(.member) }
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
        put(flags.rawValue)
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
    static func appendBeginning(
        group: UInt64, of member: MemberID, _ more: WriteFlags = [], to journal: inout Journal
    ) {
        append(
            group: group, of: member, more.union(.anew), hardState: nil, firstIndex: 1, EmptyCollection(), to: &journal)
    }

    /// Writes that the member of a group that was here has lost its data: nobody here may go on as that member.
    static func appendLoss(group: UInt64, _ more: WriteFlags = [], to journal: inout Journal) {
        append(
            group: group, more.union([.anew, .lost]), hardState: nil, firstIndex: 1, EmptyCollection(), to: &journal)
    }

    /// Writes that the node's other groups know of what it has lost.
    static func appendTold(to journal: inout Journal) {
        append(group: metadata, .othersTold, hardState: nil, firstIndex: 1, EmptyCollection(), to: &journal)
    }

    /// Writes what is new of a snapshot into the journal, in whole pieces until the last.
    static func append(
        group: UInt64, _ mark: SnapshotMark, _ snapshot: [UInt8], from offset: inout Int, isWhole: Bool,
        to journal: inout Journal
    ) {
        while offset + Limits.snapshotPieceBytes < snapshot.count || isWhole {
            let end = min(offset + Limits.snapshotPieceBytes, snapshot.count)
            let isLast = isWhole && end == snapshot.count
            let bytes = encode(group: group, mark, offset: offset, isLast: isLast, snapshot[offset..<end])
            let target = journal.append(kind: RecordKind.raftSnapshot.rawValue, byteCount: bytes.count)
            bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count) }
            offset = end
            if isLast { return }
        }
    }

    private static func encode(
        group: UInt64, _ mark: SnapshotMark, offset: Int, isLast: Bool, _ piece: ArraySlice<UInt8>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendNumber(group)
        bytes.appendNumber(mark.position.index)
        bytes.appendNumber(mark.position.term)
        bytes.appendNumber(UInt64(offset))
        bytes.append(longMembersFlag | (isLast ? lastPieceFlag : 0))
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
    /// Of the metadata: the node's other groups have not been told that they may have lost something.
    private(set) var areOthersLost = false

    /// Which member of the group this was that has a node's data, as far as the data says; nil where it says that the
    /// node is not a member.
    func member(on node: UInt32) -> MemberID? {
        let logged = entries.filter { $0.kind == .membership }.compactMap { Membership(entry: $0) }
        let memberships = [snapshot?.mark.membership].compactMap { $0 } + logged
        guard let latest = memberships.last else { return named ?? MemberID(node: node) }
        guard let named else { return (latest.voters + latest.learners).last { $0.node == node } }
        // The log of a new member may not have come to where it was added.
        return latest.contains(named) || !memberships.contains { $0.contains(named) } ? named : nil
    }

    /// Whether it is of a member that was added to a group that had begun.
    var isNewcomer: Bool { named.map { $0.incarnation > 0 } ?? false }

    /// Whether there is nothing of it.
    var isEmpty: Bool {
        hardState == HardState() && snapshot == nil && entries.isEmpty && named == nil && !isLost
    }

    /// Takes the payload of a `raftWrite` of a segment; false where it makes no sense.
    mutating func takeWrite(_ payload: UnsafeRawBufferPointer, in segment: UInt64) -> Bool {
        var reader = Fields(payload)
        guard reader.number() != nil, let bits = reader.byte(), let first = reader.number() else {
            return false
        }
        let flags = RaftRecord.WriteFlags(rawValue: bits)
        if flags.contains(.othersTold) {
            areOthersLost = false
            return true
        }
        reader.hasLongMembers = flags.contains(.longMembers)
        if flags.contains(.anew) {
            let areOthersLost = areOthersLost
            self = StoredGroup()
            self.areOthersLost = areOthersLost
        }
        if flags.contains(.lost) { isLost = true }
        if flags.contains(.othersLost) { areOthersLost = true }
        if flags.contains(.member) {
            guard let member = reader.member() else { return false }
            named = member
        }
        if flags.contains(.hardState) {
            guard let term = reader.number(), let member = reader.member() else { return false }
            hardState = HardState(term: term, vote: flags.contains(.vote) ? member : nil)
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
            let offset = reader.number(), let flags = reader.byte()
        else { return false }
        reader.hasLongMembers = flags & RaftRecord.longMembersFlag != 0
        guard let membership = reader.membership() else { return false }
        let found = SnapshotMark(position: LogPosition(index: index, term: term), membership: membership)
        if offset == 0 { partial = (found, []) }
        guard let begun = partial, begun.mark == found, UInt64(begun.bytes.count) == offset else {
            // Its beginning lay in a segment that is gone: a newer one follows.
            partial = nil
            return true
        }
        partial?.bytes += Array(reader.rest)
        if flags & RaftRecord.lastPieceFlag != 0 {
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
    var hasLongMembers = false

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
        guard let node = small(), let incarnation = hasLongMembers ? number() : small().map({ UInt64($0) }) else {
            return nil
        }
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
