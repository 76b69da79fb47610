internal import CJournal

/// What is known of a journal after it has been read.
public struct RecoveredJournal: Hashable, Sendable {
    /// The position behind the last whole batch.
    public var end = JournalPosition.zero
    /// The segment with the highest number; 0 where there is none.
    public var lastSegment: UInt64 = 0
    /// The sequence of the next batch.
    public var nextSequence: UInt64 = 1
    /// Bytes in use of each segment, by number.
    public var segments: [SegmentSize] = []
    /// What had to be left out because it was damaged; only where that was allowed.
    public var damage: [JournalDamage] = []

    /// A journal that has not begun.
    public init() {}
}

/// A segment and the bytes in use of it.
public struct SegmentSize: Hashable, Sendable {
    /// Its number.
    public var segment: UInt64
    /// Bytes in use.
    public var bytes: Int

    /// A segment of so many bytes.
    public init(segment: UInt64, bytes: Int) {
        self.segment = segment
        self.bytes = bytes
    }
}

/// A place where durable bytes are not what was written.
public struct JournalDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// The segment.
    public var segment: UInt64
    /// The first byte of the batch that cannot be read.
    public var offset: Int
    /// What is wrong with it.
    public var reason: String

    /// What is wrong, and where.
    public init(segment: UInt64, offset: Int, reason: String) {
        self.segment = segment
        self.offset = offset
        self.reason = reason
    }

    /// There is no journal any more where there was one.
    public static let gone = JournalDamage(segment: 0, offset: 0, reason: "the journal is gone")

    /// Where and what.
    public var description: String { segment == 0 ? reason : "segment \(segment), offset \(offset): \(reason)" }
}

/// One record as it is read.
public struct JournalRecord {
    /// What it is about; the journal's owner numbers kinds.
    public let kind: UInt8
    /// Its bytes, valid during the call.
    public let payload: UnsafeRawBufferPointer
    /// Where it lies.
    public let location: JournalLocation
}

/// Reads segments in order and gives out their records. Pure: bytes in, records out, so that any bytes can be tried.
///
/// A batch is written only when all before it are durable. So what cannot be read is the torn end of the journal where
/// no whole batch comes after it, and damage where one does, or where a batch says that more was durable.
public struct JournalReader {
    private(set) var recovered = RecoveredJournal()
    private let salvages: Bool
    /// Where the journal cannot be read any further: its torn end, unless a whole batch follows.
    private var torn: JournalDamage?
    private var highestDurable: UInt64 = 0
    private var isFirst = true

    /// A reader that stops at damage, or leaves it out where it is told to save what there is.
    public init(salvages: Bool = false) { self.salvages = salvages }

    /// Reads the next segment; numbers ascend. Returns how many bytes at its beginning are whole: what follows is to be
    /// cut off once everything has been read. Throws where durable bytes are damaged.
    public mutating func read(
        segment: UInt64, _ bytes: UnsafeRawBufferPointer, _ visit: (JournalRecord) -> Void
    ) throws(JournalDamage) -> Int {
        var offset = 0
        var whole = 0
        while offset < bytes.count {
            let problem: String
            switch batch(at: offset, of: bytes, segment) {
            case .whole(let header):
                try follow(header, segment, offset)
                records(of: header, at: offset, of: bytes, segment, visit)
                offset += header.byteCount
                whole = offset
                continue
            case .none(let reason): problem = reason
            }
            // Nothing but zeros is the room that nothing was written to.
            if Self.isZero(bytes, from: offset) { break }
            let damage = JournalDamage(segment: segment, offset: offset, reason: problem)
            guard let next = nextBatch(after: offset, of: bytes, segment) else {
                if torn == nil { torn = damage }
                break
            }
            guard salvages else { throw damage }
            recovered.damage.append(damage)
            offset = next
        }
        recovered.lastSegment = segment
        recovered.segments.append(SegmentSize(segment: segment, bytes: whole))
        return whole
    }

    /// What is known when all segments have been read. Throws where more was durable than could be read.
    public mutating func finish() throws(JournalDamage) -> RecoveredJournal {
        if highestDurable > recovered.end.rawValue {
            let damage =
                torn
                ?? JournalDamage(segment: recovered.lastSegment, offset: 0, reason: "the end of the journal is missing")
            guard salvages else { throw damage }
            recovered.damage.append(damage)
        }
        return recovered
    }

    private struct Header {
        var byteCount: Int
        var recordCount: Int
        var sequence: UInt64
        var position: UInt64
        var durable: UInt64
    }

    private enum Found {
        case whole(Header)
        case none(String)
    }

    private func batch(at offset: Int, of bytes: UnsafeRawBufferPointer, _ segment: UInt64) -> Found {
        guard bytes.count - offset >= JournalBatch.headerBytes else { return .none("less than a batch's header") }
        func word(_ place: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + place, as: UInt32.self))
        }
        func long(_ place: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + place, as: UInt64.self))
        }
        guard word(0) == JournalBatch.magic else { return .none("no batch begins here") }
        let size = Int(word(8))
        guard size >= JournalBatch.headerBytes, size % 8 == 0, size <= bytes.count - offset else {
            return .none("a batch of \(size) bytes where there are \(bytes.count - offset)")
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + size])
        guard cjournal_crc32c(0, rest.baseAddress, rest.count) == word(4) else { return .none("the checksum is wrong") }
        // Counts that nobody has reached: what was added to them would not fit.
        guard long(24) >> 62 == 0, long(32) >> 62 == 0 else { return .none("a batch with impossible counts") }
        guard long(16) == segment else { return .none("a batch of segment \(long(16))") }
        return .whole(
            Header(
                byteCount: size, recordCount: Int(word(12)), sequence: long(24), position: long(32), durable: long(40)))
    }

    /// Checks that a batch follows the one before.
    private mutating func follow(_ header: Header, _ segment: UInt64, _ offset: Int) throws(JournalDamage) {
        if let torn {
            guard salvages else { throw torn }
            recovered.damage.append(torn)
            self.torn = nil
        } else if !isFirst, header.sequence != recovered.nextSequence, recovered.damage.last?.segment != segment {
            let damage = JournalDamage(
                segment: segment, offset: offset,
                reason:
                    "batch \(header.sequence) where \(recovered.nextSequence) should be: something between is missing")
            guard salvages else { throw damage }
            recovered.damage.append(damage)
        }
        isFirst = false
        recovered.nextSequence = header.sequence &+ 1
        recovered.end = JournalPosition(header.position &+ UInt64(header.byteCount))
        highestDurable = max(highestDurable, header.durable)
    }

    private func records(
        of header: Header, at offset: Int, of bytes: UnsafeRawBufferPointer, _ segment: UInt64,
        _ visit: (JournalRecord) -> Void
    ) {
        var place = offset + JournalBatch.headerBytes
        let end = offset + header.byteCount
        for _ in 0..<header.recordCount {
            guard end - place >= JournalBatch.recordHeaderBytes else { return }
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let size = JournalBatch.payloadBytes(word)
            let start = place + JournalBatch.recordHeaderBytes
            guard size <= end - start else { return }
            visit(
                JournalRecord(
                    kind: JournalBatch.kind(word),
                    payload: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]),
                    location: JournalLocation(segment: segment, offset: place)))
            place = (start + size + 7) & ~7
        }
    }

    /// The next whole batch of the segment behind a place, wherever it begins.
    private func nextBatch(after offset: Int, of bytes: UnsafeRawBufferPointer, _ segment: UInt64) -> Int? {
        var place = offset + 8
        while place + JournalBatch.headerBytes <= bytes.count {
            if UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)) == JournalBatch.magic,
                case .whole = batch(at: place, of: bytes, segment)
            {
                return place
            }
            place += 8
        }
        return nil
    }

    /// Whether there are nothing but zeros from a place on.
    static func isZero(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        var place = offset
        // By words: what was prepared is megabytes of them.
        while place + 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) != 0 { return false }
            place += 8
        }
        return bytes[place...].allSatisfy { $0 == 0 }
    }
}
