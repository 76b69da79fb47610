/// A load whose sums do not add up.
public enum LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Messages are missing or too many.
    case miscounted(String)

    /// What was counted.
    public var description: String {
        switch self {
        case .miscounted(let what): "the sums do not add up: \(what)"
        }
    }
}
