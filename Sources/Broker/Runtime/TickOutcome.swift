/// What a tick leaves to do.
public struct TickOutcome: Sendable {
    /// Another tick should follow at once, after other work of the loop had its turn.
    public let hasMore: Bool
    /// When a tick is due even if nothing happens.
    public let nextDeadline: Instant?
}
