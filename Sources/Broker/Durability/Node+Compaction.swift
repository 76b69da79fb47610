internal import Journal

/// Room in the journal: where little of it is needed any more, what is needed is written down again at its end, oldest
/// segments first, and the old ones can go. Log order stays the truth: a message ends by its name, wherever its records
/// lie.
extension Node {
    /// What the journal may hold before it is written anew.
    private var journalAllowance: Int {
        max(configuration.segmentBytes * Limits.journalSegmentsMin, keptBytes * Limits.journalFactor)
    }

    /// Begins a pass where the journal is several times as large as what is needed of it, or in any case.
    func compact(always: Bool = false) {
        // What is back from the journal may not be in its queues yet.
        guard compaction == nil, openTransactions == 0, !storedGroups.isHeld, cluster?.recovered.isEmpty ?? true
        else { return }
        let isWorthIt = damagedThrough != nil || journal.byteCount > journalAllowance
        guard always || (isWorthIt && journal.byteCount > compactionFloor) else { return }
        // What comes now goes to later segments anyway, and what the disk has not taken yet cannot be read.
        let end = min(journal.segment, journal.readable.segment)
        let old = journal.segmentSizes.filter { $0.segment < end }
        guard !old.isEmpty else { return }
        let pass = CompactionPass(old, isWhole: always || damagedThrough != nil)
        compaction = pass
        later(.control { pass.proceed(in: $0) })
        if !isTicking { wake?() }
    }

    /// Whether the journal is small enough without what lies before a segment.
    func isRoomEnough(before segment: UInt64) -> Bool {
        let left = journal.segmentSizes.reduce(0) { $0 + ($1.segment < segment ? 0 : $1.bytes) }
        return left <= journalAllowance / 2
    }

    func compactionEnded(hasLeftSome: Bool) {
        compaction = nil
        // What was in the way may still be there: it is not tried again at once.
        compactionFloor = hasLeftSome ? journal.byteCount + configuration.segmentBytes : 0
    }
}

/// One pass over the oldest segments. Each is read back whole; of each record that somebody still needs a copy with the
/// names of those is written to the journal's end, and they are told where it is.
///
/// What moves at the wrong moment is not found: its segment stays until a later pass.
final class CompactionPass {
    private var segments: ArraySlice<SegmentSize>
    private let isWhole: Bool
    private var attempt = 0
    private var contents: SegmentContents?
    private var nextRecord = 0
    /// A segment holds something that was not found.
    private var hasLeftSome = false
    /// What clients hold unacknowledged of the segment.
    private var held: [MessageName: (channel: ChannelReference, tag: UInt64)] = [:]
    private var step = Step.begin
    /// Something else goes on; it adds the pass to the tasks again.
    private var isParked = false

    private enum Step {
        case begin, look, write
    }

    /// Where an entry is that a record names.
    private enum Holder {
        case queue(ClassicQueue)
        case channel(Channel, tag: UInt64)
    }

    init(_ segments: [SegmentSize], isWhole: Bool) {
        self.segments = segments[...]
        self.isWhole = isWhole
    }

    /// Does one slice; returns whether the task is over, or goes on when something else has been done.
    func proceed(in node: Node) -> Bool {
        isParked = false
        switch step {
        case .begin: begin(in: node)
        case .look: look(in: node)
        case .write: write(in: node)
        }
        return isParked || node.compaction !== self
    }

    private func goOn(in node: Node) {
        node.later(.control { [self] in proceed(in: $0) })
        if !node.isTicking { node.wake?() }
    }

    private func begin(in node: Node) {
        while let size = segments.first, node.segmentUse.count(in: size.segment) == 0 { next() }
        guard let size = segments.first, isWhole || !node.isRoomEnough(before: size.segment), node.storageFailure == nil
        else { return end(in: node) }
        step = .look
        guard attempt == 0 else { return }
        isParked = true
        let contents = SegmentContents(segment: size.segment)
        node.configuration.storage.read(contents, byteCount: size.bytes) { [self] in
            self.contents = contents
            goOn(in: node)
        }
    }

    private func end(in node: Node) { node.compactionEnded(hasLeftSome: hasLeftSome) }

    private func next() {
        segments = segments.dropFirst()
        attempt = 0
        contents = nil
        step = .begin
    }

    /// Finds out which deliveries of the segment clients hold: nothing else leads from a message's name to them.
    private func look(in node: Node) {
        isParked = true
        nextRecord = 0
        held = [:]
        let segment = segments.first?.segment ?? 0
        step = .write
        node.visitUnacked(
            { [self] node, entry, queue, channel, tag in
                guard entry.isJournaled(in: segment) else { return nil }
                if queue.isDeleted {
                    // Whatever becomes of it, it does not survive.
                    node.noLongerKept(entry)
                    return entry.uncounted
                }
                held[MessageName(queue: queue.id, sequence: entry.sequence)] = (channel, tag)
                return nil
            },
            finished: { [self] in goOn(in: $0) })
    }

    private func write(in node: Node) {
        guard let contents, let size = segments.first else { return end(in: node) }
        guard node.journal.pendingBytes < Limits.rewritingPendingBytes else {
            // The disk first.
            isParked = true
            node.awaitingWritten.append { [self] in goOn(in: $0) }
            return
        }
        var records = Limits.rewrittenPerSlice
        var bytes = Limits.rewrittenBytesPerSlice
        while nextRecord < contents.recordCount, records > 0, bytes > 0 {
            let written = contents.withRecord(nextRecord) { write($0, in: node) }
            bytes -= written.bytes
            records -= max(1, written.names)
            nextRecord += 1
        }
        guard nextRecord == contents.recordCount else { return }
        guard node.segmentUse.count(in: size.segment) > 0 else { return next() }
        if let failure = contents.failure, !isWhole {
            // Somebody needs what cannot be read.
            node.storageFailed(failure)
            return end(in: node)
        }
        attempt += 1
        step = .begin
        if attempt == Limits.rewritingAttempts {
            hasLeftSome = true
            next()
        }
    }

    /// Writes a record again if anybody needs it; returns how many bytes that were, and how many names were looked up.
    private func write(_ record: JournalRecord, in node: Node) -> (bytes: Int, names: Int) {
        if record.kind == RecordKind.chunk.rawValue { return (node.rewriteChunk(record), 1) }
        guard let publish = PublishRecord(record) else { return (0, 0) }
        var names: [(name: MessageName, holder: Holder)] = []
        for index in 0..<publish.nameCount {
            let name = publish.name(index).name
            if let holder = holder(of: name, record.location, in: node) { names.append((name, holder)) }
        }
        guard !names.isEmpty else { return (0, publish.nameCount) }
        let location = node.rewrite(
            publish, record.kind == RecordKind.transient.rawValue ? .transient : .publish,
            for: names.map { ($0.name, isDelivered: isDelivered($0.name, $0.holder)) })
        for (name, holder) in names {
            node.noteMoved(from: record.location, to: location)
            switch holder {
            case .queue(let queue):
                _ = queue.update(name.sequence) { node.moved($0, from: record.location, to: location) }
            case .channel(let channel, let tag):
                _ = channel.unacked.update(tag) { node.moved($0, from: record.location, to: location) }
            }
        }
        return (publish.message.count, publish.nameCount)
    }

    private func holder(of name: MessageName, _ location: JournalLocation, in node: Node) -> Holder? {
        guard let queue = node.queue(id: name.queue) else { return nil }
        if let held = held[name], let channel = node.channel(held.channel),
            channel.unacked.holds(held.tag, name, in: location.segment)
        {
            return .channel(channel, tag: held.tag)
        }
        guard let entry = queue.entry(name.sequence), entry.isJournaled(in: location.segment) else { return nil }
        return .queue(queue)
    }

    private func isDelivered(_ name: MessageName, _ holder: Holder) -> Bool {
        switch holder {
        case .queue(let queue): (queue.entry(name.sequence)?.flags ?? 0) & QueueEntry.redelivered != 0
        case .channel: true
        }
    }
}

/// Writing again.
extension Node {
    /// Writes a message down again for some of its queues; returns where.
    fileprivate func rewrite(
        _ publish: PublishRecord, _ kind: RecordKind, for names: [(name: MessageName, isDelivered: Bool)]
    ) -> JournalLocation {
        var target = journal.append(
            kind: kind.rawValue,
            byteCount: 16 + names.count * MessageName.byteCount + publish.message.count)
        writePublish(
            target, wallExpiry: publish.wallExpiry, names: names.count, messageBytes: publish.message.count)
        target += 16
        for (name, isDelivered) in names {
            MessageName(
                queue: name.queue, sequence: name.sequence | (isDelivered ? MessageName.deliveredBit : 0)
            ).write(target)
            target += MessageName.byteCount
        }
        if let start = publish.message.baseAddress { target.copyMemory(from: start, byteCount: publish.message.count) }
        return journal.location
    }

    fileprivate func noteMoved(from old: JournalLocation, to new: JournalLocation) {
        segmentUse.remove(from: UInt32(truncatingIfNeeded: old.segment))
        segmentUse.add(1, to: new.segment)
    }

    /// The entry of a message that has been written again.
    fileprivate func moved(_ entry: QueueEntry, from old: JournalLocation, to new: JournalLocation) -> QueueEntry {
        if !entry.isCold {
            let bytes = segments.bytes(of: entry.record)
            let known = MessageRecord.location(of: bytes)
            if known == old {
                MessageRecord.setLocation(new, of: bytes)
            } else if known != new {
                // Written again for other queues at another place: no one location would do for all of them.
                MessageRecord.setLocation(.none, of: bytes)
            }
        }
        return entry.moved(to: new)
    }

    /// Writes a chunk again if its body is still needed; returns how many bytes that were.
    fileprivate func rewriteChunk(_ record: JournalRecord) -> Int {
        guard let id = record.payload.number(at: 0), let number = record.payload.number(at: 8),
            let position = chunkedBodies[id]
        else { return 0 }
        let bytes = segments.bytes(of: position)
        let shape = MessageRecord.shape(of: bytes)
        guard number < UInt64(shape.chunkCount) else { return 0 }
        var chunk = MessageRecord.chunk(Int(number), of: bytes, shape)
        guard chunk.location == record.location else { return 0 }
        let part = record.payload.dropFirst(16)
        // It counts for itself again before it is forgotten where it was.
        let location = journalChunk(part, Int(number), of: id)
        segmentUse.remove(from: UInt32(truncatingIfNeeded: record.location.segment))
        keptBytes -= Self.keptBytes(part.count)
        chunk.location = location
        MessageRecord.setChunk(Int(number), to: chunk, of: bytes, shape)
        return part.count
    }
}
