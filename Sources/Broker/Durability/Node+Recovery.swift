internal import AMQP
public import Journal

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
}

/// What has been read of the journal so far.
private struct Reading {
    var messages: [UInt64: RecoveredMessages] = [:]
    /// Records of commits that took several slices, by their numbers, until the end of each is seen.
    var uncommitted: [UInt64: [(kind: RecordKind, bytes: [UInt8], segment: UInt64)]] = [:]
    var summary = RecoverySummary()
}

extension Node {
    /// Brings back what survived: `read` gives every record of the journal in order and says where it ends. To be called
    /// once, before the first connection. Throws what `read` throws.
    public func recover(
        _ read: ((JournalRecord) -> Void) throws(StorageError) -> RecoveredJournal
    ) throws(StorageError) -> RecoverySummary {
        var reading = Reading()
        let recovered = try read { take($0, &reading) }
        journal = Journal(
            storage: configuration.storage, after: recovered, segmentLimit: configuration.segmentBytes)
        topologyFloor = recovered.segments.first?.segment ?? 0
        finish(&reading)
        reading.summary.damage = recovered.damage
        // What ended before the end may leave segments that nobody needs. Damaged ones go as soon as what is whole in them
        // has been written again: the next start finds a journal without damage.
        if recovered.damage.isEmpty { reclaim() } else { compact(always: true) }
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
                (
                    kind == .transactionPublish ? .publish : .settle, Array(record.payload.dropFirst(8)),
                    record.segment
                ))
        case .committed:
            guard let number = record.payload.number(at: 0) else { return reading.summary.unreadable += 1 }
            for (kind, bytes, segment) in reading.uncommitted.removeValue(forKey: number) ?? [] {
                bytes.withUnsafeBytes { take(kind, $0, segment, &reading) }
            }
        default: take(kind, record.payload, record.segment, &reading)
        }
    }

    private func take(
        _ kind: RecordKind, _ payload: UnsafeRawBufferPointer, _ segment: UInt64, _ reading: inout Reading
    ) {
        let isReadable =
            switch kind {
            case .publish: takePublish(payload, segment, &reading)
            case .settle: takeSettle(payload, &reading)
            case .settleRange: takeRanges(payload, &reading)
            case .topology: takeTopology(payload)
            case .transactionPublish, .transactionSettle, .committed: false
            }
        if !isReadable { reading.summary.unreadable += 1 }
    }

    private func takePublish(
        _ payload: UnsafeRawBufferPointer, _ segment: UInt64, _ reading: inout Reading
    ) -> Bool {
        guard let wallExpiry = payload.number(at: 0), let sizes = payload.number(at: 8) else { return false }
        let (queues, messageBytes) = (Int(sizes & 0xFFFF_FFFF), Int(sizes >> 32))
        let start = 16 + queues * MessageName.byteCount
        guard queues > 0, messageBytes >= MessageRecord.fixedBytes, payload.count - start == messageBytes,
            let from = payload.baseAddress
        else { return false }
        let shape = MessageRecord.shape(of: from + start)
        guard !shape.isChunked, shape.bodyBytes >= 0, shape.bodyBytes <= messageBytes,
            shape.bodyOffset + shape.bodyBytes == messageBytes
        else { return false }
        let offset = configuration.clockOffset
        let expiry =
            wallExpiry == QueueEntry.never ? wallExpiry : wallExpiry > offset ? wallExpiry - offset : 0
        var record: RecordPosition?
        for index in 0..<queues {
            guard let name = payload.name(at: 16 + index * MessageName.byteCount) else { return false }
            guard reading.messages[name.queue, default: RecoveredMessages()].expects(name.sequence) else { continue }
            if let record { segments.retain(record) }
            let kept = record ?? store(from + start, shape)
            record = kept
            reading.messages[name.queue, default: RecoveredMessages()].add(
                QueueEntry(
                    sequence: name.sequence, record: kept, bodyBytes: UInt32(clamping: shape.bodyBytes),
                    flags: QueueEntry.flags(journaledIn: segment), expiry: expiry))
            segmentUse.add(1, to: segment)
            keptBytes += Self.keptBytes(Int(UInt32(clamping: shape.bodyBytes)))
        }
        return true
    }

    /// Stores a message as it is stored when it is published: large bodies in chunks.
    private func store(_ bytes: UnsafeRawPointer, _ shape: MessageRecord.Shape) -> RecordPosition {
        let size = shape.bodyOffset + shape.bodyBytes
        guard shape.bodyBytes > Limits.chunkBytes else {
            let record = segments.allocate(size)
            segments.bytes(of: record).copyMemory(from: bytes, byteCount: size)
            return record
        }
        let chunks = (shape.bodyBytes + Limits.chunkBytes - 1) / Limits.chunkBytes
        let stride = MemoryLayout<RecordPosition>.size
        let record = segments.allocate(shape.bodyOffset + chunks * stride)
        segments.bytes(of: record).copyMemory(from: bytes, byteCount: shape.bodyOffset)
        segments.bytes(of: record).storeBytes(of: MessageRecord.chunked, toByteOffset: 14, as: UInt16.self)
        for index in 0..<chunks {
            let place = index * Limits.chunkBytes
            let count = min(Limits.chunkBytes, shape.bodyBytes - place)
            let chunk = segments.allocate(count)
            segments.bytes(of: chunk).copyMemory(from: bytes + shape.bodyOffset + place, byteCount: count)
            segments.bytes(of: record).storeBytes(
                of: chunk, toByteOffset: shape.bodyOffset + index * stride, as: RecordPosition.self)
        }
        return record
    }

    private func takeSettle(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard payload.count % MessageName.byteCount == 0 else { return false }
        for place in stride(from: 0, to: payload.count, by: MessageName.byteCount) {
            if let name = payload.name(at: place) { end(name, &reading) }
        }
        return true
    }

    private func end(_ name: MessageName, _ reading: inout Reading) {
        if let entry = reading.messages[name.queue, default: RecoveredMessages()].end(name.sequence) { forget(entry) }
    }

    private func takeRanges(_ payload: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        guard payload.count % 24 == 0 else { return false }
        for place in stride(from: 0, to: payload.count, by: 24) {
            guard let queue = payload.number(at: place), let first = payload.number(at: place + 8),
                let last = payload.number(at: place + 16), first <= last
            else { return false }
            // Only those that are there: a range is written when all its messages are.
            for entry in reading.messages[queue, default: RecoveredMessages()].end(first...last) { forget(entry) }
        }
        return true
    }

    private func takeTopology(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let (index, change) = try? TopologyRecord.decode(payload) else { return false }
        // The identity of a queue is the index of its declaration.
        let newest = topologyIndex
        topologyIndex = index &- 1
        _ = apply(change)
        topologyIndex = max(newest, index)
        return true
    }

    /// Puts the messages into their queues; what belongs to no queue any more is gone.
    private func finish(_ reading: inout Reading) {
        for (id, messages) in reading.messages.sorted(by: { $0.key < $1.key }) {
            // Whatever comes now has another identity than what came before.
            topologyIndex = max(topologyIndex, id)
            let entries = messages.remaining
            guard let queue = queue(id: id), queue.isDurable else {
                reading.summary.discarded += entries.count
                for entry in entries { forget(entry) }
                continue
            }
            queue.restore(entries, lastSequence: messages.lastSequence)
            reading.summary.messages += entries.count
        }
        reading.summary.queues = queueList.count
        // What was declared is no news to anybody.
        counters = MessageCounters()
    }
}

extension UnsafeRawBufferPointer {
    /// The number at a place; nil where there is not enough.
    fileprivate func number(at place: Int) -> UInt64? {
        guard place >= 0, count - place >= 8 else { return nil }
        return UInt64(littleEndian: loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// The name of a message at a place.
    fileprivate func name(at place: Int) -> MessageName? {
        guard let queue = number(at: place), let sequence = number(at: place + 8) else { return nil }
        return MessageName(queue: queue, sequence: sequence)
    }

    fileprivate func dropFirst(_ bytes: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[Swift.min(bytes, count)...])
    }
}
