internal import Journal
internal import Raft

/// A group's writes and snapshots as records of the node's journal.
extension RaftReplica {
    func journal(_ write: RaftWrite, _ entries: ArraySlice<RaftEntry>) {
        // A node that keeps nothing has nothing to read back.
        if node.journal.keepsBytes {
            RaftRecord.append(
                group: write.group, hardState: write.hardState, firstIndex: write.firstIndex, entries, to: &node.journal
            )
        }
        node.whenDurable(.raft(self, .written(ticket: write.ticket)))
    }

    /// Writes that this member is a new one.
    func journalBeginning() {
        guard node.journal.keepsBytes else { return }
        RaftRecord.appendBeginning(group: group.id, of: group.member, saidOfOthers, to: &node.journal)
    }

    /// Writes that there is no member here any more.
    func journalLoss() {
        if node.journal.keepsBytes { RaftRecord.appendLoss(group: group.id, saidOfOthers, to: &node.journal) }
    }

    private var saidOfOthers: RaftRecord.WriteFlags { areOthersLost ? .othersLost : [] }

    /// The node's other groups have been told that they may have lost data.
    func othersAreTold() {
        areOthersLost = false
        if node.journal.keepsBytes { RaftRecord.appendTold(to: &node.journal) }
    }

    /// Something of the group has become durable.
    func happened(_ event: RaftDurability) {
        guard let machine, !isLost, !hasEnded else {
            isSnapshotPending = false
            return
        }
        switch event {
        case .written(let ticket): isDurable(ticket)
        case .taken(let index, let bytes):
            isSnapshotPending = false
            guard index > snapshots.last?.index ?? 0 else { return }
            snapshots.append((index, bytes))
            group.snapshotTaken(at: index, keeping: machine.entriesKept)
            forgetOldSnapshots()
        case .arrived(let mark, let bytes): install(mark, bytes, in: machine)
        }
        wake()
    }

    private func forgetOldSnapshots() {
        guard let last = snapshots.last?.index else { return }
        snapshots.removeAll { $0.index < last && !group.isSnapshotNeeded(at: $0.index) }
    }

    // MARK: Taking

    /// Writes down everything that the group needs of the journal, so that what comes before can go: the machine as it is
    /// now, the hard state, and the entries that have not been applied. A long one takes several ticks.
    func writeSnapshot() {
        guard !isSnapshotPending, writing == nil, !isCarryingOut, !group.needsFlush, output.isEmpty, !hasEnded else {
            return
        }
        let floor = node.journal.openSegment()
        guard !isLost else {
            journalLoss()
            return self.floor = floor
        }
        let index = group.appliedIndex
        if node.journal.keepsBytes {
            let rest = (index + 1..<max(group.lastPosition.index, index) + 1).compactMap { group.entry(at: $0) }
            RaftRecord.append(
                group: group.id, of: group.member.incarnation > 0 ? group.member : nil, saidOfOthers,
                hardState: group.hardState, firstIndex: index + 1, rest, to: &node.journal)
        }
        guard index > 0, let term = group.term(at: index), let machine else { return self.floor = floor }
        writing = SnapshotWriting(
            mark: SnapshotMark(
                position: LogPosition(index: index, term: term), membership: group.membership(at: index)),
            slices: machine.snapshot(at: index), floor: floor)
        continueSnapshot()
    }

    /// Writes the next slice of a snapshot, unless the disk is behind.
    func continueSnapshot() {
        guard var slice = writing, node.journal.pendingBytes < Limits.rewritingPendingBytes else { return }
        // There is one reference to the bytes only.
        writing = nil
        let isWhole = slice.slices(&slice.bytes, max(1, node.configuration.snapshotSliceBytes))
        if node.journal.keepsBytes {
            RaftRecord.append(
                group: group.id, slice.mark, slice.bytes, from: &slice.journaled, isWhole: isWhole, to: &node.journal)
        }
        group.setApplyingHeld(!isWhole)
        guard isWhole else { return writing = slice }
        floor = slice.floor
        isSnapshotPending = true
        node.whenDurable(.raft(self, .taken(index: slice.mark.position.index, bytes: slice.bytes)))
        wake()
    }

    /// Gives up a snapshot that is being written: there is a newer one.
    private func endWriting() {
        writing = nil
        group.setApplyingHeld(false)
    }

    // MARK: Sending

    func supply(_ request: SnapshotRead) {
        // order-free: an array
        guard let snapshot = snapshots.first(where: { $0.index == request.index }),
            let start = Int(exactly: request.offset), start <= snapshot.bytes.count
        else { return }
        let end = min(start + Limits.snapshotPieceBytes, snapshot.bytes.count)
        group.supplySnapshot(
            request, payload: RaftPayload(Array(snapshot.bytes[start..<end])), isLast: end == snapshot.bytes.count,
            now: node.now.nanoseconds, into: &output)
    }

    // MARK: Receiving

    func take(_ piece: SnapshotPiece) {
        if piece.offset == 0 { arriving.removeAll(keepingCapacity: true) }
        arriving += piece.payload.bytes
        guard piece.isLast else { return }
        endWriting()
        if node.journal.keepsBytes {
            var journaled = 0
            RaftRecord.append(
                group: group.id, piece.mark, arriving, from: &journaled, isWhole: true, to: &node.journal)
        }
        // A snapshot of this node's would take its place in the journal.
        isSnapshotPending = true
        node.whenDurable(.raft(self, .arrived(piece.mark, bytes: arriving)))
        arriving = []
    }

    private func install(_ mark: SnapshotMark, _ bytes: [UInt8], in machine: any ReplicatedMachine) {
        do throws(SnapshotUnreadable) {
            try machine.install(bytes)
        } catch {
            // A node that does not know what everybody knows is of no use.
            return node.storageFailed(StorageError("the leader's snapshot at \(mark.position) cannot be read"))
        }
        isSnapshotPending = false
        snapshots = [(mark.position.index, bytes)]
        group.snapshotInstalled(mark, now: node.now.nanoseconds, into: &output)
    }
}

/// What of a group becomes durable.
enum RaftDurability {
    /// What the group wrote, up to a ticket.
    case written(ticket: UInt64)
    /// A snapshot of this node's.
    case taken(index: UInt64, bytes: [UInt8])
    /// A snapshot of the leader's.
    case arrived(SnapshotMark, bytes: [UInt8])
}

/// A snapshot of this node's that is being written.
struct SnapshotWriting {
    let mark: SnapshotMark
    let slices: SnapshotSlices
    /// Everything that the group needs of the journal lies in this segment or behind it, once it is whole.
    let floor: UInt64
    var bytes: [UInt8] = []
    /// How many of them are in the journal.
    var journaled = 0
}
