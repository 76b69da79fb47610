internal import Journal

/// The kinds of records in a node's journal. Numbers are little-endian.
///
/// A message is named by its queue's id and its sequence in it; a settlement ends the message of that name wherever its
/// record lies, before or behind. What a commit of many slices writes counts only if its `committed` record follows.
enum RecordKind: UInt8 {
    /// expiry 8 (nanoseconds since 1970, all ones for never), queues 4, message bytes 4, then for each queue its id 8 and
    /// the message's sequence in it 8 (its highest bit says that the message has been delivered), then the message (see
    /// `MessageRecord`; of a body in chunks the id).
    case publish = 1
    /// For each message its queue's id 8 and its sequence 8.
    case settle = 2
    /// For each range its queue's id 8, the first sequence 8 and the last 8: ready messages that were purged.
    case settleRange = 3
    /// The number of the transaction 8, then as `publish` and `settle`.
    case transactionPublish = 4
    case transactionSettle = 5
    /// The number of the transaction 8.
    case committed = 6
    /// A change of the topology; see `TopologyRecord`.
    case topology = 7
    /// A part of a large body: the body's id 8, which part 8, then its bytes. It counts once a publish names the body.
    case chunk = 8
    /// For each queue its id 8 and a sequence 8: all up to there have been delivered at least once. Like a settlement it
    /// concerns nothing that was published later, so it may go with what lies before it.
    case delivered = 9
    /// As `publish`: a message that does not survive and that memory had no room for. After a start it is nothing.
    case transient = 10
    /// The hard state of a Raft group and entries of its log; see `RaftRecord`.
    case raftWrite = 11
    /// A piece of a snapshot of a Raft group; see `RaftRecord`.
    case raftSnapshot = 12
    /// A queue's id 8: what was written of the queue before is nothing, and messages of the same names may follow.
    case begunAnew = 13
}

/// One message of one queue, as records name it.
struct MessageName: Hashable {
    static let byteCount = 16
    /// Bit in a written sequence: the message has been delivered before.
    static let deliveredBit: UInt64 = 1 << 63

    let queue: UInt64
    let sequence: UInt64

    @inline(__always)
    func write(_ target: UnsafeMutableRawPointer) {
        target.storeBytes(of: queue.littleEndian, as: UInt64.self)
        target.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
    }
}

/// A message's record in the journal, read in place.
struct PublishRecord {
    /// Nanoseconds since 1970, or `QueueEntry.never`.
    let wallExpiry: UInt64
    let nameCount: Int
    let shape: MessageRecord.Shape
    /// The message as `MessageRecord` has it, without what is known in memory only.
    let message: UnsafeRawBufferPointer
    private let payload: UnsafeRawBufferPointer

    /// Reads a record's payload, from which the number of a transaction has been taken; nil where it makes no sense.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard let wallExpiry = payload.number(at: 0), let sizes = payload.number(at: 8) else { return nil }
        let (names, messageBytes) = (Int(sizes & 0xFFFF_FFFF), Int(sizes >> 32))
        let start = 16 + names * MessageName.byteCount
        guard names > 0, payload.count - start == messageBytes,
            let shape = MessageRecord.shape(journaled: payload.dropFirst(start)),
            (0..<names).allSatisfy({ payload.name(at: 16 + $0 * MessageName.byteCount) != nil })
        else { return nil }
        self.wallExpiry = wallExpiry
        nameCount = names
        self.shape = shape
        message = payload.dropFirst(start)
        self.payload = payload
    }

    /// The same of a record that may be one of a transaction.
    init?(_ record: JournalRecord) {
        switch RecordKind(rawValue: record.kind) {
        case .publish?, .transient?: self.init(record.payload)
        case .transactionPublish?: self.init(record.payload.dropFirst(8))
        default: return nil
        }
    }

    /// One of the names, and whether the message had been delivered there.
    func name(_ index: Int) -> (name: MessageName, isDelivered: Bool) {
        // All of them are there.
        let name =
            payload.name(at: 16 + index * MessageName.byteCount) ?? MessageName(queue: 0, sequence: 0)
        return (
            MessageName(queue: name.queue, sequence: name.sequence & ~MessageName.deliveredBit),
            name.sequence & MessageName.deliveredBit != 0
        )
    }

    func names(_ name: MessageName) -> Bool { (0..<nameCount).contains { self.name($0).name == name } }
}

extension UnsafeRawBufferPointer {
    /// The number at a place; nil where there is not enough.
    func number(at place: Int) -> UInt64? {
        guard place >= 0, count - place >= 8 else { return nil }
        return UInt64(littleEndian: loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// The name of a message at a place.
    func name(at place: Int) -> MessageName? {
        guard let queue = number(at: place), let sequence = number(at: place + 8),
            // Counts that nobody has reached: what was added to them would not fit.
            queue >> 62 == 0, (sequence & ~MessageName.deliveredBit) >> 62 == 0
        else { return nil }
        return MessageName(queue: queue, sequence: sequence)
    }

    func dropFirst(_ bytes: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[Swift.min(bytes, count)...])
    }
}
