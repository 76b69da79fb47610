import CNcurses
import Glibc

/// Ends a screen's wait from any thread: a job has finished, a new sample is there.
///
/// Any number of calls between two waits count as one.
public final class Waker: Sendable {
    let descriptor: Int32

    /// A waker, to be given to a screen.
    public init() throws(ScreenError) {
        descriptor = warren_eventfd()
        if descriptor < 0 { throw .system(call: "eventfd", code: errno) }
    }

    deinit { close(descriptor) }

    /// Ends the wait that is under way, or the next one.
    public func wake() {
        var one: UInt64 = 1
        // Full (EAGAIN) means that a wake-up is pending already; there is no other way to fail.
        _ = write(descriptor, &one, MemoryLayout.size(ofValue: one))
    }

    /// Takes back the wake-ups so far.
    func reset() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout.size(ofValue: count))
    }
}
