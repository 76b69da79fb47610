#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Segments that are open for reading, the most recently used ones. Belongs to one thread.
final class OpenedSegments: @unchecked Sendable {
    /// So many stay open.
    private static let count = 16
    private let directory: DataDirectory
    /// The most recently used last.
    private var files: [(segment: UInt64, file: Int32)] = []

    init(_ directory: DataDirectory) { self.directory = directory }

    deinit {
        for (_, file) in files { SystemCall.close(file) }
    }

    /// Fills a buffer from a byte of a segment on; returns how much was there.
    func read(
        _ segment: UInt64, _ offset: Int, _ target: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int {
        try SystemCall.read(try file(of: segment), at: offset, into: target, directory.file(of: segment))
    }

    /// So many bytes from a segment's beginning, or as many as there are. Not kept open: it is read once.
    func readAll(_ segment: UInt64, _ count: Int) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let file = try file(of: segment)
        defer { close(segment) }
        var failure: StorageError?
        let filled = bytes.withUnsafeMutableBytes { target -> Int in
            do throws(StorageError) {
                return try SystemCall.read(file, at: 0, into: target, directory.file(of: segment))
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return filled == count ? bytes : Array(bytes[..<filled])
    }

    private func file(of segment: UInt64) throws(StorageError) -> Int32 {
        if let place = files.firstIndex(where: { $0.segment == segment }) {
            let found = files.remove(at: place)
            files.append(found)
            return found.file
        }
        let file = try SystemCall.open(directory.file(of: segment), O_RDONLY, doing: "read")
        if files.count == Self.count { SystemCall.close(files.removeFirst().file) }
        files.append((segment, file))
        return file
    }

    /// A file that is removed must not be held open: the disk would not have its room back.
    func close(_ segment: UInt64) {
        guard let place = files.firstIndex(where: { $0.segment == segment }) else { return }
        SystemCall.close(files.remove(at: place).file)
    }
}
