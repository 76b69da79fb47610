/// Everything that one segment holds, read back for whoever writes anew what is still needed of it.
public final class SegmentContents: @unchecked Sendable {
    /// The segment.
    public let segment: UInt64
    private var bytes: [UInt8] = []
    /// Where each record's header begins.
    private var records: [UInt32] = []
    /// Why not all of it could be read; nil where it could.
    public private(set) var failure: StorageError?

    /// Nothing yet of a segment.
    public init(segment: UInt64) { self.segment = segment }

    /// Reads it: `read` gives all its bytes in use, `describe` says for a person what is damaged.
    public func carryOut(
        _ read: () throws(StorageError) -> [UInt8], describe: (JournalDamage) -> StorageError
    ) {
        do throws(StorageError) {
            bytes = try read()
        } catch {
            failure = error
            return
        }
        var reader = JournalReader(salvages: true)
        do throws(JournalDamage) {
            _ = try bytes.withUnsafeBufferPointer { bytes throws(JournalDamage) in
                try reader.read(segment: segment, UnsafeRawBufferPointer(bytes)) {
                    records.append(UInt32(truncatingIfNeeded: $0.location.offset))
                }
            }
        } catch {
            failure = describe(error)
        }
        if let damage = reader.recovered.damage.first { failure = describe(damage) }
    }

    /// Records that could be read.
    public var recordCount: Int { records.count }

    /// Calls `body` with a record, valid during the call.
    public func withRecord<Value>(_ index: Int, _ body: (JournalRecord) -> Value) -> Value {
        let offset = Int(records[index])
        return bytes.withUnsafeBytes { bytes in
            let header = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let start = offset + JournalBatch.recordHeaderBytes
            return body(
                JournalRecord(
                    kind: JournalBatch.kind(header),
                    payload: UnsafeRawBufferPointer(rebasing: bytes[start..<start + JournalBatch.payloadBytes(header)]),
                    location: JournalLocation(segment: segment, offset: offset)))
        }
    }
}
