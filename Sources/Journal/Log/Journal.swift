/// One node's journal: what must outlive the node, in the order in which it happened, and how much of it is safe.
///
/// The loop appends during a tick and flushes at its end. While one batch is being written the next gathers, so that one
/// sync serves every queue, channel and transaction that came meanwhile. Whoever waits for durability remembers
/// ``appended`` and looks for ``durable`` to reach it.
public struct Journal {
    /// How much a segment holds, at least, before the next one is begun.
    public static let segmentBytes = 32 << 20

    private let storage: any Storage
    private let segmentLimit: Int
    /// Whether records are kept: where they are not, nothing need be appended.
    public let keepsBytes: Bool
    /// Everything appended ends here.
    public private(set) var appended: JournalPosition
    /// Everything before this survives.
    public private(set) var durable: JournalPosition
    /// The segment that the record appended last belongs to, and where the next batch begins in it.
    public private(set) var segment: UInt64
    private var offset = 0
    private var sequence: UInt64
    private var gathering = JournalBatch()
    private var spare: JournalBatch? = JournalBatch()
    private var isWriting = false
    /// Where the record that was appended last lies.
    public private(set) var location = JournalLocation.none
    /// Every record before this one has been written, so that it can be read back.
    public private(set) var readable = JournalLocation.none
    private var handedEnd = JournalLocation.none
    /// Why nothing is written any more.
    public private(set) var failure: StorageError?
    /// Bytes of all segments that have not been removed, in the order of their numbers.
    public private(set) var segmentSizes: [SegmentSize] = []

    /// A journal that goes on behind what was recovered from its storage, or begins.
    public init(
        storage: any Storage, after recovered: RecoveredJournal = RecoveredJournal(),
        segmentLimit: Int = Journal.segmentBytes
    ) {
        self.storage = storage
        self.segmentLimit = segmentLimit
        keepsBytes = storage.keepsBytes
        appended = recovered.end
        durable = recovered.end
        segment = recovered.lastSegment + 1
        sequence = recovered.nextSequence
        segmentSizes = recovered.segments
        // All that was read can be read again.
        readable = JournalLocation(segment: segment, offset: 0)
        handedEnd = readable
    }

    /// Adds a record, which goes to ``segment``, and returns where its payload belongs, valid until the next one is
    /// added. Only where bytes are kept.
    @inline(__always)
    public mutating func append(kind: UInt8, byteCount: Int) -> UnsafeMutableRawPointer {
        if gathering.isEmpty { beginBatch() }
        let before = gathering.byteCount
        location = JournalLocation(segment: segment, offset: offset &+ before)
        let payload = gathering.append(kind: kind, byteCount: byteCount)
        appended = JournalPosition(appended.rawValue + UInt64(gathering.byteCount - before))
        return payload
    }

    /// The segment that the next record will go to.
    public mutating func openSegment() -> UInt64 {
        if gathering.isEmpty, offset >= segmentLimit {
            segment += 1
            offset = 0
        }
        return segment
    }

    @inline(never)
    private mutating func beginBatch() {
        _ = openSegment()
        appended = JournalPosition(appended.rawValue + UInt64(JournalBatch.headerBytes))
    }

    /// Counts bytes that are not kept, so that those who wait for them wait for the storage all the same.
    public mutating func pass(byteCount: Int) {
        appended = JournalPosition(appended.rawValue + UInt64(max(byteCount, 1)))
    }

    /// Whether the storage can take a batch.
    public var isIdle: Bool { !isWriting && failure == nil }
    /// Whether something waits to be handed to the storage.
    public var hasUnwritten: Bool { !isWriting && failure == nil && written < appended }
    /// Memory of what has not reached the storage yet, in bytes.
    public var pendingBytes: Int {
        (gathering.isEmpty ? 0 : gathering.byteCount) + (isWriting && keepsBytes ? handedBytes : 0)
    }
    private var handedBytes = 0
    /// Whether something is being written or waits to be.
    public var isBusy: Bool { failure == nil && (isWriting || durable < appended) }
    /// Everything up to here has been handed over.
    private var written: JournalPosition { isWriting ? handedOver : durable }
    private var handedOver = JournalPosition.zero

    /// The batch to hand to the storage: nil while one is under way or nothing has been appended.
    public mutating func beginFlush() -> (storage: any Storage, batch: JournalBatch)? {
        guard hasUnwritten else { return nil }
        isWriting = true
        handedOver = appended
        let batch = gathering
        gathering = spare ?? JournalBatch()
        spare = nil
        if keepsBytes {
            if offset == 0 { segmentSizes.append(SegmentSize(segment: segment, bytes: 0)) }
            batch.close(
                segment: segment, offset: offset, sequence: sequence,
                position: appended.rawValue - UInt64(batch.byteCount), durable: durable.rawValue)
            sequence += 1
            handedBytes = batch.byteCount
            offset += batch.byteCount
            handedEnd = JournalLocation(segment: segment, offset: offset)
            segmentSizes[segmentSizes.count - 1].bytes = offset
        }
        return (storage, batch)
    }

    /// Takes the storage's answer for the batch that was under way.
    public mutating func completed(_ batch: JournalBatch, _ error: StorageError?) {
        isWriting = false
        batch.reset()
        spare = batch
        if let error {
            failure = failure ?? error
        } else {
            durable = handedOver
            readable = handedEnd
        }
    }

    /// Gives up the oldest segments up to one.
    public mutating func removeSegments(through last: UInt64) {
        while let oldest = segmentSizes.first, oldest.segment <= last, oldest.segment < segment {
            segmentSizes.removeFirst()
            storage.remove(segment: oldest.segment)
        }
    }

    /// Bytes in all segments.
    public var byteCount: Int { segmentSizes.reduce(0) { $0 + $1.bytes } }
}
