#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Large pieces of memory straight from the system, which has them back as soon as they are freed. An allocator keeps
/// freed megabytes for later: the process would look as full as it ever was.
enum AnonymousMemory {
    /// Zero-filled memory, page-aligned. A system without memory ends the process, as it does for every allocation.
    static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            fatalError("the system has no \(byteCount) bytes of memory left")
        }
        return memory
    }

    static func free(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) { munmap(memory, byteCount) }
}
