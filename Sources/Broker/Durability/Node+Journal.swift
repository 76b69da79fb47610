internal import AMQP
internal import Journal

/// Writing down what must survive: persistent messages in durable queues, their ends, the durable topology.
extension Node {
    // MARK: Messages

    /// Writes down a message that has just been put into queues, some of which are durable. One record, however many.
    func journal(_ record: RecordPosition, in routed: [ClassicQueue], durable: Int, expiry: UInt64) {
        var target = journalMessage(record, names: durable, expiry: expiry)
        for queue in routed where queue.isDurable {
            MessageName(queue: queue.id, sequence: queue.lastSequence).write(target)
            target += MessageName.byteCount
        }
    }

    /// Writes a message down again, for one queue.
    func journalAgain(_ entry: QueueEntry, of queue: ClassicQueue) {
        let target = journalMessage(entry.record, names: 1, expiry: entry.expiry)
        MessageName(queue: queue.id, sequence: entry.sequence).write(target)
    }

    /// Writes all of a message's record but its names, whose place is returned.
    private func journalMessage(_ record: RecordPosition, names: Int, expiry: UInt64) -> UnsafeMutableRawPointer {
        let bytes = UnsafeRawPointer(segments.bytes(of: record))
        let shape = MessageRecord.shape(of: bytes)
        let messageBytes = shape.bodyOffset + shape.bodyBytes
        let prefix = transactionNumber == nil ? 0 : 8
        var target = journal.append(
            kind: (transactionNumber == nil ? RecordKind.publish : .transactionPublish).rawValue,
            byteCount: prefix + 16 + names * MessageName.byteCount + messageBytes)
        if let transactionNumber { target.storeBytes(of: transactionNumber.littleEndian, as: UInt64.self) }
        target += prefix
        let wallExpiry = expiry == QueueEntry.never ? expiry : expiry &+ configuration.clockOffset
        target.storeBytes(of: wallExpiry.littleEndian, as: UInt64.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: names).littleEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: messageBytes).littleEndian, toByteOffset: 12, as: UInt32.self)
        copyMessage(bytes, shape, to: target + 16 + names * MessageName.byteCount)
        segmentUse.add(names, to: journal.segment)
        keptBytes += names * Self.keptBytes(shape.bodyBytes)
        return target + 16
    }

    /// Copies a message as one piece, whether its body lies in chunks or not.
    private func copyMessage(
        _ bytes: UnsafeRawPointer, _ shape: MessageRecord.Shape, to target: UnsafeMutableRawPointer
    ) {
        guard shape.isChunked else {
            return target.copyMemory(from: bytes, byteCount: shape.bodyOffset + shape.bodyBytes)
        }
        target.copyMemory(from: bytes, byteCount: shape.bodyOffset)
        target.storeBytes(of: 0, toByteOffset: 14, as: UInt16.self)
        var place = target + shape.bodyOffset
        var left = shape.bodyBytes
        for index in 0..<shape.chunkCount {
            let count = min(left, Limits.chunkBytes)
            place.copyMemory(from: segments.bytes(of: MessageRecord.chunk(index, of: bytes, shape)), byteCount: count)
            place += count
            left -= count
        }
    }

    /// Ends a message of a queue: nobody needs it there any more.
    @inline(__always)
    func drop(_ entry: QueueEntry, of queue: ClassicQueue) {
        if entry.flags & QueueEntry.journaled != 0 { noteEnd(entry, queue) }
        release(entry.record)
    }

    /// The same for one whose end is written down already, with those of many.
    @inline(__always)
    func forget(_ entry: QueueEntry) {
        if entry.flags & QueueEntry.journaled != 0 {
            noLongerKept(entry)
        }
        release(entry.record)
    }

    @inline(never)
    private func noteEnd(_ entry: QueueEntry, _ queue: ClassicQueue) {
        noLongerKept(entry)
        // A deleted queue's messages end with it.
        guard !queue.isDeleted else { return }
        let name = MessageName(queue: queue.id, sequence: entry.sequence)
        if transactionNumber == nil { ended.append(name) } else { transactionEnded.append(name) }
    }

    @inline(__always)
    func noLongerKept(_ entry: QueueEntry) {
        segmentUse.remove(from: entry.segment)
        keptBytes -= Self.keptBytes(Int(entry.bodyBytes))
    }

    /// What a message takes in the journal, about.
    static func keptBytes(_ bodyBytes: Int) -> Int { bodyBytes + 128 }

    /// Writes down the ends of this tick, together.
    func journalEnds() {
        guard !ended.isEmpty else { return }
        journalEnds(ended, .settle, transaction: nil)
        ended.removeAll(keepingCapacity: true)
    }

    private func journalEnds(_ names: [MessageName], _ kind: RecordKind, transaction: UInt64?) {
        let prefix = transaction == nil ? 0 : 8
        var target = journal.append(kind: kind.rawValue, byteCount: prefix + names.count * MessageName.byteCount)
        if let transaction { target.storeBytes(of: transaction.littleEndian, as: UInt64.self) }
        target += prefix
        for name in names {
            name.write(target)
            target += MessageName.byteCount
        }
    }

    /// Writes down that all ready messages of a queue end.
    func journalPurge(of queue: ClassicQueue) {
        guard journal.keepsBytes, queue.isDurable else { return }
        let ranges = queue.readyRanges
        guard !ranges.isEmpty else { return }
        var target = journal.append(kind: RecordKind.settleRange.rawValue, byteCount: ranges.count * 24)
        for range in ranges {
            target.storeBytes(of: queue.id.littleEndian, as: UInt64.self)
            target.storeBytes(of: range.lowerBound.littleEndian, toByteOffset: 8, as: UInt64.self)
            target.storeBytes(of: range.upperBound.littleEndian, toByteOffset: 16, as: UInt64.self)
            target += 24
        }
    }

    // MARK: Transactions

    /// Begins what counts only as a whole. A commit that is done within one tick needs none of it: all it writes lies
    /// in one batch, which is there or is not.
    func beginTransaction(_ number: UInt64?) {
        transactionNumber = number
    }

    /// Ends a slice of it.
    func pauseTransaction() {
        if let transactionNumber, !transactionEnded.isEmpty {
            journalEnds(transactionEnded, .transactionSettle, transaction: transactionNumber)
            transactionEnded.removeAll(keepingCapacity: true)
        }
        transactionNumber = nil
    }

    /// Everything of it has been written.
    func journalCommit(_ number: UInt64) {
        let target = journal.append(kind: RecordKind.committed.rawValue, byteCount: 8)
        target.storeBytes(of: number.littleEndian, as: UInt64.self)
    }

    // MARK: Topology

    /// Whether a change concerns what survives; asked before it is applied.
    func survives(_ change: TopologyChange) -> Bool {
        guard journal.keepsBytes else { return false }
        func host(_ name: String) -> VirtualHost? { virtualHosts[name] }
        func isDurable(_ binding: Binding, of exchange: String, in name: String) -> Bool {
            guard let host = host(name), host.exchanges[exchange]?.settings.isDurable == true else { return false }
            return self.isDurable(binding.destination, in: host)
        }
        switch change {
        case .declareVirtualHost(let name): return host(name) == nil
        case .deleteVirtualHost(let name): return host(name) != nil
        case .declareExchange(let name, let exchange, let settings):
            return settings.isDurable && host(name)?.exchanges[exchange] == nil
        case .deleteExchange(let name, let exchange, _):
            return host(name)?.exchanges[exchange]?.settings.isDurable == true
        case .declareQueue(let name, let queue, let settings):
            return settings.isDurable && settings.exclusiveOwner == nil && host(name)?.queues[queue] == nil
        case .deleteQueue(let name, let queue, _): return host(name)?.queues[queue]?.isDurable == true
        case .bind(let name, let exchange, let binding):
            return isDurable(binding, of: exchange, in: name) && host(name)?.exchanges[exchange]?.has(binding) == false
        case .unbind(let name, let exchange, let binding): return isDurable(binding, of: exchange, in: name)
        }
    }

    func journal(_ change: TopologyChange, index: UInt64) {
        if isRewriting { changedMeanwhile.append((index, change)) }
        write(change, index: index)
    }

    func write(_ change: TopologyChange, index: UInt64) {
        let bytes = TopologyRecord.encode(change, index: index)
        let target = journal.append(kind: RecordKind.topology.rawValue, byteCount: bytes.count)
        bytes.withUnsafeBytes { source in
            // A change has at least its index.
            if let start = source.baseAddress { target.copyMemory(from: start, byteCount: source.count) }
        }
        topologyWritten = journal.appended
    }

    /// Writes down which durable exchanges went because what they were bound to did: replaying might not see why.
    /// Returns whether any did.
    func journalCascade() -> Bool {
        var hasAny = false
        for host in virtualHosts.values where !host.gone.isEmpty {  // order-free: a change concerns one of them
            let gone = host.gone
            host.gone = []
            guard journal.keepsBytes else { continue }
            for name in gone where host.exchanges[name] == nil {
                journal(.deleteExchange(virtualHost: host.name, name: name, ifUnused: false), index: topologyIndex)
                hasAny = true
            }
        }
        return hasAny
    }
}
