internal import AMQP
public import Journal
internal import Raft

/// What a node found when it started.
public struct RecoverySummary: Hashable, Sendable {
    /// Durable queues.
    public var queues = 0
    /// Messages that are back in their queues.
    public var messages = 0
    /// Messages of queues that are there no more.
    public var discarded = 0
    /// Records that make no sense, though their bytes are whole: written by something else.
    public var unreadable = 0
    /// What had to be left out because it was damaged.
    public var damage: [JournalDamage] = []
    /// Nodes that have lost a part of the cluster's metadata, and get all of it from the others as new members.
    public var lostMetadata = 0

    /// What several nodes found, together.
    public static func sum(_ parts: [RecoverySummary]) -> RecoverySummary {
        var sum = RecoverySummary()
        for part in parts {
            sum.queues += part.queues
            sum.messages += part.messages
            sum.discarded += part.discarded
            sum.unreadable += part.unreadable
            sum.damage += part.damage
            sum.lostMetadata += part.lostMetadata
        }
        return sum
    }
}

/// What has been read of the journal so far.
private struct Reading {
    /// A record of a commit that took several slices.
    struct Uncommitted {
        var kind: RecordKind
        var bytes: [UInt8]
        var location: JournalLocation
    }

    var messages: [UInt64: RecoveredMessages] = [:]
    /// Records of such commits, by their numbers, until the end of each is seen.
    var uncommitted: [UInt64: [Uncommitted]] = [:]
    /// Chunks of bodies that no message has named yet, by their bodies' names.
    var chunks: [UInt64: [UInt64: (location: JournalLocation, byteCount: Int)]] = [:]
    /// What there is of Raft groups.
    var groups = StoredGroups()
    var summary = RecoverySummary()

    mutating func messages(of queue: UInt64) -> RecoveredMessages {
        if let known = messages[queue] { return known }
        let fresh = RecoveredMessages()
        messages[queue] = fresh
        return fresh
    }
}

extension Node {
    /// Brings back what survived: `read` gives every record of the journal in order and says where it ends. To be called
    /// once, before the first connection. Throws what `read` throws.
    public func recover(
        _ read: ((JournalRecord) -> Void) throws(StorageError) -> RecoveredJournal
    ) throws(StorageError) -> RecoverySummary {
        var reading = Reading()
        storedGroups.isHeld = true
        let recovered = try read { take($0, &reading) }
        journal = Journal(
            storage: configuration.storage, after: recovered, segmentLimit: configuration.segmentBytes)
        topologyFloor = recovered.segments.first?.segment ?? 0
        reading.summary.damage = recovered.damage
        storedGroups = reading.groups
        storedGroups.isHeld = true
        storedGroups.isSalvaged = !recovered.damage.isEmpty
        rollForward.restore(&reading.messages, in: self)
        if let cluster { try restart(cluster, &reading) } else { finish(&reading) }
        // What ended before the end may leave segments that nobody needs. Damaged ones go as soon as what is whole in them
        // has been written again: the next start finds a journal without damage.
        // A member of a cluster has to know first what it may keep.
        if recovered.damage.isEmpty {
            reclaim()
        } else {
            damagedThrough = recovered.segments.last?.segment
            if cluster == nil { compact(always: true) }
        }
        return reading.summary
    }

    private func take(_ record: JournalRecord, _ reading: inout Reading) {
        guard let kind = RecordKind(rawValue: record.kind) else {
            reading.summary.unreadable += 1
            return
        }
        switch kind {
        case .transactionPublish, .transactionSettle:
            guard let number = record.payload.number(at: 0) else { return reading.summary.unreadable += 1 }
            reading.uncommitted[number, default: []].append(
                Reading.Uncommitted(
                    kind: kind == .transactionPublish ? .publish : .settle, bytes: Array(record.payload.dropFirst(8)),
                    location: record.location))
        case .committed:
            guard let number = record.payload.number(at: 0) else { return reading.summary.unreadable += 1 }
            for record in reading.uncommitted.removeValue(forKey: number) ?? [] {
                record.bytes.withUnsafeBytes { take(record.kind, $0, record.location, &reading) }
            }
        default: take(kind, record.payload, record.location, &reading)
        }
    }

    private func take(
        _ kind: RecordKind, _ payload: UnsafeRawBufferPointer, _ location: JournalLocation, _ reading: inout Reading
    ) {
        let isReadable =
            switch kind {
            case .publish: takePublish(payload, location, &reading)
            case .settle: takeSettle(payload, &reading)
            case .settleRange: takeRanges(payload, &reading)
            case .topology: cluster == nil && takeTopology(payload)
            case .raftWrite: reading.groups.takeWrite(payload, in: location.segment)
            case .raftSnapshot: reading.groups.takeSnapshot(payload)
            case .chunk: takeChunk(payload, location, &reading)
            case .delivered: takeDelivered(payload, &reading)
            case .transient: true
            case .begunAnew: takeBeginning(payload, &reading)
            case .transactionPublish, .transactionSettle, .committed: false
            }
        if !isReadable { reading.summary.unreadable += 1 }
    }

    /// A message stays where it is until somebody wants it.
    private func takePublish(
        _ payload: UnsafeRawBufferPointer, _ location: JournalLocation, _ reading: inout Reading
    ) -> Bool {
        guard let publish = PublishRecord(payload) else { return false }
        let offset = configuration.clockOffset
        let expiry =
            publish.wallExpiry == QueueEntry.never
            ? publish.wallExpiry : publish.wallExpiry > offset ? publish.wallExpiry - offset : 0
        let size = UInt32(clamping: publish.shape.bodyBytes)
        var record: RecordPosition?
        for index in 0..<publish.nameCount {
            let (name, isDelivered) = publish.name(index)
            let messages = reading.messages(of: name.queue)
            guard messages.expects(name.sequence) else { continue }
            // What is written down is persistent; a mirror that is sent it writes it down as well.
            let flags = QueueEntry.persistent | (isDelivered ? QueueEntry.redelivered : 0)
            let entry: QueueEntry
            if publish.shape.isChunked {
                if let record { segments.retain(record) }
                guard let kept = record ?? store(chunked: publish, at: location, &reading) else { return false }
                record = kept
                entry = QueueEntry(
                    sequence: name.sequence, record: kept, bodyBytes: size,
                    flags: flags | QueueEntry.flags(journaledIn: location.segment) | QueueEntry.chunked, expiry: expiry)
            } else {
                entry = QueueEntry(
                    sequence: name.sequence, cold: location, bodyBytes: size, flags: flags, expiry: expiry)
            }
            messages.add(entry)
            segmentUse.add(1, to: location.segment)
            keptBytes += Self.keptBytes(entry)
        }
        return true
    }

    /// A message whose body lies in chunks is in memory without them. They lie before it, or behind where the journal has
    /// been written anew. Nil where it names no body.
    private func store(
        chunked publish: PublishRecord, at location: JournalLocation, _ reading: inout Reading
    ) -> RecordPosition? {
        let (message, shape) = (publish.message, publish.shape)
        guard let id = message.number(at: message.count - 8), id != 0 else { return nil }
        let known = chunkedBodies[id]
        if let known, isCopy(publish, of: known) {
            segments.retain(known)
            return known
        }
        let record = segments.allocate(
            MessageRecord.byteCount(
                key: shape.keyBytes, header: shape.headerBytes, body: shape.bodyBytes, isChunked: true))
        let bytes = segments.bytes(of: record)
        MessageRecord.setLocation(location, of: bytes)
        MessageRecord.setPublish(0, by: 0, of: bytes)
        if let start = message.baseAddress {
            (bytes + MessageRecord.memoryBytes).copyMemory(from: start, byteCount: message.count)
        }
        for index in 0..<shape.chunkCount { MessageRecord.setChunk(index, to: MessageRecord.Chunk(), of: bytes, shape) }
        chunkedBodies[id] = record
        // Dead-lettered: what had the body before ends in the same batch.
        if let known { moveChunks(from: known, to: record) }
        for (index, chunk) in (reading.chunks.removeValue(forKey: id) ?? [:]).sorted(by: { $0.key < $1.key }) {
            _ = set(chunk.location, byteCount: chunk.byteCount, ofChunk: index, of: record)
        }
        return record
    }

    /// Whether a record says the same of a message as one that is known.
    private func isCopy(_ publish: PublishRecord, of known: RecordPosition) -> Bool {
        let bytes = UnsafeRawPointer(segments.bytes(of: known))
        let count = MessageRecord.shape(of: bytes).journaledBytes
        return UnsafeRawBufferPointer(start: bytes + MessageRecord.memoryBytes, count: count)
            .elementsEqual(publish.message)
    }

    /// Where a chunk lies; a later copy is the one that stays, as it is when the journal is written anew.
    private func takeChunk(
        _ payload: UnsafeRawBufferPointer, _ location: JournalLocation, _ reading: inout Reading
    ) -> Bool {
        guard let id = payload.number(at: 0), let index = payload.number(at: 8), id >> 62 == 0 else {
            return false
        }
        lastBody = max(lastBody, id)
        guard let record = chunkedBodies[id] else {
            reading.chunks[id, default: [:]][index] = (location, payload.count - 16)
            return true
        }
        return set(location, byteCount: payload.count - 16, ofChunk: index, of: record)
    }

    private func set(
        _ location: JournalLocation, byteCount: Int, ofChunk index: UInt64, of record: RecordPosition
    ) -> Bool {
        let bytes = segments.bytes(of: record)
        let shape = MessageRecord.shape(of: bytes)
        guard index < UInt64(shape.chunkCount),
            byteCount == MessageRecord.chunkBytes(Int(index), of: shape.bodyBytes)
        else { return false }
        var chunk = MessageRecord.chunk(Int(index), of: bytes, shape)
        forgetChunk(chunk, byteCount: byteCount)
        segmentUse.add(1, to: location.segment)
        keptBytes += Self.keptBytes(byteCount)
        chunk.location = location
        MessageRecord.setChunk(Int(index), to: chunk, of: bytes, shape)
        return true
    }

    /// Whether every part of a message is there.
    private func isWhole(_ entry: QueueEntry) -> Bool {
        guard entry.flags & QueueEntry.chunked != 0 else { return true }
        let bytes = segments.bytes(of: entry.record)
        let shape = MessageRecord.shape(of: bytes)
        return (0..<shape.chunkCount).allSatisfy { MessageRecord.chunk($0, of: bytes, shape).location != .none }
    }

    private func takeDelivered(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard payload.count % MessageName.byteCount == 0 else { return false }
        for place in stride(from: 0, to: payload.count, by: MessageName.byteCount) {
            guard let name = payload.name(at: place) else { return false }
            reading.messages(of: name.queue).delivered(upTo: name.sequence)
        }
        return true
    }

    private func takeSettle(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard payload.count % MessageName.byteCount == 0 else { return false }
        for place in stride(from: 0, to: payload.count, by: MessageName.byteCount) {
            guard let name = payload.name(at: place) else { return false }
            end(name, &reading)
        }
        return true
    }

    private func end(_ name: MessageName, _ reading: inout Reading) {
        if let entry = reading.messages(of: name.queue).end(name.sequence) { forget(entry) }
    }

    private func takeRanges(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard payload.count % 24 == 0 else { return false }
        for place in stride(from: 0, to: payload.count, by: 24) {
            guard let queue = payload.number(at: place), let first = payload.number(at: place + 8),
                let last = payload.number(at: place + 16), first <= last, last >> 62 == 0, queue >> 62 == 0
            else { return false }
            // Only those that are there: a range is written when all its messages are.
            for entry in reading.messages(of: queue).end(first...last) { forget(entry) }
        }
        return true
    }

    private func takeBeginning(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard let queue = payload.number(at: 0), queue >> 62 == 0 else { return false }
        reading.messages.removeValue(forKey: queue)?.takeRemaining { forget($0) }
        return true
    }

    private func takeTopology(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let (index, change) = try? TopologyRecord.decode(payload), index >> 62 == 0 else { return false }
        // The identity of a queue is the index of its declaration.
        let newest = topologyIndex
        topologyIndex = index &- 1
        _ = apply(change)
        topologyIndex = max(newest, index)
        return true
    }

    /// Puts the messages into their queues; what belongs to no queue any more is gone.
    private func finish(_ reading: inout Reading) {
        joinQuorumQueues()
        for (id, messages) in reading.messages.sorted(by: { $0.key < $1.key }) {
            // Whatever comes now has another identity than what came before.
            topologyIndex = max(topologyIndex, id)
            let (restored, discarded, unreadable) = restore(messages, to: queue(id: id))
            reading.summary.messages += restored
            reading.summary.discarded += discarded
            reading.summary.unreadable += unreadable
        }
        reading.summary.queues = queueList.count
        // What was declared is no news to anybody.
        counters = MessageCounters()
    }

    /// Puts what the journal has of a queue into it, or nowhere; returns how many messages came of it.
    func restore(
        _ messages: RecoveredMessages, to queue: ClassicQueue?
    ) -> (restored: Int, discarded: Int, unreadable: Int) {
        let queue = queue.flatMap { $0.isDurable ? $0 : nil }
        var (restored, discarded, unreadable) = (0, 0, 0)
        // Only who is up to date with the metadata knows who leads.
        let isCopy = queue?.isRemote == true
        messages.takeRemaining { entry in
            guard isWhole(entry) else {
                unreadable += 1
                return forget(entry)
            }
            guard let queue else {
                discarded += 1
                return forget(entry)
            }
            var entry = entry
            if entry.sequence <= messages.deliveredUpTo { entry.flags |= QueueEntry.redelivered }
            if isCopy { queue.restoreCopy(entry) } else { queue.restore(entry) }
            restored += 1
        }
        if let queue {
            queue.restored(lastSequence: messages.lastSequence, deliveredUpTo: messages.deliveredUpTo)
        }
        return (restored, discarded, unreadable)
    }

    /// What a member of a cluster has is known when its metadata has caught up with the others': until then messages
    /// wait for their queues, and are not in the summary.
    private func restart(_ cluster: ClusterMember, _ reading: inout Reading) throws(StorageError) {
        cluster.recovered = reading.messages
        let stored = storedGroups.take(RaftRecord.metadata)
        do throws(GroupUnreadable) {
            // What it has promised may be in what is damaged: it must not vote with the rest (Raft figure 2).
            if storedGroups.isSalvaged { throw GroupUnreadable("a part of it may be gone") }
            storedGroups.isSalvaged = stored.areOthersLost
            try cluster.metadata.restart(stored)
        } catch {
            reading.summary.lostMetadata = 1
            cluster.metadata.lose(areOthersLost: storedGroups.isSalvaged)
        }
        if storedGroups.isSalvaged {
            cluster.metadata.hasLostData = true
            cluster.metadata.catchUp()
        }
        reading.summary.queues = queueList.count
        counters = MessageCounters()
    }
}
