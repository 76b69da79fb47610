/// How far a round is.
public struct LoadProgress: Hashable, Sendable, CustomStringConvertible {
    /// What a round is at.
    public enum Phase: String, Sendable {
        /// Queues and connections are made.
        case preparing
        /// Messages are published.
        case publishing
        /// What was published is waited for.
        case draining
        /// The queues are deleted.
        case deleting
    }

    /// What the round is at.
    public var phase: Phase
    /// Messages published so far.
    public var published: UInt64 = 0
    /// Messages consumed so far.
    public var consumed: UInt64 = 0
    /// Messages a second that were published since the progress before this.
    public var publishRate = 0.0
    /// Messages a second that were consumed since the progress before this.
    public var consumeRate = 0.0

    /// The beginning of a phase.
    public init(_ phase: Phase) { self.phase = phase }

    /// What came after another progress, `seconds` later.
    func next(_ phase: Phase, published: UInt64, consumed: UInt64, seconds: Double) -> LoadProgress {
        var next = LoadProgress(phase)
        next.published = published
        next.consumed = consumed
        guard seconds > 0 else { return next }
        next.publishRate = Double(published - min(published, self.published)) / seconds
        next.consumeRate = Double(consumed - min(consumed, self.consumed)) / seconds
        return next
    }

    /// One line.
    public var description: String {
        switch phase {
        case .preparing, .deleting: phase.rawValue
        case .publishing, .draining:
            "\(phase.rawValue)  published \(published) (\(Int(publishRate))/s)  "
                + "consumed \(consumed) (\(Int(consumeRate))/s)"
        }
    }
}
