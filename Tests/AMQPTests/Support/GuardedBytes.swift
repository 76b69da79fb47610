#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A copy of bytes right in front of a page that nobody may touch: reading one octet too many ends the process.
final class GuardedBytes {
    private let pages: UnsafeMutableRawBufferPointer
    private let count: Int
    private static let pageSize = Int(getpagesize())

    init(_ source: [UInt8]) {
        let size = Self.pageSize
        count = source.count
        let room = (count + size - 1) / size * size
        let mapped = mmap(nil, room + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { preconditionFailure("no memory for a guarded buffer") }
        pages = UnsafeMutableRawBufferPointer(start: mapped, count: room + size)
        UnsafeMutableRawBufferPointer(rebasing: pages[(room - count)..<room]).copyBytes(from: source)
        precondition(mprotect(mapped + room, size, PROT_NONE) == 0)
    }

    /// The bytes; valid as long as this object is.
    var bytes: UnsafeRawBufferPointer {
        let end = pages.count - Self.pageSize
        return UnsafeRawBufferPointer(rebasing: pages[(end - count)..<end])
    }

    deinit { munmap(pages.baseAddress, pages.count) }
}
