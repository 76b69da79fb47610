public import Management

/// How the endpoint in use does.
public enum MonitorStatus: Hashable, Sendable {
    /// No answer yet, or turning to the next endpoint.
    case connecting
    /// Answering; everything visible is fresh.
    case live
    /// Answering, but something visible has missed two refreshes.
    case stale
    /// No endpoint can be reached; this is why the last one could not.
    case unreachable(EndpointError)
    /// The endpoint answers but does not accept the user.
    case refused(EndpointError)
}
