internal import AMQP
internal import Journal
internal import Raft

/// The group's writes and snapshots as records of the node's journal.
extension MetadataGroup {
    func journal(_ write: RaftWrite, _ entries: ArraySlice<RaftEntry>) {
        append(
            .raftWrite,
            MetadataRecord.encode(
                group: write.group, hardState: write.hardState, firstIndex: write.firstIndex, entries))
        node.whenDurable(.metadata(.written(ticket: write.ticket)))
    }

    private func append(_ kind: RecordKind, _ bytes: [UInt8]) {
        // A node that keeps nothing has nothing to read back.
        guard node.journal.keepsBytes else { return }
        let target = node.journal.append(kind: kind.rawValue, byteCount: bytes.count)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { target.copyMemory(from: start, byteCount: source.count) }
        }
    }

    private func append(_ mark: SnapshotMark, _ bytes: [UInt8]) {
        var offset = 0
        repeat {
            let end = min(offset + Limits.snapshotPieceBytes, bytes.count)
            append(
                .raftSnapshot,
                MetadataRecord.encode(
                    group: group.id, mark, offset: offset, isLast: end == bytes.count, bytes[offset..<end]))
            offset = end
        } while offset < bytes.count
    }

    /// Something of the group has become durable.
    func happened(_ event: MetadataDurability) {
        switch event {
        case .written(let ticket): isDurable(ticket)
        case .taken(let index, let bytes):
            isSnapshotPending = false
            if snapshot.map({ $0.index < index }) ?? true { snapshot = (index, bytes) }
            group.snapshotTaken(at: index, keeping: UInt64(configuration.snapshotEntries / 4))
        case .arrived(let mark, let bytes): install(mark, bytes)
        }
    }

    // MARK: Taking

    /// Replaces the log by a snapshot where it has grown long.
    func takeSnapshotIfLong() {
        let length = group.lastPosition.index - group.basePosition.index
        guard length > UInt64(configuration.snapshotEntries), !isSnapshotPending,
            group.appliedIndex > group.snapshot.position.index
        else { return }
        writeSnapshot()
    }

    /// Writes down everything that the group needs of the journal, so that what comes before can go: the metadata as it is
    /// now, the hard state, and the entries that have not been applied.
    func writeSnapshot() {
        guard !isSnapshotPending, !isCarryingOut, !group.needsFlush, output.isEmpty else { return }
        let floor = node.journal.segment
        let index = group.appliedIndex
        if index > 0, let term = group.term(at: index) {
            let bytes = MetadataSnapshot(index: index, applied: applied, changes: node.wholeTopology).encoded()
            append(
                SnapshotMark(position: LogPosition(index: index, term: term), membership: group.membership), bytes)
            isSnapshotPending = true
            node.whenDurable(.metadata(.taken(index: index, bytes: bytes)))
        }
        let rest = (index + 1..<max(group.lastPosition.index, index) + 1).compactMap { group.entry(at: $0) }
        append(
            .raftWrite,
            MetadataRecord.encode(group: group.id, hardState: group.hardState, firstIndex: index + 1, rest))
        node.topologyFloor = floor
    }

    // MARK: Sending

    func supply(_ request: SnapshotRead) {
        guard let snapshot, snapshot.index == request.index, let start = Int(exactly: request.offset),
            start <= snapshot.bytes.count
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
        append(piece.mark, arriving)
        // A snapshot of this node's would take its place in the journal.
        isSnapshotPending = true
        node.whenDurable(.metadata(.arrived(piece.mark, bytes: arriving)))
        arriving = []
    }

    private func install(_ mark: SnapshotMark, _ bytes: [UInt8]) {
        guard let found = try? MetadataSnapshot(bytes) else {
            // A node that does not know what everybody knows is of no use.
            return node.storageFailed(StorageError("the leader's snapshot at \(mark.position) cannot be read"))
        }
        isSnapshotPending = false
        node.install(found)
        applied = found.applied
        snapshot = (mark.position.index, bytes)
        answerLost()
        group.snapshotInstalled(mark, now: node.now.nanoseconds, into: &output)
    }
}

/// What of the metadata group becomes durable.
enum MetadataDurability {
    /// What the group wrote, up to a ticket.
    case written(ticket: UInt64)
    /// A snapshot of this node's.
    case taken(index: UInt64, bytes: [UInt8])
    /// A snapshot of the leader's.
    case arrived(SnapshotMark, bytes: [UInt8])
}
