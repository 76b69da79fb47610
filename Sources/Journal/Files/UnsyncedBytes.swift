#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What of a journal's files the disk is not known to have: what a loss of power may take.
struct UnsyncedBytes {
    /// Whether every batch is synced, and every new segment's name.
    private let syncs: Bool
    /// Without syncing, the segments begun since the start: none of them need be there afterwards.
    private var begun: [UInt64] = []
    /// With it, the batch that has been written, or partly, and not synced.
    private var last: (segment: UInt64, bytes: Range<Int>)?

    init(syncs: Bool) { self.syncs = syncs }

    mutating func written(_ segment: UInt64, _ bytes: Range<Int>) {
        if syncs {
            last = (segment, bytes)
        } else if bytes.lowerBound == 0 {
            begun.append(segment)
        }
    }

    mutating func synced() { last = nil }

    /// Takes it from files that nobody has open any more. Of a batch that was on its way at most `torn` bytes stay; behind
    /// them is what the room for it held: zeros.
    func lose(in directory: DataDirectory, keeping torn: Int) throws(StorageError) {
        for segment in begun {
            let name = directory.file(of: segment)
            // It may have been given up already.
            if unlink(name) < 0, errno != ENOENT { throw SystemCall.error("removed", name) }
        }
        if let last {
            let name = directory.file(of: last.segment)
            let file = try SystemCall.open(name, O_WRONLY, doing: "opened")
            defer { SystemCall.close(file) }
            let start = min(last.bytes.lowerBound + max(0, torn), last.bytes.upperBound)
            let zeros = [UInt8](repeating: 0, count: last.bytes.upperBound - start)
            try zeros.withUnsafeBufferPointer { bytes throws(StorageError) in
                try SystemCall.write(UnsafeRawBufferPointer(bytes), to: file, at: start, name)
            }
            try SystemCall.sync(file, name)
        }
        try SystemCall.syncDirectory(directory.path)
    }
}
