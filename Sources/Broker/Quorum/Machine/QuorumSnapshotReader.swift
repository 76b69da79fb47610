internal import DequeModule

extension QuorumMachine {
    /// The state that a snapshot holds, with these limits where it names none. Throws where the bytes make none.
    init(snapshot: [UInt8], limits: QuorumLimits) throws(QuorumSnapshotError) {
        var reader = QuorumSnapshotReader(snapshot)
        self.init(limits: limits)
        switch try reader.number(UInt32.self) {
        case QuorumSnapshot.formatWithoutLimits: break
        case QuorumSnapshot.format:
            let bytes = try reader.bytes(QuorumLimits.byteCount)
            guard let limits = bytes.withUnsafeBytes({ QuorumLimits($0) }) else { throw reader.error("the limits") }
            self.limits = limits
        default: throw reader.error("another format")
        }
        now = try reader.number()
        for field in QuorumTotals.fields { totals[keyPath: field] = try reader.number() }
        for _ in 0..<(try reader.number(UInt32.self)) { try readOrigin(&reader) }
        guard exclusiveCount == 0 || consumerCount == 1 else { throw reader.error("an exclusive consumer not alone") }
        try readRound(&reader)
        for _ in 0..<(try reader.number(UInt64.self)) { returned.append(try readReady(&reader)) }
        for _ in 0..<(try reader.number(UInt64.self)) { ready.append(try readReady(&reader)) }
        reader.finish(&batches)
        guard reader.isAtEnd else { throw reader.error("more bytes than it has parts") }
    }

    private mutating func readOrigin(_ reader: inout QuorumSnapshotReader) throws(QuorumSnapshotError) {
        let node: UInt32 = try reader.number()
        let incarnation: UInt64 = try reader.number()
        let next: UInt64 = try reader.number()
        let floor: UInt64 = try reader.number()
        var stored: Deque<QuorumOrigin.Stored> = []
        for _ in 0..<(try reader.number(UInt32.self)) {
            let number: UInt64 = try reader.number()
            let raw: UInt8 = try reader.number()
            let kind = QuorumAnswer(rawValue: raw)
            guard kind != nil || raw == 0 else { throw reader.error("an unknown answer") }
            stored.append(
                QuorumOrigin.Stored(
                    number: number, kind: kind, value: try reader.number(), second: try reader.number()))
        }
        guard node > origins.last?.node ?? 0,
            let origin = QuorumOrigin(node: node, incarnation: incarnation, next: next, floor: floor, stored: stored)
        else { throw reader.error("a node out of order, or its answers") }
        origins.append(origin)
        for _ in 0..<(try reader.number(UInt32.self)) { try readConsumer(of: origin, &reader) }
    }

    private mutating func readConsumer(
        of origin: QuorumOrigin, _ reader: inout QuorumSnapshotReader
    ) throws(QuorumSnapshotError) {
        typealias Flags = QuorumSnapshot.ConsumerFlags
        let id: UInt64 = try reader.number()
        let nextSequence: UInt64 = try reader.number()
        guard nextSequence >= 1, nextSequence <= QuorumBatch.numberLimit else { throw reader.error("a sequence") }
        let prefetch: UInt32 = try reader.number()
        let priority: Int32 = try reader.number()
        let flags: UInt8 = try reader.number()
        let tag = try reader.bytes(Int(try reader.number(UInt8.self)))
        let consumer = QuorumConsumer(
            node: origin.node, incarnation: origin.incarnation, id: id, tag: Array(tag), prefetch: prefetch,
            isExclusive: flags & Flags.exclusive != 0, isAutomaticAck: flags & Flags.automaticAck != 0,
            priority: priority, isForGets: flags & Flags.forGets != 0)
        consumer.isCancelled = flags & Flags.cancelled != 0
        consumer.nextSequence = nextSequence
        if let before = origin.consumers.last, before.id >= id { throw reader.error("a consumer out of order") }
        origin.add(consumer)
        if consumer.isListed {
            consumerCount += 1
            if consumer.isExclusive { exclusiveCount += 1 }
        }
        var before: UInt64 = 0
        for _ in 0..<(try reader.number(UInt64.self)) {
            let sequence: UInt64 = try reader.number()
            guard sequence > before, sequence < nextSequence else { throw reader.error("a delivery out of order") }
            before = sequence
            let entry = try readEntry(&reader)
            consumer.held.append(entry, sequence)
            unackedCount += 1
            unackedBytes += Int(entry.bodyBytes)
        }
    }

    private mutating func readRound(_ reader: inout QuorumSnapshotReader) throws(QuorumSnapshotError) {
        for _ in 0..<(try reader.number(UInt32.self)) {
            let node: UInt32 = try reader.number()
            let id: UInt64 = try reader.number()
            guard let consumer = origin(node)?.consumer(id), consumer.isListed, consumer.hasCredit, !consumer.isInRound
            else {
                throw reader.error("a round of others than its consumers")
            }
            consumer.isInRound = true
            round.append(consumer)
        }
        for origin in origins {
            // order-free: an array
            for consumer in origin.consumers where consumer.isListed && consumer.hasCredit && !consumer.isInRound {
                throw reader.error("a consumer left out of the round")
            }
        }
    }

    private mutating func readReady(_ reader: inout QuorumSnapshotReader) throws(QuorumSnapshotError) -> QuorumEntry {
        let entry = try readEntry(&reader)
        readyBytes += Int(entry.bodyBytes)
        return entry
    }

    private mutating func readEntry(_ reader: inout QuorumSnapshotReader) throws(QuorumSnapshotError) -> QuorumEntry {
        let entry = try reader.entry(&batches)
        messageBytes += Int(entry.byteCount)
        if entry.expiry != QuorumEntry.never { hasExpiring = true }
        return entry
    }
}

/// Takes fields off a snapshot, and puts its messages into batches of their own.
private struct QuorumSnapshotReader {
    private let snapshot: [UInt8]
    private var place = 0
    /// The piece that messages are gathered in, and its place in the table, where it stands empty until it is full.
    private var piece: [UInt8] = []
    private var slot: UInt32?

    init(_ snapshot: [UInt8]) { self.snapshot = snapshot }

    var isAtEnd: Bool { place == snapshot.count }

    func error(_ what: String) -> QuorumSnapshotError { QuorumSnapshotError(what: "\(what), before octet \(place)") }

    mutating func bytes(_ count: Int) throws(QuorumSnapshotError) -> ArraySlice<UInt8> {
        guard count <= snapshot.count - place else { throw error("it ends too early") }
        defer { place += count }
        return snapshot[place..<place + count]
    }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(QuorumSnapshotError) -> Number {
        let size = MemoryLayout<Number>.size
        guard size <= snapshot.count - place else { throw error("it ends too early") }
        defer { place += size }
        return snapshot.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
    }

    mutating func entry(_ table: inout QuorumBatchTable) throws(QuorumSnapshotError) -> QuorumEntry {
        let size: UInt32 = try number()
        let deliveryCount: UInt32 = try number()
        let expiry: UInt64 = try number()
        let flags: UInt32 = try number()
        let message = try bytes(Int(size))
        let shape = message.withUnsafeBytes { MessageRecord.shape(journaled: $0) }
        guard let shape, !shape.isChunked, flags & ~QuorumEntry.persistent == 0 else {
            throw error("a message that is none")
        }
        if !piece.isEmpty, piece.count + message.count > QuorumSnapshot.pieceBytes { finish(&table) }
        let slot = self.slot ?? table.addEmpty()
        self.slot = slot
        table.retain(slot)
        defer { piece += message }
        return QuorumEntry(
            batch: slot, offset: UInt32(piece.count), byteCount: size, bodyBytes: UInt32(shape.bodyBytes),
            expiry: expiry, deliveryCount: deliveryCount, flags: flags)
    }

    /// The piece is complete.
    mutating func finish(_ table: inout QuorumBatchTable) {
        guard let slot else { return }
        table.fill(slot, with: piece)
        table.release(slot)
        piece = []
        self.slot = nil
    }
}
