internal import AMQP
internal import Journal

/// Messages between memory and the log of a quorum queue, where each lies in one piece, as the journal holds one.
extension Node {
    /// Calls with a message as the journal would hold it, in one piece; nil where part of a large body is not in memory.
    @inline(__always)
    func withJournaledBytes<Result>(
        of record: RecordPosition, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        let bytes = UnsafeRawPointer(segments.bytes(of: record))
        let shape = MessageRecord.shape(of: bytes)
        guard shape.isChunked else {
            return body(UnsafeRawBufferPointer(start: bytes + MessageRecord.memoryBytes, count: shape.journaledBytes))
        }
        return withGatheredBytes(bytes, shape, body)
    }

    private func withGatheredBytes<Result>(
        _ bytes: UnsafeRawPointer, _ shape: MessageRecord.Shape, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        let before = shape.bodyOffset
        var whole = [UInt8](repeating: 0, count: before + shape.bodyBytes)
        let isWhole = whole.withUnsafeMutableBytes { target -> Bool in
            guard let start = target.baseAddress else { return false }
            let end = MessageRecord.begin(
                start, key: UnsafeRawBufferPointer(start: bytes + shape.keyOffset, count: shape.keyBytes),
                header: UnsafeRawBufferPointer(start: bytes + shape.headerOffset, count: shape.headerBytes),
                bodyBytes: shape.bodyBytes, isChunked: false)
            for index in 0..<shape.chunkCount {
                guard let memory = MessageRecord.chunk(index, of: bytes, shape).memory else { return false }
                (end + index * Limits.chunkBytes).copyMemory(
                    from: segments.bytes(of: memory), byteCount: MessageRecord.chunkBytes(index, of: shape.bodyBytes))
            }
            return true
        }
        guard isWhole else { return nil }
        return whole.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[MessageRecord.memoryBytes...])) }
    }

    /// Stores a message that a quorum queue has delivered, with the header that says how often it came back; nil where the
    /// bytes make none. Held by one reference.
    func store(delivered message: UnsafeRawBufferPointer, count: UInt32) -> (record: RecordPosition, bodyBytes: Int)? {
        guard let shape = MessageRecord.shape(journaled: message), !shape.isChunked, let base = message.baseAddress
        else { return nil }
        let start = base - MessageRecord.memoryBytes
        let key = UnsafeRawBufferPointer(start: start + shape.keyOffset, count: shape.keyBytes)
        let header = UnsafeRawBufferPointer(start: start + shape.headerOffset, count: shape.headerBytes)
        guard let counted = DeliveryCountHeader(header, count) else { return nil }
        let isChunked = shape.bodyBytes > Limits.chunkBytes
        let record = segments.allocate(
            MessageRecord.byteCount(
                key: key.count, header: counted.byteCount, body: shape.bodyBytes, isChunked: isChunked))
        let target = segments.bytes(of: record)
        _ = MessageRecord.begin(
            target, key: key, headerBytes: counted.byteCount, bodyBytes: shape.bodyBytes, isChunked: isChunked
        ) { counted.write(to: $0) }
        storeBody(UnsafeRawBufferPointer(start: start + shape.bodyOffset, count: shape.bodyBytes), in: record)
        return (record, shape.bodyBytes)
    }

    /// Puts a body that lies in one piece where its record has it: there, or in chunks.
    func storeBody(_ body: UnsafeRawBufferPointer, in record: RecordPosition) {
        guard let source = body.baseAddress else { return }
        let target = segments.bytes(of: record)
        let stored = MessageRecord.shape(of: target)
        guard stored.isChunked else {
            return (target + stored.bodyOffset).copyMemory(from: source, byteCount: body.count)
        }
        MessageRecord.setBodyID(0, of: target, stored)
        for index in 0..<stored.chunkCount {
            let size = MessageRecord.chunkBytes(index, of: body.count)
            let memory = segments.allocate(size)
            segments.bytes(of: memory).copyMemory(from: source + index * Limits.chunkBytes, byteCount: size)
            MessageRecord.setChunk(
                index, to: MessageRecord.Chunk(memory: memory), of: segments.bytes(of: record), stored)
        }
    }
}

/// A content header's payload with `x-delivery-count` among its headers (RabbitMQ, "Quorum Queues": poison message
/// handling): how often the message came back, as a signed 64-bit number.
struct DeliveryCountHeader {
    private static let name = Array("x-delivery-count".utf8)
    /// Name with its length, type, number.
    private static let pairBytes = 1 + 16 + 1 + 8
    /// What precedes the properties: class, weight, body size, flags.
    private static let flagsOffset = 12

    private let header: UnsafeRawBufferPointer
    private let count: UInt32
    /// Where the headers' length is, or belongs; and the headers without a count that was there, where there are any.
    private let place: Int
    private let pairs: UnsafeRawBufferPointer?
    /// A count that came with the message, by its place among the pairs: it is left out.
    private let old: Range<Int>?

    /// Nil where the bytes make no header.
    init?(_ header: UnsafeRawBufferPointer, _ count: UInt32) {
        self.header = header
        self.count = count
        do throws(WireError) {
            var reader = WireReader(header)
            _ = try reader.readBytes(Self.flagsOffset)
            let flags = PropertyFlags(rawValue: try reader.readUInt16())
            if flags.contains(.contentType) { _ = try reader.readShortBytes() }
            if flags.contains(.contentEncoding) { _ = try reader.readShortBytes() }
            place = header.count - reader.remaining
            pairs = flags.contains(.headers) ? try reader.readLongBytes() : nil
            old = try pairs.flatMap(Self.place(in:))
        } catch {
            return nil
        }
    }

    private static func place(in pairs: UnsafeRawBufferPointer) throws(WireError) -> Range<Int>? {
        var reader = WireReader(pairs)
        while reader.remaining > 0 {
            let start = pairs.count - reader.remaining
            let isCount = try reader.readShortBytes().elementsEqual(name)
            try FieldValue.skip(&reader)
            if isCount { return start..<pairs.count - reader.remaining }
        }
        return nil
    }

    var byteCount: Int { header.count + (pairs == nil ? 4 : -(old?.count ?? 0)) + Self.pairBytes }

    /// Writes as many bytes as `byteCount` says.
    func write(to target: UnsafeMutableRawPointer) {
        guard let source = header.baseAddress else { return }
        var target = target
        func copy(_ bytes: Range<Int>) {
            target.copyMemory(from: source + bytes.lowerBound, byteCount: bytes.count)
            target += bytes.count
        }
        let flags = UInt16(bigEndian: header.loadUnaligned(fromByteOffset: Self.flagsOffset, as: UInt16.self))
        copy(0..<Self.flagsOffset)
        target.storeBytes(of: (flags | PropertyFlags.headers.rawValue).bigEndian, as: UInt16.self)
        target += 2
        copy(Self.flagsOffset + 2..<place)
        let kept = (pairs?.count ?? 0) - (old?.count ?? 0)
        target.storeBytes(of: UInt32(kept + Self.pairBytes).bigEndian, as: UInt32.self)
        target += 4
        var next = place
        if let pairs {
            next += 4
            if let old {
                copy(next..<next + old.lowerBound)
                copy(next + old.upperBound..<next + pairs.count)
            } else {
                copy(next..<next + pairs.count)
            }
            next += pairs.count
        }
        target.storeBytes(of: UInt8(Self.name.count), as: UInt8.self)
        Self.name.withUnsafeBytes {
            (target + 1).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
        }
        (target + 1 + Self.name.count).storeBytes(of: UInt8(ascii: "l"), as: UInt8.self)
        (target + 2 + Self.name.count).storeBytes(of: Int64(count).bigEndian, as: Int64.self)
        target += Self.pairBytes
        copy(next..<header.count)
    }
}
