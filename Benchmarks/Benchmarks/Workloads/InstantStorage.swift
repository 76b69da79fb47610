internal import Journal

/// Storage that takes a batch at once and keeps nothing of it: a journal's work without a disk. It seals the batch, as a
/// disk's thread would.
final class InstantStorage: Storage {
    var keepsBytes: Bool { true }

    func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) {
        batch.seal()
        completed(nil)
    }

    func remove(segment: UInt64) {}

    // No workload has a backlog that memory has no room for.
    func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) { completed() }
    func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) { completed() }
}
