import Glibc

/// The bytes that a thread has written, as the kernel counts them (proc(5), `/proc/thread-self/io`, `wchar`): while a
/// screen is drawn its thread writes to the terminal only, and curses does not say how much.
struct WriteCounter: ~Copyable {
    private let descriptor: Int32

    /// The counter of the calling thread.
    init() { descriptor = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The bytes so far; `nil` where the kernel keeps no account.
    var total: Int? {
        guard descriptor >= 0 else { return nil }
        let text = withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer -> String in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        }
        return Self.written(in: text)
    }

    /// The figure in the kernel's text.
    static func written(in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("wchar: ") {
            return Int(line.dropFirst("wchar: ".count))
        }
        return nil
    }
}
