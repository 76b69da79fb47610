/// Waits until something is there, looking again and again, and gives it back.
///
/// The one place in the tests where time passes: a test names a condition and a deadline, never a duration to wait.
///
/// - Throws: `DeadlinePassed` with the last reason, or what `look` throws.
@discardableResult
public func eventually<Found>(
    _ what: String, within deadline: Duration = .seconds(20), every interval: Duration = .milliseconds(30),
    _ look: () async throws -> Found?
) async throws -> Found {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while true {
        if let found = try await look() { return found }
        guard clock.now < end else { throw DeadlinePassed(what: what, deadline: deadline, seen: "") }
        try await clock.sleep(for: interval)
    }
}

/// A condition did not come true in time.
public struct DeadlinePassed: Error, CustomStringConvertible {
    /// The condition, as words.
    public let what: String
    /// How long it had.
    public let deadline: Duration
    /// What there was instead.
    public let seen: String

    /// Makes the error.
    public init(what: String, deadline: Duration, seen: String) {
        self.what = what
        self.deadline = deadline
        self.seen = seen
    }

    /// One line, then what there was instead.
    public var description: String { "waited \(deadline) for \(what)" + (seen.isEmpty ? "" : "; there was:\n" + seen) }
}
