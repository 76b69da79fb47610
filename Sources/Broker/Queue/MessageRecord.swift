internal import AMQP
internal import Journal

/// How a message lies in its record.
///
///     0   body size        8 octets
///     8   header size      4 octets   the content header's payload as it came (AMQP 0-9-1 §4.2.6.1)
///     12  key size         2 octets   exchange and routing key as the short strings that `basic.publish` carried
///     14  flags            2 octets
///     16  key, header, then the body; or, above `Limits.chunkBytes`, the positions of its chunks
///
/// The parts are kept as they go out again, so that a delivery is three copies.
enum MessageRecord {
    static let fixedBytes = 16
    /// Bit in the flags: the body lies in chunks.
    static let chunked: UInt16 = 1

    struct Shape {
        let bodyBytes: Int
        let headerBytes: Int
        let keyBytes: Int
        let isChunked: Bool

        var keyOffset: Int { MessageRecord.fixedBytes }
        var headerOffset: Int { MessageRecord.fixedBytes + keyBytes }
        var bodyOffset: Int { MessageRecord.fixedBytes + keyBytes + headerBytes }
        var chunkCount: Int { isChunked ? (bodyBytes + Limits.chunkBytes - 1) / Limits.chunkBytes : 0 }
    }

    /// Writes everything but the body and returns where the body belongs.
    @inline(__always)
    static func begin(
        _ record: UnsafeMutableRawPointer, key: UnsafeRawBufferPointer, header: UnsafeRawBufferPointer,
        bodyBytes: Int, isChunked: Bool
    ) -> UnsafeMutableRawPointer {
        record.storeBytes(of: UInt64(bodyBytes), as: UInt64.self)
        record.storeBytes(of: UInt32(truncatingIfNeeded: header.count), toByteOffset: 8, as: UInt32.self)
        record.storeBytes(of: UInt16(truncatingIfNeeded: key.count), toByteOffset: 12, as: UInt16.self)
        record.storeBytes(of: isChunked ? chunked : 0, toByteOffset: 14, as: UInt16.self)
        var target = record + fixedBytes
        if let start = key.baseAddress { target.copyMemory(from: start, byteCount: key.count) }
        target += key.count
        if let start = header.baseAddress { target.copyMemory(from: start, byteCount: header.count) }
        return target + header.count
    }

    @inline(__always)
    static func shape(of record: UnsafeRawPointer) -> Shape {
        Shape(
            bodyBytes: Int(truncatingIfNeeded: record.load(as: UInt64.self)),
            headerBytes: Int(record.load(fromByteOffset: 8, as: UInt32.self)),
            keyBytes: Int(record.load(fromByteOffset: 12, as: UInt16.self)),
            isChunked: record.load(fromByteOffset: 14, as: UInt16.self) & chunked != 0)
    }

    static func chunk(_ index: Int, of record: UnsafeRawPointer, _ shape: Shape) -> RecordPosition {
        record.loadUnaligned(
            fromByteOffset: shape.bodyOffset + index * MemoryLayout<RecordPosition>.size, as: RecordPosition.self)
    }
}

extension Node {
    /// Drops one reference to a message; with the last one its record and its chunks go.
    @inline(__always)
    func release(_ record: RecordPosition) {
        let bytes = segments.bytes(of: record)
        if bytes.load(fromByteOffset: 14, as: UInt16.self) & MessageRecord.chunked != 0,
            segments.references(to: record) == 1
        {
            let shape = MessageRecord.shape(of: bytes)
            for index in 0..<shape.chunkCount { segments.release(MessageRecord.chunk(index, of: bytes, shape)) }
        }
        segments.release(record)
    }
}
