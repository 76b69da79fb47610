/// Whether a change of the broker is let through at all, before anything is asked.
struct Gate: Hashable, Sendable {
    /// Whether the console was opened read-only.
    var isReadOnly: Bool
    /// The endpoint's lock.
    var lock: Lock

    /// Why no change is let through at a time; `nil` where changes are.
    func refusal(at now: Duration) -> String? {
        if isReadOnly { return "this console is read-only (--read-only)" }
        if lock.isClosed(at: now) { return "\(lock.name) is locked; \(opening)" }
        return nil
    }

    /// What opens the lock.
    private var opening: String { ":unlock \(lock.name) opens it for \(Figures.age(Lock.openTime))" }
}
