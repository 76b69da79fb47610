/// The lock of an endpoint: while it is locked nothing there can be changed. Endpoints beyond this machine open locked,
/// so that a console on production looks and does not touch until somebody says its name.
public struct Lock: Hashable, Sendable {
    /// So long an endpoint stays unlocked.
    public static let openTime: Duration = .seconds(15 * 60)

    /// An endpoint that is never locked.
    public static let open = Lock(name: "", closes: false)

    /// What `:unlock` asks for: the context's name, or the endpoint's host.
    public let name: String
    /// Whether there is a lock at all.
    private let closes: Bool
    private var openUntil: Duration?

    private init(name: String, closes: Bool) {
        self.name = name
        self.closes = closes
    }

    /// The lock of an endpoint as it opens: closed beyond loopback, unless the context says otherwise.
    public init(name: String, isLoopback: Bool, locked: Bool? = nil) {
        self.init(name: name, closes: locked ?? !isLoopback)
    }

    /// Whether it is closed at a time.
    public func isClosed(at now: Duration) -> Bool { closes && openFor(at: now) == nil }

    /// How long it stays open yet; `nil` where it is closed, or open for good.
    public func openFor(at now: Duration) -> Duration? {
        guard closes, let openUntil, openUntil > now else { return nil }
        return openUntil - now
    }

    /// Opens it for a while where the name is right; says whether it was.
    mutating func unlock(_ name: String, at now: Duration) -> Bool {
        guard name == self.name else { return false }
        openUntil = now + Self.openTime
        return true
    }
}
