internal import CJournal

/// Records to be read back from the disk, and their payloads once that has been done.
///
/// The loop asks; whoever keeps the bytes carries it out on a thread of its own, in as few reads as the locations allow,
/// and hands the same object back. Each payload is checked against the checksum in its record's header.
public final class JournalFetch: @unchecked Sendable {
    /// Records so close to each other are read in one go, together with what lies between them.
    static let gapBytes = 8192
    /// No read is longer, unless one record is.
    static let spanBytes = 4 << 20

    /// One record.
    public struct Piece: Sendable {
        /// Where it lies.
        public let location: JournalLocation
        /// About how many bytes its payload has; a wrong guess costs a second read.
        public let expectedBytes: Int
        fileprivate var found: Found?

        /// A record at a location.
        public init(at location: JournalLocation, expectedBytes: Int) {
            self.location = location
            self.expectedBytes = max(0, expectedBytes)
        }
    }

    fileprivate enum Found {
        case payload(buffer: Int, start: Int, count: Int, kind: UInt8)
        case failed(StorageError)
    }

    /// What was asked for, in any order.
    public private(set) var pieces: [Piece]
    private var buffers: [[UInt8]] = []

    /// A fetch of some records.
    public init(_ pieces: [Piece]) { self.pieces = pieces }

    /// Reads everything. `read` fills a buffer from a segment's byte on, as far as there is something, and returns how
    /// many bytes that was; `describe` says for a person what is damaged.
    public func carryOut(
        _ read: (_ segment: UInt64, _ offset: Int, UnsafeMutableRawBufferPointer) throws(StorageError) -> Int,
        describe: (JournalDamage) -> StorageError
    ) {
        let order = pieces.indices.sorted { pieces[$0].location < pieces[$1].location }[...]
        var next = order.startIndex
        while next < order.endIndex {
            let first = pieces[order[next]]
            var end = Self.end(of: first)
            var last = next + 1
            while last < order.endIndex {
                let piece = pieces[order[last]]
                guard piece.location.segment == first.location.segment,
                    piece.location.offset <= end + Self.gapBytes,
                    Self.end(of: piece) - first.location.offset <= Self.spanBytes
                else { break }
                end = max(end, Self.end(of: piece))
                last += 1
            }
            take(order[next..<last], from: first.location, count: end - first.location.offset, read, describe)
            next = last
        }
    }

    private static func end(of piece: Piece) -> Int {
        piece.location.offset + JournalBatch.recordHeaderBytes + piece.expectedBytes
    }

    private func take(
        _ indices: ArraySlice<Int>, from start: JournalLocation, count: Int,
        _ read: (UInt64, Int, UnsafeMutableRawBufferPointer) throws(StorageError) -> Int,
        _ describe: (JournalDamage) -> StorageError
    ) {
        do throws(StorageError) {
            let buffer = try fill(start, count, read)
            for index in indices {
                let place = pieces[index].location.offset - start.offset
                pieces[index].found = try found(
                    pieces[index].location, in: buffer, at: place, read, describe)
            }
        } catch {
            for index in indices where pieces[index].found == nil { pieces[index].found = .failed(error) }
        }
    }

    /// Reads a span into a buffer of its own; returns which.
    private func fill(
        _ start: JournalLocation, _ count: Int,
        _ read: (UInt64, Int, UnsafeMutableRawBufferPointer) throws(StorageError) -> Int
    ) throws(StorageError) -> Int {
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            do throws(StorageError) {
                filled = try read(start.segment, start.offset, UnsafeMutableRawBufferPointer(target))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        buffers.append(bytes)
        return buffers.count - 1
    }

    private func found(
        _ location: JournalLocation, in buffer: Int, at place: Int,
        _ read: (UInt64, Int, UnsafeMutableRawBufferPointer) throws(StorageError) -> Int,
        _ describe: (JournalDamage) -> StorageError
    ) throws(StorageError) -> Found {
        func damage(_ reason: String) -> Found {
            .failed(
                describe(JournalDamage(segment: location.segment, offset: location.offset, reason: reason)))
        }
        let start = place + JournalBatch.recordHeaderBytes
        guard start <= buffers[buffer].count else { return damage("the record is missing") }
        let header = buffers[buffer].withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        let count = JournalBatch.payloadBytes(header)
        guard start + count <= buffers[buffer].count else {
            // More than was expected: this one is read again, whole.
            guard place > 0 || buffers[buffer].count < JournalBatch.recordHeaderBytes + count,
                count <= JournalBatch.recordBytesMax
            else { return damage("a record of \(count) bytes") }
            let whole = try fill(location, JournalBatch.recordHeaderBytes + count, read)
            guard buffers[whole].count == JournalBatch.recordHeaderBytes + count else {
                return damage("a record of \(count) bytes of which \(buffers[whole].count) are there")
            }
            return try found(location, in: whole, at: 0, read, describe)
        }
        let isWhole = buffers[buffer].withUnsafeBytes {
            JournalBatch.isWhole(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]), header: header)
        }
        guard isWhole else { return damage("the checksum of a record is wrong") }
        return .payload(buffer: buffer, start: start, count: count, kind: JournalBatch.kind(header))
    }

    /// Calls `body` with a record's kind and payload, valid during the call. Throws why it could not be read.
    public func withRecord<Value>(
        _ index: Int, _ body: (JournalRecord) -> Value
    ) throws(StorageError) -> Value {
        switch pieces[index].found {
        case .payload(let buffer, let start, let count, let kind)?:
            return buffers[buffer].withUnsafeBytes {
                body(
                    JournalRecord(
                        kind: kind, payload: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]),
                        location: pieces[index].location))
            }
        case .failed(let error)?: throw error
        case nil: throw StorageError("the journal was not read: its storage keeps nothing")
        }
    }
}
