/// When the next message is due of those that must keep a rate.
///
/// Whoever was held up catches up on so much of what it missed; more than that is forgotten, so that a long stop is not
/// followed by as long a burst.
struct Pace {
    /// Nanoseconds from one message to the next.
    private let interval: Double
    /// What is caught up on at most, nanoseconds.
    private let arrears: Double
    /// When the next message is due, nanoseconds of the clock that `due` is asked with.
    private var next: Double

    /// A rate in messages a second, from a time in nanoseconds on.
    init(rate: Double, from begin: UInt64, arrearsNanoseconds: UInt64) {
        interval = 1e9 / rate
        arrears = Double(arrearsNanoseconds)
        next = Double(begin)
    }

    /// Messages that are due at a time in nanoseconds.
    mutating func due(at now: UInt64) -> Int {
        next = max(next, Double(now) - arrears)
        return next > Double(now) ? 0 : Int((Double(now) - next) / interval) + 1
    }

    /// Counts messages as done.
    mutating func take(_ count: Int) { next += Double(count) * interval }

    /// Nanoseconds until the next message is due; 0 when it is.
    func wait(at now: UInt64) -> UInt64 { next > Double(now) ? UInt64((next - Double(now)).rounded(.up)) : 0 }
}
