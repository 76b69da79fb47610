internal import CJournal

/// Records that are written in one go and become durable together.
///
///     0   magic            4 octets
///     4   checksum         4 octets   CRC-32C of everything behind it
///     8   size             4 octets   of the batch, this header included; a multiple of 8
///     12  records          4 octets
///     16  segment          8 octets   so that a piece of another segment never passes for one of this
///     24  sequence         8 octets   counts batches; a gap is damage
///     32  position         8 octets   of the journal, where the batch begins
///     40  durable          8 octets   the position known to be durable when the batch was handed over
///     48  records: size 4, kind 1, checksum 3 (of the payload alone, for when the record is read by itself; 0 in what
///         format 1 wrote), payload, zeros up to a multiple of 8
///
/// Numbers are little-endian. Memory of its own, handed from the loop to whoever writes it.
public final class JournalBatch: @unchecked Sendable {
    /// "WRNJ".
    static let magic: UInt32 = 0x4A4E_5257
    static let headerBytes = 48
    static let recordHeaderBytes = 8
    static let firstCapacity = 1 << 16
    /// No record is longer: the largest message and what stands before it.
    static let recordBytesMax = 1 << 30

    @exclusivity(unchecked) private(set) var memory: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    /// Bytes in use, the header included.
    @exclusivity(unchecked) public private(set) var byteCount = JournalBatch.headerBytes
    /// Records in it.
    @exclusivity(unchecked) public private(set) var recordCount = 0
    /// The segment it belongs to.
    public internal(set) var segment: UInt64 = 0
    /// Where in the segment it begins.
    public internal(set) var offset = 0
    /// The position of the journal behind it.
    public internal(set) var end = JournalPosition.zero

    init() {
        capacity = Self.firstCapacity
        memory = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { memory.deallocate() }

    var isEmpty: Bool { recordCount == 0 }

    /// The bytes to write; sealed first.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: byteCount) }

    /// Adds a record and returns where its payload belongs, valid until the next one is added.
    @inline(__always)
    func append(kind: UInt8, byteCount payload: Int) -> UnsafeMutableRawPointer {
        let size = (Self.recordHeaderBytes + payload + 7) & ~7
        if byteCount + size > capacity { grow(size) }
        let record = memory + byteCount
        // The last word holds the padding.
        (record + size - 8).storeBytes(of: 0, as: UInt64.self)
        record.storeBytes(of: UInt64(UInt32(truncatingIfNeeded: payload)) | UInt64(kind) << 32, as: UInt64.self)
        byteCount += size
        recordCount += 1
        return record + Self.recordHeaderBytes
    }

    @inline(never)
    private func grow(_ size: Int) {
        capacity = max(capacity * 2, byteCount + size)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: memory, byteCount: byteCount)
        memory.deallocate()
        memory = larger
    }

    /// Fills the header, all but the checksum.
    func close(segment: UInt64, offset: Int, sequence: UInt64, position: UInt64, durable: UInt64) {
        self.segment = segment
        self.offset = offset
        end = JournalPosition(position + UInt64(byteCount))
        memory.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
        memory.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: UInt32(truncatingIfNeeded: byteCount).littleEndian, toByteOffset: 8, as: UInt32.self)
        memory.storeBytes(of: UInt32(truncatingIfNeeded: recordCount).littleEndian, toByteOffset: 12, as: UInt32.self)
        for (place, value) in [segment, sequence, position, durable].enumerated() {
            memory.storeBytes(of: value.littleEndian, toByteOffset: 16 + place * 8, as: UInt64.self)
        }
    }

    /// Adds the checksums: for whoever writes the batch, off the loop.
    public func seal() {
        var place = Self.headerBytes
        for _ in 0..<recordCount {
            let record = memory + place
            let header = UInt64(littleEndian: record.load(as: UInt64.self))
            let count = Self.payloadBytes(header)
            let payload = UnsafeRawBufferPointer(start: record + Self.recordHeaderBytes, count: count)
            record.storeBytes(
                of: (header & 0xFF_FFFF_FFFF | Self.check(payload) << 40).littleEndian, as: UInt64.self)
            place += (Self.recordHeaderBytes + count + 7) & ~7
        }
        let crc = cjournal_crc32c(0, memory + 8, byteCount - 8)
        memory.storeBytes(of: crc.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    // MARK: Headers of records

    /// Bytes of the payload behind a record's header.
    static func payloadBytes(_ header: UInt64) -> Int { Int(header & 0xFFFF_FFFF) }

    /// The kind that a record's header names.
    static func kind(_ header: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: header >> 32) }

    /// 24 bits of the payload's CRC-32C, never 0.
    private static func check(_ payload: UnsafeRawBufferPointer) -> UInt64 {
        let crc = UInt64(cjournal_crc32c(0, payload.baseAddress, payload.count) & 0xFF_FFFF)
        return crc == 0 ? 1 : crc
    }

    /// Whether a payload is what its header was made for, as far as the header says.
    static func isWhole(_ payload: UnsafeRawBufferPointer, header: UInt64) -> Bool {
        header >> 40 == 0 || header >> 40 == check(payload)
    }

    /// Empties it for the next records. Memory that an unusual batch needed is given back.
    func reset() {
        byteCount = Self.headerBytes
        recordCount = 0
        guard capacity > 1 << 24 else { return }
        memory.deallocate()
        capacity = Self.firstCapacity
        memory = .allocate(byteCount: capacity, alignment: 8)
    }
}
