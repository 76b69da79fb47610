internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A journal's segments as files: a thread of its own writes and syncs each batch, another reads what is asked for again,
/// a third prepares the next segment.
///
/// Everything but the threads' work happens on the owner's loop.
public final class FileStorage: Storage, @unchecked Sendable {
    /// When a batch counts as durable.
    public enum Sync: String, Sendable, CaseIterable {
        /// Once the disk has it: it survives a loss of power.
        case always
        /// Once the system has it: it survives the end of the process, not of the machine.
        case os
    }

    private let directory: DataDirectory
    private let sync: Sync
    private let roomBytes: Int
    private let post: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let writer = WorkerThread(name: "journal")
    private let reader = WorkerThread(name: "journal reading")
    private let preparer = WorkerThread(name: "journal room")

    /// Only touched on the loop.
    private var waiting: ((StorageError?) -> Void)?

    /// Nothing is written or answered any more: its owner is dead.
    private let isAbandoned = Atomic(false)

    /// Only touched on the writer's thread, and after its end.
    private var file: Int32 = -1
    private var fileName = ""
    private var failure: StorageError?
    var unsynced: UnsyncedBytes

    /// Only touched on the reader's thread.
    private let opened: OpenedSegments

    /// Files in a directory. `post` runs what it is given on the owner's loop. Room for a segment is prepared ahead, in
    /// bytes.
    public init(
        _ directory: DataDirectory, sync: Sync, roomBytes: Int = Journal.segmentBytes + (1 << 20),
        post: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        self.directory = directory
        self.sync = sync
        self.roomBytes = roomBytes
        self.post = post
        opened = OpenedSegments(directory)
        unsynced = UnsyncedBytes(syncs: sync == .always)
        prepare()
    }

    /// They are kept.
    public var keepsBytes: Bool { true }

    /// What the file system has left for this user.
    public var freeBytes: Int? {
        var figures = statvfs()
        guard statvfs(directory.path, &figures) == 0 else { return nil }
        return Int(clamping: UInt64(figures.f_bavail) &* UInt64(figures.f_frsize))
    }

    /// Writes and syncs on a thread of its own.
    public func write(_ batch: JournalBatch, completed: @escaping (StorageError?) -> Void) {
        waiting = completed
        writer.run { [self] in
            let error = carryOut(batch)
            post { [self] in
                let completed = waiting
                waiting = nil
                if !hasEnded { completed?(error) }
            }
        }
    }

    /// Removes the file, off the loop, after what was to be read of it.
    public func remove(segment: UInt64) {
        let name = directory.file(of: segment)
        reader.run { [opened] in
            opened.close(segment)
            unlink(name)
        }
    }

    /// Reads on a thread of its own.
    public func fetch(_ fetch: JournalFetch, completed: @escaping () -> Void) {
        read(completed) { [opened, directory] in
            fetch.carryOut(
                { (segment, offset, target) throws(StorageError) in try opened.read(segment, offset, target) },
                describe: directory.damaged)
        }
    }

    /// Reads on a thread of its own.
    public func read(_ contents: SegmentContents, byteCount: Int, completed: @escaping () -> Void) {
        read(completed) { [opened, directory] in
            contents.carryOut(
                { () throws(StorageError) in try opened.readAll(contents.segment, byteCount) },
                describe: directory.damaged)
        }
    }

    private func read(_ completed: @escaping () -> Void, _ work: @escaping @Sendable () -> Void) {
        let onLoop = LoopCallback(completed)
        reader.run { [post] in
            work()
            post { [self] in
                if !hasEnded { onLoop.call() }
            }
        }
    }

    private var hasEnded: Bool { isAbandoned.load(ordering: .acquiring) }

    /// From now on nothing is written, and nobody is called back: whoever would be is gone. On the owner's loop.
    public func abandon() {
        isAbandoned.store(true, ordering: .releasing)
        waiting = nil
    }

    /// Waits until what was handed over has been written, and closes the files. Blocks; nothing may be written afterwards.
    public func close() {
        writer.stop()
        reader.stop()
        preparer.stop()
        if file >= 0 { closeFile() }
        directory.release()
    }

    /// Ends as the files of a dead process do: what had been handed to the system is there, all else is gone. Blocks.
    public func crash() {
        isAbandoned.store(true, ordering: .releasing)
        close()
    }

    /// Ends as the files of a machine without power do: what has not been synced is gone as well, but for so many bytes of
    /// it, at most, of the batch that was on its way. Blocks. Throws what the system says.
    public func losePower(torn: Int) throws(StorageError) {
        isAbandoned.store(true, ordering: .releasing)
        for worker in [writer, reader, preparer] { worker.stop() }
        if file >= 0 { closeFile() }
        defer { directory.release() }
        try unsynced.lose(in: directory, keeping: torn)
    }

    // MARK: On the writer's thread

    private func carryOut(_ batch: JournalBatch) -> StorageError? {
        if let failure { return failure }
        if hasEnded { return nil }
        batch.seal()
        do throws(StorageError) {
            if batch.offset == 0 { try begin(segment: batch.segment) }
            unsynced.written(batch.segment, batch.offset..<batch.offset + batch.byteCount)
            try SystemCall.write(batch.bytes, to: file, at: batch.offset, fileName)
            // Without power it would not have come to it.
            if sync == .always, !hasEnded {
                try SystemCall.sync(file, fileName)
                unsynced.synced()
            }
            return nil
        } catch {
            failure = error
            return error
        }
    }

    private func begin(segment: UInt64) throws(StorageError) {
        if file >= 0 { closeFile() }
        fileName = directory.file(of: segment)
        // Room that is ready becomes the segment; where none is yet, the file grows as it is written.
        if rename(preparedName, fileName) < 0 {
            file = try SystemCall.open(fileName, O_RDWR | O_CREAT | O_EXCL, doing: "made")
        } else {
            file = try SystemCall.open(fileName, O_RDWR, doing: "opened")
        }
        if sync == .always { try SystemCall.syncDirectory(directory.path) }
        prepare()
    }

    private func closeFile() {
        SystemCall.close(file)
        file = -1
    }

    // MARK: Room

    private var preparedName: String { directory.path + "/prepared" }

    /// Fills a file with zeros for the next segment: a write into blocks that are there and known to be zero costs the
    /// disk half of one that makes a file grow. A failure here is not one of the journal: it will grow, or fail then.
    private func prepare() {
        let (name, draft) = (preparedName, preparedName + ".new")
        let (sync, roomBytes) = (sync, roomBytes)
        preparer.run {
            guard access(name, F_OK) != 0, let file = try? SystemCall.open(draft, O_WRONLY | O_CREAT, doing: "made")
            else { return }
            let zeros = [UInt8](repeating: 0, count: min(roomBytes, 1 << 20))
            var isWhole = true
            for place in stride(from: 0, to: roomBytes, by: zeros.count) {
                let written: Void? = zeros.withUnsafeBytes {
                    try? SystemCall.write($0, to: file, at: place, draft)
                }
                isWhole = isWhole && written != nil
            }
            if sync == .always { isWhole = isWhole && (try? SystemCall.sync(file, draft)) != nil }
            SystemCall.close(file)
            if isWhole { rename(draft, name) } else { unlink(draft) }
        }
    }
}

/// What is called on the owner's loop once another thread has done its part.
private struct LoopCallback: @unchecked Sendable {
    let call: () -> Void
    init(_ call: @escaping () -> Void) { self.call = call }
}
