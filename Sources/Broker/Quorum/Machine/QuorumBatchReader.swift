/// The header of a batch.
struct QuorumBatchHeader {
    let node: UInt32
    let count: UInt32
    let incarnation: UInt64
    let first: UInt64
    let floor: UInt64
    let time: UInt64

    /// Nil where the bytes make none.
    init?(_ batch: UnsafeRawBufferPointer) {
        // Places in a batch are kept in 32 bits.
        guard batch.count >= QuorumBatch.headerBytes, batch.count <= Int(UInt32.max) else { return nil }
        node = UInt32(littleEndian: batch.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        count = UInt32(littleEndian: batch.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        incarnation = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        first = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        floor = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        time = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: QuorumBatch.timeOffset, as: UInt64.self))
        guard first >= 1, first < QuorumBatch.numberLimit else { return nil }
    }
}

/// One command of a batch, in place.
struct QuorumCommand {
    let kind: QuorumBatch.Kind
    let flags: UInt8
    let small: UInt16
    let size: UInt32
    /// Where what follows the first 8 octets lies in the batch, and how much it is.
    let offset: Int
    let byteCount: Int

    /// Behind its last octet.
    var end: Int { offset + byteCount }

    /// Reads the command at a place; nil where none fits.
    @inline(__always)
    init?(_ batch: UnsafeRawBufferPointer, at place: Int) {
        guard batch.count - place >= QuorumBatch.commandBytes else { return nil }
        let word = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        guard let kind = QuorumBatch.Kind(rawValue: UInt8(truncatingIfNeeded: word)) else { return nil }
        self.kind = kind
        flags = UInt8(truncatingIfNeeded: word >> 8)
        small = UInt16(truncatingIfNeeded: word >> 16)
        size = UInt32(truncatingIfNeeded: word >> 32)
        offset = place + QuorumBatch.commandBytes
        switch kind {
        case .enqueue: byteCount = Int(size) + (flags & QuorumBatch.Flags.expires != 0 ? 8 : 0)
        case .attach: byteCount = 12 + Int(small)
        case .detach, .end, .get, .nodeDown: byteCount = 8
        case .settle: byteCount = 8 + Int(size) * QuorumBatch.rangeBytes
        case .limit: byteCount = QuorumLimits.byteCount
        case .purge, .tick, .deleteIf: byteCount = 0
        }
        guard batch.count - offset >= byteCount else { return nil }
    }

    /// A number so far behind the first 8 octets.
    @inline(__always)
    func number(_ batch: UnsafeRawBufferPointer, at place: Int = 0) -> UInt64 {
        UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: offset + place, as: UInt64.self))
    }

    /// The limits of a command that has some.
    func limits(_ batch: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: batch[offset..<offset + QuorumLimits.byteCount])
    }

    // MARK: Of an enqueue

    var messageOffset: Int { flags & QuorumBatch.Flags.expires != 0 ? offset + 8 : offset }

    func message(_ batch: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: batch[messageOffset..<messageOffset + Int(size)])
    }

    /// The body's bytes of a message that is one.
    @inline(__always)
    func bodyBytes(_ batch: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: batch.loadUnaligned(fromByteOffset: messageOffset, as: UInt64.self))
    }

    // MARK: Of a settlement

    /// A range of it; nil where it names none.
    @inline(__always)
    func range(_ batch: UnsafeRawBufferPointer, _ index: Int) -> ClosedRange<UInt64>? {
        let place = offset + 8 + index * QuorumBatch.rangeBytes
        let first = UInt64(littleEndian: batch.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        let count = UInt32(littleEndian: batch.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self))
        guard count > 0, first > 0, first < QuorumBatch.numberLimit else { return nil }
        return first...first + UInt64(count) - 1
    }

    /// Whether every part of it makes sense, and its origin may say it.
    @inline(__always)
    func isPlausible(_ batch: UnsafeRawBufferPointer, ofLeader: Bool) -> Bool {
        switch kind {
        case .enqueue:
            guard !ofLeader, let shape = MessageRecord.shape(journaled: message(batch)) else { return false }
            return !shape.isChunked
        case .attach: return !ofLeader && small <= 255
        case .settle:
            guard !ofLeader, QuorumSettlement(rawValue: flags) != nil else { return false }
            for index in 0..<Int(size) where range(batch, index) == nil { return false }
            return true
        case .detach, .end, .get, .purge, .deleteIf: return !ofLeader
        case .nodeDown, .tick: return ofLeader
        case .limit: return ofLeader && QuorumLimits(limits(batch)) != nil
        }
    }
}

extension QuorumBatchHeader {
    /// Whether its commands follow it, each of them plausible, and nothing else.
    func isFollowedByCommands(_ batch: UnsafeRawBufferPointer) -> Bool {
        var place = QuorumBatch.headerBytes
        for _ in 0..<count {
            guard let command = QuorumCommand(batch, at: place), command.isPlausible(batch, ofLeader: node == 0) else {
                return false
            }
            place = command.end
        }
        return place == batch.count
    }
}
