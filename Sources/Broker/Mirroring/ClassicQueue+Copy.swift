internal import Journal

/// A mirror's copy of a queue: what came is among what could come back, in order, so that it is delivered first when this
/// node leads.
extension ClassicQueue {
    /// Takes a message from the leader; returns whether it was written down. The record carries one reference.
    func addCopy(
        _ record: RecordPosition, _ shape: MessageRecord.Shape, _ message: MirrorOperation.Message
    ) -> Bool {
        lastSequence = max(lastSequence, message.sequence)
        guard returned.entry(message.sequence) == nil else {
            node.release(record)
            return false
        }
        let expiry =
            message.wallExpiry == QueueEntry.never
            ? message.wallExpiry : message.wallExpiry - min(message.wallExpiry, node.configuration.clockOffset)
        let isPersistent = UInt32(message.flags) & QueueEntry.persistent != 0
        var flags = UInt32(message.flags) & (QueueEntry.persistent | QueueEntry.redelivered)
        let isKept = isPersistent && isDurable
        if isKept {
            let name = MessageName(queue: id, sequence: message.sequence)
            flags |= node.journal(mirrored: record, shape, as: name, wallExpiry: message.wallExpiry)
        }
        let entry = QueueEntry(
            sequence: message.sequence, record: record, bodyBytes: UInt32(clamping: shape.bodyBytes), flags: flags,
            expiry: expiry)
        returned.insert(entry)
        readyBytes += Int(entry.bodyBytes)
        return isKept
    }

    /// A message has ended at the leader.
    func endCopy(of sequence: UInt64) {
        guard let entry = returned.remove(sequence) else { return }
        readyBytes -= Int(entry.bodyBytes)
        if entry.isCold { coldReady -= 1 }
        node.drop(entry, of: self)
    }

    /// All messages of a range have.
    func endCopies(in range: ClosedRange<UInt64>) {
        for sequence in copiedSequences(where: range.contains) { endCopy(of: sequence) }
    }

    /// Puts back what the journal had of the copy.
    func restoreCopy(_ entry: QueueEntry) {
        returned.insert(entry)
        readyBytes += Int(entry.bodyBytes)
        if entry.isCold { coldReady += 1 }
        lastSequence = max(lastSequence, entry.sequence)
    }

    /// Ends what is not in these ranges; returns what of them is not there.
    func keepOnly(_ held: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        for sequence in copiedSequences(where: { !held.hold($0) }) { endCopy(of: sequence) }
        if let last = held.last { lastSequence = max(lastSequence, last.upperBound) }
        return held.subtracting(returned.sequenceRuns)
    }

    private func copiedSequences(where isMeant: (UInt64) -> Bool) -> [UInt64] {
        var sequences: [UInt64] = []
        _ = returned.visit(limit: .max) { entry in
            if isMeant(entry.sequence) { sequences.append(entry.sequence) }
            return true
        }
        return sequences
    }

    /// Begins again with nothing. What the journal has of the queue is nothing from here on, so that the same messages can
    /// be written down once more.
    func beginCopyAnew() {
        discardCopy()
        guard node.journal.keepsBytes, isDurable else { return }
        let target = node.journal.append(kind: RecordKind.begunAnew.rawValue, byteCount: 8)
        target.storeBytes(of: id.littleEndian, as: UInt64.self)
        deliveredUpTo = 0
    }

    /// Gives up the copy: whatever is in it is of no use.
    func discardCopy() {
        copy?.abandon()
        node.discardReady(of: self)
    }

    /// The leader has delivered everything up to a sequence at least once.
    func noteDeliveredElsewhere(upTo sequence: UInt64) {
        guard sequence > deliveredUpTo else { return }
        deliveredUpTo = sequence
        guard isDurable, !isDeliveryNoted else { return }
        isDeliveryNoted = true
        node.deliveredQueues.append(self)
    }
}

extension [ClosedRange<UInt64>] {
    /// Whether one of them holds a number; they ascend.
    func hold(_ number: UInt64) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].lowerBound <= number
    }

    /// What of them is not in others; both ascend.
    func subtracting(_ others: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        var place = 0
        for range in self {
            var start = range.lowerBound
            while place < others.count, others[place].upperBound < start { place += 1 }
            var next = place
            while next < others.count, others[next].lowerBound <= range.upperBound {
                if others[next].lowerBound > start { result.append(start...others[next].lowerBound - 1) }
                start = Swift.max(start, others[next].upperBound + 1)
                next += 1
            }
            if start <= range.upperBound { result.append(start...range.upperBound) }
        }
        return result
    }
}

extension Node {
    /// Puts a message from a leader into memory, of a body in chunks without them; nil where the bytes make none.
    func store(mirrored message: UnsafeRawBufferPointer) -> (RecordPosition, MessageRecord.Shape)? {
        guard message.count >= MessageRecord.fixedBytes, let start = message.baseAddress else { return nil }
        let shape = MessageRecord.shape(of: start - MessageRecord.memoryBytes)
        guard shape.bodyBytes >= 0, UInt64(shape.bodyBytes) <= Limits.messageBytes,
            shape.isChunked == (shape.bodyBytes > Limits.chunkBytes),
            shape.journaledBytes - (shape.isChunked ? 8 : 0) == message.count
        else { return nil }
        let record = segments.allocate(
            MessageRecord.byteCount(
                key: shape.keyBytes, header: shape.headerBytes, body: shape.bodyBytes, isChunked: shape.isChunked))
        let bytes = segments.bytes(of: record)
        MessageRecord.setLocation(.none, of: bytes)
        MessageRecord.setPublish(0, by: 0, of: bytes)
        (bytes + MessageRecord.memoryBytes).copyMemory(from: start, byteCount: message.count)
        if shape.isChunked {
            MessageRecord.setBodyID(0, of: bytes, shape)
            for index in 0..<shape.chunkCount {
                MessageRecord.setChunk(index, to: MessageRecord.Chunk(), of: bytes, shape)
            }
        }
        return (record, shape)
    }

    /// Writes down a message from a leader; returns the flags that say so.
    func journal(
        mirrored record: RecordPosition, _ shape: MessageRecord.Shape, as name: MessageName, wallExpiry: UInt64
    ) -> UInt32 {
        guard journal.keepsBytes else {
            journal.pass(byteCount: shape.bodyBytes)
            return 0
        }
        let flags = QueueEntry.flags(journaledIn: journal.openSegment()) | (shape.isChunked ? QueueEntry.chunked : 0)
        if shape.isChunked { journalChunks(of: record, shape) }
        let bytes = segments.bytes(of: record)
        let count = shape.journaledBytes
        let target = journal.append(
            kind: RecordKind.publish.rawValue, byteCount: 16 + MessageName.byteCount + count)
        writePublish(target, wallExpiry: wallExpiry, names: 1, messageBytes: count)
        name.write(target + 16)
        (target + 16 + MessageName.byteCount).copyMemory(from: bytes + MessageRecord.memoryBytes, byteCount: count)
        MessageRecord.setLocation(journal.location, of: bytes)
        segmentUse.add(1, to: journal.segment)
        keptBytes += Self.keptBytes(shape.isChunked ? 0 : shape.bodyBytes)
        return flags
    }
}
