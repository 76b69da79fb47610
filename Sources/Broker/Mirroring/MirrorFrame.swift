internal import Journal

/// What the leader of a mirrored queue and its mirrors say to each other. The group of their frames is the queue's id, and
/// each begins with the epoch 8, the number of the leader's session with this mirror 8, and where in the metadata it is
/// known that this is a mirror 8. Numbers are little-endian.
struct MirrorHeader {
    static let byteCount = 24

    let epoch: UInt64
    let session: UInt64
    let index: UInt64

    init(epoch: UInt64, session: UInt64, index: UInt64) {
        self.epoch = epoch
        self.session = session
        self.index = index
    }

    init?(_ payload: UnsafeRawBufferPointer) {
        guard let epoch = payload.number(at: 0), let session = payload.number(at: 8), let index = payload.number(at: 16)
        else { return nil }
        self.init(epoch: epoch, session: session, index: index)
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.appendNumber(epoch)
        bytes.appendNumber(session)
        bytes.appendNumber(index)
    }
}

/// How a session begins: the number of the last operation that the mirror is not sent 8, the highest sequence that has
/// been delivered 8, whether the mirror keeps what it has 1, and if so which sequences the leader holds, as ranges of the
/// first 8 and the last 8.
struct MirrorBegin {
    let operation: UInt64
    let deliveredUpTo: UInt64
    /// Nil where the mirror begins with nothing.
    let held: [ClosedRange<UInt64>]?

    func encode(into bytes: inout [UInt8]) {
        bytes.appendNumber(operation)
        bytes.appendNumber(deliveredUpTo)
        bytes.append(held == nil ? 0 : 1)
        MirrorRanges.encode(held ?? [], into: &bytes)
    }

    init(operation: UInt64, deliveredUpTo: UInt64, held: [ClosedRange<UInt64>]?) {
        self.operation = operation
        self.deliveredUpTo = deliveredUpTo
        self.held = held
    }

    init?(_ payload: UnsafeRawBufferPointer) {
        guard let operation = payload.number(at: 0), let delivered = payload.number(at: 8), payload.count > 16,
            let ranges = MirrorRanges.decode(payload.dropFirst(17))
        else { return nil }
        self.init(operation: operation, deliveredUpTo: delivered, held: payload[16] == 0 ? nil : ranges)
    }
}

/// Sequences as ranges.
enum MirrorRanges {
    static func encode(_ ranges: [ClosedRange<UInt64>], into bytes: inout [UInt8]) {
        for range in ranges {
            bytes.appendNumber(range.lowerBound)
            bytes.appendNumber(range.upperBound)
        }
    }

    /// Nil where the bytes make none that ascend.
    static func decode(_ payload: UnsafeRawBufferPointer) -> [ClosedRange<UInt64>]? {
        guard payload.count.isMultiple(of: 16) else { return nil }
        var ranges: [ClosedRange<UInt64>] = []
        for place in stride(from: 0, to: payload.count, by: 16) {
            guard let first = payload.number(at: place), let last = payload.number(at: place + 8), first <= last,
                last >> 62 == 0, ranges.last.map({ $0.upperBound < first }) ?? true
            else { return nil }
            ranges.append(first...last)
        }
        return ranges
    }
}

/// What happens to a mirrored queue, in the order in which it happens at its leader; each with its number 8 and its kind 1.
enum MirrorOperation {
    enum Kind: UInt8 {
        /// A message comes: see `Message`, then the message as `MessageRecord` has it without what is known in memory only;
        /// of a body in chunks without the body's id and table, which `chunk`s follow.
        case message = 1
        /// Messages end: how many 4, and the sequence of each 8.
        case ended = 2
        /// All messages of a range end: the first sequence 8 and the last 8.
        case endedRange = 3
        /// All up to a sequence 8 have been delivered at least once.
        case delivered = 4
        /// The next part of the body of the message before: its size 4 and its bytes.
        case chunk = 5
    }

    /// What precedes a message: its sequence 8, when it expires by the wall clock 8 in nanoseconds since 1970, flags 1 (1
    /// delivered before, 2 persistent), and the size of what follows 4.
    struct Message {
        static let byteCount = 21

        let sequence: UInt64
        let wallExpiry: UInt64
        let flags: UInt8
        let size: Int

        func encode(into bytes: inout [UInt8]) {
            bytes.appendNumber(sequence)
            bytes.appendNumber(wallExpiry)
            bytes.append(flags)
            bytes.appendNumber(UInt32(size))
        }

        init(sequence: UInt64, wallExpiry: UInt64, flags: UInt8, size: Int) {
            self.sequence = sequence
            self.wallExpiry = wallExpiry
            self.flags = flags
            self.size = size
        }

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= Self.byteCount, let sequence = bytes.number(at: 0), sequence >> 62 == 0,
                let wallExpiry = bytes.number(at: 8)
            else { return nil }
            self.init(
                sequence: sequence, wallExpiry: wallExpiry, flags: bytes[16],
                size: Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 17, as: UInt32.self))))
        }
    }
}
