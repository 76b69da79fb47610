internal import AMQP
internal import Journal

/// Writing down what must survive: persistent messages in durable queues, their ends, the durable topology.
extension Node {
    // MARK: Messages

    /// Writes down a message that has just been put into queues, some of which are durable. One record, however many.
    @inline(__always)
    func journal(_ record: RecordPosition, in routed: [ClassicQueue], durable: Int, expiry: UInt64) {
        let bytes = segments.bytes(of: record)
        let shape = MessageRecord.shape(of: bytes)
        // A large body goes ahead of its message, if it has not already.
        if shape.isChunked { journalChunks(of: record, shape) }
        let count = shape.journaledBytes
        let prefix = transactionNumber == nil ? 0 : 8
        var target = journal.append(
            kind: (transactionNumber == nil ? RecordKind.publish : .transactionPublish).rawValue,
            byteCount: prefix + 16 + durable * MessageName.byteCount + count)
        if let transactionNumber { target.storeBytes(of: transactionNumber.littleEndian, as: UInt64.self) }
        target += prefix
        writePublish(target, wallExpiry: wallExpiry(expiry), names: durable, messageBytes: count)
        target += 16
        for queue in routed where queue.isDurable {
            MessageName(queue: queue.id, sequence: queue.lastSequence).write(target)
            target += MessageName.byteCount
        }
        target.copyMemory(from: bytes + MessageRecord.memoryBytes, byteCount: count)
        MessageRecord.setLocation(journal.location, of: bytes)
        segmentUse.add(durable, to: journal.segment)
        keptBytes += durable * Self.keptBytes(shape.isChunked ? 0 : shape.bodyBytes)
    }

    /// Writes a message down that does not survive, so that it can leave memory; nil where so much waits for the disk that
    /// not all of it could be written.
    func spill(_ entry: QueueEntry, of queue: ClassicQueue) -> QueueEntry? {
        let bytes = segments.bytes(of: entry.record)
        let shape = MessageRecord.shape(of: bytes)
        if shape.isChunked {
            guard journalChunks(of: entry.record, shape, pendingBytes: Limits.rewritingPendingBytes) else { return nil }
            // Nothing but its parts leaves memory: what says where they are stays, and its location says when they may.
            MessageRecord.setLocation(journal.location, of: bytes)
            var spilled = entry
            spilled.flags |= QueueEntry.chunked
            return spilled
        }
        // What lies in other queues too stays: the record says where one message of one queue is.
        guard segments.references(to: entry.record) == 1 else { return entry }
        let count = shape.journaledBytes
        let target = journal.append(
            kind: RecordKind.transient.rawValue, byteCount: 16 + MessageName.byteCount + count)
        writePublish(target, wallExpiry: wallExpiry(entry.expiry), names: 1, messageBytes: count)
        MessageName(queue: queue.id, sequence: entry.sequence).write(target + 16)
        (target + 16 + MessageName.byteCount).copyMemory(from: bytes + MessageRecord.memoryBytes, byteCount: count)
        MessageRecord.setLocation(journal.location, of: bytes)
        segmentUse.add(1, to: journal.segment)
        keptBytes += Self.keptBytes(entry)
        return entry.spilled(to: journal.location)
    }

    func writePublish(_ target: UnsafeMutableRawPointer, wallExpiry: UInt64, names: Int, messageBytes: Int) {
        target.storeBytes(of: wallExpiry.littleEndian, as: UInt64.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: names).littleEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: UInt32(truncatingIfNeeded: messageBytes).littleEndian, toByteOffset: 12, as: UInt32.self)
    }

    @inline(__always)
    func wallExpiry(_ expiry: UInt64) -> UInt64 {
        expiry == QueueEntry.never ? expiry : expiry &+ configuration.clockOffset
    }

    /// Ends a message of a queue: nobody needs it there any more.
    @inline(__always)
    func drop(_ entry: QueueEntry, of queue: ClassicQueue) {
        if let mirrors = queue.mirrors, entry.flags & QueueEntry.relayed == 0 { mirrors.ended(entry) }
        if entry.isJournaled { noteEnd(entry, queue) }
        if !entry.isCold { release(entry.record) }
    }

    /// The same for one whose end is written down already, with those of many.
    @inline(__always)
    func forget(_ entry: QueueEntry) {
        if entry.isJournaled { noLongerKept(entry) }
        if !entry.isCold { release(entry.record) }
    }

    @inline(never)
    private func noteEnd(_ entry: QueueEntry, _ queue: ClassicQueue) {
        noLongerKept(entry)
        // A deleted queue's messages end with it.
        guard !queue.isDeleted, entry.survives else { return }
        let name = MessageName(queue: queue.id, sequence: entry.sequence)
        if transactionNumber == nil { ended.append(name) } else { transactionEnded.append(name) }
    }

    @inline(__always)
    func noLongerKept(_ entry: QueueEntry) {
        segmentUse.remove(from: entry.segment)
        keptBytes -= Self.keptBytes(entry)
    }

    /// What a message takes in the journal, about.
    @inline(__always)
    static func keptBytes(_ bodyBytes: Int) -> Int { bodyBytes + 128 }

    /// The same of a message in a queue; chunks are counted for themselves.
    @inline(__always)
    static func keptBytes(_ entry: QueueEntry) -> Int {
        keptBytes(entry.flags & QueueEntry.chunked != 0 ? 0 : Int(entry.bodyBytes))
    }

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

    // MARK: Deliveries

    /// Remembers that a message which is written down has been delivered and not settled.
    @inline(__always)
    func noteDelivered(_ entry: QueueEntry, of queue: ClassicQueue) {
        if let mirrors = queue.mirrors { mirrors.delivered(upTo: entry.sequence) }
        guard entry.survives, entry.sequence > queue.deliveredUpTo else { return }
        queue.deliveredUpTo = entry.sequence
        if !queue.isDeliveryNoted {
            queue.isDeliveryNoted = true
            deliveredQueues.append(queue)
        }
    }

    /// Writes down how far queues have delivered, where somebody still holds something: after a crash that is redelivered.
    func journalDeliveries() {
        guard !deliveredQueues.isEmpty else { return }
        for queue in deliveredQueues {
            queue.isDeliveryNoted = false
            guard queue.unackedCount > 0 || !queue.returned.isEmpty, !queue.isDeleted else { continue }
            MessageName(queue: queue.id, sequence: queue.deliveredUpTo).write(
                journal.append(kind: RecordKind.delivered.rawValue, byteCount: MessageName.byteCount))
        }
        deliveredQueues.removeAll(keepingCapacity: true)
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
        case .setPolicy(let name, let policy): return host(name).map { $0.policies[policy.name] != policy } ?? false
        case .clearPolicy(let name, let policy): return host(name)?.policies[policy] != nil
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
