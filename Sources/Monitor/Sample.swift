public import Management

/// The last answer for one resource, and how good it still is.
public struct Sample<Value: Sendable>: Sendable {
    /// The answer; `nil` before the first.
    public var value: Value?
    /// When it came, in the monitor's time.
    public var sampledAt: Duration?
    /// True once two refreshes were missed: show it dimmed.
    public var isStale = false
    /// Why the last attempt failed; `nil` once one succeeds.
    public var error: EndpointError?
    /// How often it is refreshed at present.
    public var interval: Duration = PollingLimits.defaultInterval

    /// A sample, by default one that never came.
    public init(
        value: Value? = nil, sampledAt: Duration? = nil, isStale: Bool = false, error: EndpointError? = nil
    ) {
        self.value = value
        self.sampledAt = sampledAt
        self.isStale = isStale
        self.error = error
    }

    /// How old the answer is at a time of the monitor's clock; `nil` before the first.
    public func age(at now: Duration) -> Duration? {
        sampledAt.map { max(.zero, now - $0) }
    }
}

extension Sample: Equatable where Value: Equatable {}
