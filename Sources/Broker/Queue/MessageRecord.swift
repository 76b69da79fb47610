internal import Journal

/// How a message lies in its record.
///
///     0   location         8 octets   where the journal holds it, 0 for nowhere        | known in memory only
///     8   publish          8 octets   the number of the publish that waits for the disk | and not written down
///     16  publisher        8 octets   the channel that made it, 0 for none              |
///     24  body size        8 octets
///     32  header size      4 octets   the content header's payload as it came (AMQP 0-9-1 §4.2.6.1)
///     36  key size         2 octets   exchange and routing key as the short strings that `basic.publish` carried
///     38  flags            2 octets
///     40  key, header, then the body; or, above `Limits.chunkBytes`, the body's id and a table of its chunks
///
/// The parts are kept as they go out again, so that a delivery is three copies; and all of it but the first 24 octets is
/// what the journal holds, so that writing it down is one.
enum MessageRecord {
    /// What is known in memory only.
    static let memoryBytes = 24
    /// What every message has of the rest.
    static let fixedBytes = 16
    /// Bit in the flags: the body lies in chunks.
    static let chunked: UInt16 = 1

    private static let sizeOffset = memoryBytes
    private static let flagsOffset = memoryBytes + 14

    struct Shape {
        let bodyBytes: Int
        let headerBytes: Int
        let keyBytes: Int
        let isChunked: Bool

        var keyOffset: Int { MessageRecord.memoryBytes + MessageRecord.fixedBytes }
        var headerOffset: Int { keyOffset + keyBytes }
        /// Where the body is, or the id of one in chunks.
        var bodyOffset: Int { keyOffset + keyBytes + headerBytes }
        var chunkCount: Int { isChunked ? MessageRecord.chunkCount(bodyBytes) : 0 }
        /// Bytes that the journal holds of it, without its chunks.
        var journaledBytes: Int { bodyOffset - MessageRecord.memoryBytes + (isChunked ? 8 : bodyBytes) }
    }

    /// Bytes of a record with everything in it, the body's chunks apart.
    @inline(__always)
    static func byteCount(key: Int, header: Int, body: Int, isChunked: Bool) -> Int {
        memoryBytes + fixedBytes + key + header
            + (isChunked ? 8 + chunkCount(body) * MemoryLayout<Chunk>.stride : body)
    }

    static func chunkCount(_ bodyBytes: Int) -> Int { (bodyBytes + Limits.chunkBytes - 1) / Limits.chunkBytes }

    /// Writes everything but the body and returns where the body belongs.
    @inline(__always)
    static func begin(
        _ record: UnsafeMutableRawPointer, key: UnsafeRawBufferPointer, header: UnsafeRawBufferPointer,
        bodyBytes: Int, isChunked: Bool
    ) -> UnsafeMutableRawPointer {
        begin(record, key: key, headerBytes: header.count, bodyBytes: bodyBytes, isChunked: isChunked) {
            if let start = header.baseAddress { $0.copyMemory(from: start, byteCount: header.count) }
        }
    }

    /// The same, where the header is yet to be made.
    @inline(__always)
    static func begin(
        _ record: UnsafeMutableRawPointer, key: UnsafeRawBufferPointer, headerBytes: Int, bodyBytes: Int,
        isChunked: Bool, writeHeader: (UnsafeMutableRawPointer) -> Void
    ) -> UnsafeMutableRawPointer {
        setLocation(.none, of: record)
        record.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
        record.storeBytes(of: UInt64(bodyBytes), toByteOffset: sizeOffset, as: UInt64.self)
        record.storeBytes(of: UInt32(truncatingIfNeeded: headerBytes), toByteOffset: sizeOffset + 8, as: UInt32.self)
        record.storeBytes(of: UInt16(truncatingIfNeeded: key.count), toByteOffset: sizeOffset + 12, as: UInt16.self)
        record.storeBytes(of: isChunked ? chunked : 0, toByteOffset: flagsOffset, as: UInt16.self)
        var target = record + memoryBytes + fixedBytes
        if let start = key.baseAddress { target.copyMemory(from: start, byteCount: key.count) }
        target += key.count
        writeHeader(target)
        return target + headerBytes
    }

    @inline(__always)
    static func shape(of record: UnsafeRawPointer) -> Shape {
        Shape(
            bodyBytes: Int(truncatingIfNeeded: record.loadUnaligned(fromByteOffset: sizeOffset, as: UInt64.self)),
            headerBytes: Int(record.loadUnaligned(fromByteOffset: sizeOffset + 8, as: UInt32.self)),
            keyBytes: Int(record.loadUnaligned(fromByteOffset: sizeOffset + 12, as: UInt16.self)),
            isChunked: isChunked(record))
    }

    @inline(__always)
    static func isChunked(_ record: UnsafeRawPointer) -> Bool {
        record.loadUnaligned(fromByteOffset: flagsOffset, as: UInt16.self) & chunked != 0
    }

    /// The shape of a message as the journal holds it; nil where the bytes make none.
    static func shape(journaled message: UnsafeRawBufferPointer) -> Shape? {
        guard message.count >= fixedBytes, let start = message.baseAddress else { return nil }
        // What is known in memory only is not there, and not looked at.
        let shape = shape(of: start - memoryBytes)
        guard shape.bodyBytes >= 0, UInt64(shape.bodyBytes) <= Limits.messageBytes,
            shape.journaledBytes == message.count
        else { return nil }
        return shape
    }

    // MARK: In memory only

    /// Where the journal holds the message.
    @inline(__always)
    static func location(of record: UnsafeRawPointer) -> JournalLocation {
        JournalLocation(rawValue: record.load(as: UInt64.self))
    }

    @inline(__always)
    static func setLocation(_ location: JournalLocation, of record: UnsafeMutableRawPointer) {
        record.storeBytes(of: location.rawValue, as: UInt64.self)
    }

    /// Which publish waits for the disk, and the number under which the node knows its channel; 0 for none.
    @inline(__always)
    static func publish(of record: UnsafeRawPointer) -> (publisher: UInt64, number: UInt64) {
        (record.load(fromByteOffset: 16, as: UInt64.self), record.load(fromByteOffset: 8, as: UInt64.self))
    }

    @inline(__always)
    static func setPublish(_ number: UInt64, by publisher: UInt64, of record: UnsafeMutableRawPointer) {
        record.storeBytes(of: number, toByteOffset: 8, as: UInt64.self)
        record.storeBytes(of: publisher, toByteOffset: 16, as: UInt64.self)
    }

    // MARK: Chunks

    /// A part of a large body: where it is in memory, and where the journal holds it.
    struct Chunk: BitwiseCopyable {
        private static let nowhere = UInt64.max
        private var place = Self.nowhere
        /// Where the journal holds it.
        var location = JournalLocation.none

        init(memory: RecordPosition? = nil, location: JournalLocation = .none) {
            self.location = location
            self.memory = memory
        }

        /// Nil while it is on the disk alone.
        var memory: RecordPosition? {
            get { place == Self.nowhere ? nil : RecordPosition(rawValue: place) }
            set { place = newValue?.rawValue ?? Self.nowhere }
        }
    }

    /// Names a body in chunks as long as any of it is needed.
    static func bodyID(of record: UnsafeRawPointer, _ shape: Shape) -> UInt64 {
        UInt64(littleEndian: record.loadUnaligned(fromByteOffset: shape.bodyOffset, as: UInt64.self))
    }

    static func setBodyID(_ id: UInt64, of record: UnsafeMutableRawPointer, _ shape: Shape) {
        record.storeBytes(of: id.littleEndian, toByteOffset: shape.bodyOffset, as: UInt64.self)
    }

    static func chunk(_ index: Int, of record: UnsafeRawPointer, _ shape: Shape) -> Chunk {
        record.loadUnaligned(fromByteOffset: place(of: index, shape), as: Chunk.self)
    }

    static func setChunk(_ index: Int, to chunk: Chunk, of record: UnsafeMutableRawPointer, _ shape: Shape) {
        record.storeBytes(of: chunk, toByteOffset: place(of: index, shape), as: Chunk.self)
    }

    private static func place(of index: Int, _ shape: Shape) -> Int {
        shape.bodyOffset + 8 + index * MemoryLayout<Chunk>.stride
    }

    /// Bytes of one of the chunks of a body.
    static func chunkBytes(_ index: Int, of bodyBytes: Int) -> Int {
        min(Limits.chunkBytes, bodyBytes - index * Limits.chunkBytes)
    }
}

extension Node {
    /// Drops one reference to a message; with the last one its record and its chunks go.
    @inline(__always)
    func release(_ record: RecordPosition) {
        if segments.references(to: record) == 1 { isGoing(record) }
        segments.release(record)
    }

    @inline(__always)
    private func isGoing(_ record: RecordPosition) {
        let bytes = UnsafeRawPointer(segments.bytes(of: record))
        if MessageRecord.isChunked(bytes) { releaseChunks(of: bytes) }
        let (publisher, number) = MessageRecord.publish(of: bytes)
        if publisher != 0, MessageRecord.location(of: bytes) >= journal.readable {
            // Every queue has settled it before the disk has it: its publisher need not wait for that (RabbitMQ, "Publisher
            // Confirms": "when it is delivered and acknowledged").
            settledEarly(publisher, number)
        }
    }
}
