/// Records in anonymous memory: a log cut into segments, each freed when the last record in it is released.
///
/// A record counts its references, so that a body is held once however many queues it was routed to. Allocation is
/// a bump of an offset. When the last live record of the segment being filled goes, filling starts at its
/// beginning again: a queue whose consumers keep up stays in a few warm cache lines.
///
/// Not thread-safe: it belongs to one node's loop.
public final class VolatileSegments {
    /// Bytes of an ordinary segment, a little over a MiB so that four pieces of a quarter fit with their headers; a larger
    /// record gets a segment of its own.
    public static let segmentBytes = 1 << 20 + 4096
    /// Empty segments kept for reuse instead of being given back to the system.
    static let sparesKept = 8
    @usableFromInline static let headerBytes = 8

    @usableFromInline
    struct Segment {
        @usableFromInline var base: UnsafeMutableRawPointer?
        @usableFromInline var capacity: Int
        @usableFromInline var used: Int
        @usableFromInline var live: Int
    }

    @exclusivity(unchecked) @usableFromInline var segments: UnsafeMutablePointer<Segment>
    private var slotCapacity: Int
    private(set) var slotCount = 0
    private var freeSlots: [Int] = []
    private var spares: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) @usableFromInline var active: Int

    /// Memory held, spare segments included, in bytes.
    public private(set) var residentBytes = 0

    /// Memory that records keep from being used otherwise, in bytes.
    public var occupiedBytes: Int { residentBytes - spares.count * Self.segmentBytes }

    /// Records and parts of bodies that somebody holds.
    public var liveRecords: Int { (0..<slotCount).reduce(0) { $0 + segments[$1].live } }

    /// Empty, with one segment ready.
    public init() {
        slotCapacity = 16
        segments = .allocate(capacity: slotCapacity)
        active = 0
        active = openSegment(capacity: Self.segmentBytes)
    }

    deinit {
        for slot in 0..<slotCount {
            if let base = segments[slot].base { AnonymousMemory.free(base, segments[slot].capacity) }
        }
        for spare in spares { AnonymousMemory.free(spare, Self.segmentBytes) }
        segments.deallocate()
    }

    /// Makes room for a record of `byteCount` bytes, held by one reference. The bytes are not initialised.
    @inlinable
    public func allocate(_ byteCount: Int) -> RecordPosition {
        let size = (byteCount + Self.headerBytes + 7) & ~7
        if segments[active].used + size > segments[active].capacity { makeRoom(size) }
        let slot = active
        let offset = segments[slot].used
        segments[slot].used = offset + size
        segments[slot].live += 1
        // The segment being filled always has memory.
        (segments[slot].base.unsafelyUnwrapped + offset).storeBytes(of: 1, as: UInt32.self)
        return RecordPosition(segment: slot, offset: offset)
    }

    /// The record's bytes, valid until its last release.
    @inlinable
    public func bytes(of record: RecordPosition) -> UnsafeMutableRawPointer {
        // A position is handed out with its memory and ends with it.
        segments[record.segment].base.unsafelyUnwrapped + record.offset + Self.headerBytes
    }

    /// Adds `count` references.
    @inlinable
    public func retain(_ record: RecordPosition, by count: UInt32 = 1) {
        let header = bytes(of: record) - Self.headerBytes
        header.storeBytes(of: header.load(as: UInt32.self) &+ count, as: UInt32.self)
    }

    /// How many references hold the record.
    @inlinable
    public func references(to record: RecordPosition) -> UInt32 {
        (bytes(of: record) - Self.headerBytes).load(as: UInt32.self)
    }

    /// Drops one reference; with the last one the record is gone.
    @inlinable
    public func release(_ record: RecordPosition) {
        let header = bytes(of: record) - Self.headerBytes
        let references = header.load(as: UInt32.self) &- 1
        header.storeBytes(of: references, as: UInt32.self)
        if references == 0 {
            let slot = record.segment
            segments[slot].live -= 1
            if segments[slot].live == 0 { emptied(slot) }
        }
    }

    @usableFromInline
    func emptied(_ slot: Int) {
        if slot == active {
            segments[slot].used = 0
        } else {
            close(slot)
        }
    }

    @usableFromInline @inline(never)
    func makeRoom(_ size: Int) {
        let previous = active
        active = openSegment(capacity: max(size, Self.segmentBytes))
        if segments[previous].live == 0 { close(previous) }
    }

    private func openSegment(capacity: Int) -> Int {
        let base: UnsafeMutableRawPointer
        if capacity == Self.segmentBytes, let spare = spares.popLast() {
            base = spare
        } else {
            base = AnonymousMemory.allocate(capacity)
            residentBytes += capacity
        }
        let slot = freeSlots.popLast() ?? newSlot()
        segments[slot] = Segment(base: base, capacity: capacity, used: 0, live: 0)
        return slot
    }

    private func newSlot() -> Int {
        if slotCount == slotCapacity {
            let grown = UnsafeMutablePointer<Segment>.allocate(capacity: slotCapacity * 2)
            grown.moveInitialize(from: segments, count: slotCount)
            segments.deallocate()
            segments = grown
            slotCapacity *= 2
        }
        slotCount += 1
        segments.advanced(by: slotCount - 1).initialize(
            to: Segment(base: nil, capacity: 0, used: 0, live: 0))
        return slotCount - 1
    }

    private func close(_ slot: Int) {
        guard let base = segments[slot].base else { return }
        if segments[slot].capacity == Self.segmentBytes, spares.count < Self.sparesKept {
            spares.append(base)
        } else {
            AnonymousMemory.free(base, segments[slot].capacity)
            residentBytes -= segments[slot].capacity
        }
        segments[slot] = Segment(base: nil, capacity: 0, used: 0, live: 0)
        freeSlots.append(slot)
    }
}
