import Journal
import Testing

/// Storage that answers when the test says so, and keeps what it was given as a disk would.
final class SlowStorage: Storage {
    let keepsBytes: Bool
    private(set) var asked: [(batch: JournalBatch, completed: (StorageError?) -> Void)] = []
    private(set) var segments: [UInt64: [UInt8]] = [:]
    /// What is under way, as it lies in the loop's memory.
    private(set) var pending: (segment: UInt64, offset: Int, bytes: [UInt8])?
    private(set) var removed: [UInt64] = []

    init(keepsBytes: Bool = true) { self.keepsBytes = keepsBytes }

    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) {
        asked.append((batch, completed))
        guard keepsBytes else { return }
        batch.seal()
        pending = (batch.segment, batch.offset, Array(batch.bytes))
    }

    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) {
        fetch.carryOut(
            { [segments] (segment, offset, target) throws(StorageError) in
                guard let bytes = segments[segment] else { throw StorageError("segment \(segment) is gone") }
                let part = bytes.dropFirst(offset).prefix(target.count)
                target.copyBytes(from: part)
                return part.count
            }, describe: { StorageError("\($0)") })
        completed()
    }

    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) {
        contents.carryOut(
            { [segments] () throws(StorageError) in Array((segments[contents.segment] ?? []).prefix(byteCount)) },
            describe: { StorageError("\($0)") })
        completed()
    }

    func remove(segment: UInt64) {
        removed.append(segment)
        segments[segment] = nil
    }

    /// So many bytes of what is under way reach the disk.
    func land(_ count: Int = .max) {
        guard let pending else { return }
        var bytes = segments[pending.segment] ?? []
        #expect(bytes.count == pending.offset, "a batch begins where the one before ends")
        bytes += pending.bytes.prefix(count)
        segments[pending.segment] = bytes
        self.pending = nil
    }

    func answer(_ error: StorageError? = nil) {
        land()
        let (_, completed) = asked.removeFirst()
        completed(error)
    }
}

/// Adds a record of bytes that follow from a number.
func append(_ number: Int, of size: Int, to journal: inout Journal) {
    let payload = journal.append(kind: UInt8(number % 250), byteCount: size)
    for place in 0..<size {
        payload.storeBytes(of: UInt8(truncatingIfNeeded: number &+ place), toByteOffset: place, as: UInt8.self)
    }
}

@Suite("The journal")
struct JournalTests {
    /// Hands over what there is; returns whether there was anything.
    private func flush(_ journal: inout Journal, _ done: @escaping (JournalBatch, StorageError?) -> Void) -> Bool {
        guard let (storage, batch) = journal.beginFlush() else { return false }
        storage.write(batch) { done(batch, $0) }
        return true
    }

    @Test("nothing is durable before the storage has answered, and what came meanwhile goes with the next batch")
    func answersLater() throws {
        let storage = SlowStorage()
        var journal = Journal(storage: storage)
        append(1, of: 10, to: &journal)
        let first = journal.appended
        var answered: JournalBatch?
        #expect(flush(&journal) { batch, _ in answered = batch })
        append(2, of: 20, to: &journal)
        #expect(journal.durable < first)
        #expect(!flush(&journal) { _, _ in }, "one batch is under way at a time")
        storage.answer()
        journal.completed(try #require(answered), nil)
        #expect(journal.durable == first && journal.durable < journal.appended)
        #expect(flush(&journal) { _, _ in })
        #expect(storage.asked.count == 1)
    }

    @Test("after a failure nothing is durable any more and nothing is written")
    func failStop() throws {
        let storage = SlowStorage()
        var journal = Journal(storage: storage)
        append(1, of: 10, to: &journal)
        var end: (JournalBatch, StorageError?)?
        _ = flush(&journal) { end = ($0, $1) }
        storage.answer(StorageError("the disk is gone"))
        let (batch, error) = try #require(end)
        journal.completed(batch, error)
        append(2, of: 10, to: &journal)
        #expect(journal.durable == .zero && !journal.hasUnwritten && journal.failure?.description == "the disk is gone")
    }

    @Test("storage that keeps no bytes is waited for all the same")
    func volatile() {
        var journal = Journal(storage: SlowStorage(keepsBytes: false))
        journal.pass(byteCount: 5)
        guard let (_, batch) = journal.beginFlush() else {
            Issue.record("nothing is waited for")
            return
        }
        journal.pass(byteCount: 7)
        journal.completed(batch, nil)
        #expect(journal.durable == JournalPosition(5) && journal.appended == JournalPosition(12))
    }
}
