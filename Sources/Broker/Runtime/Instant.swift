/// A moment on a node's clock: nanoseconds since some fixed moment. The clock never goes back; whoever drives the
/// node passes the time in, so that the simulator can make its own.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's beginning.
    public let nanoseconds: UInt64

    /// The moment `nanoseconds` after the clock's beginning.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Earlier moments are smaller.
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `milliseconds` later.
    public func advanced(milliseconds: UInt64) -> Instant {
        Instant(nanoseconds: nanoseconds &+ milliseconds &* 1_000_000)
    }

    /// Whole milliseconds from `earlier` to here; 0 when `earlier` is later.
    public func milliseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? (nanoseconds - earlier.nanoseconds) / 1_000_000 : 0
    }
}
