/// Why an endpoint did not do what it was asked: what happened, to what, and what to do.
///
/// No case ever carries credentials: addresses are given without userinfo, resources by kind and name.
public enum EndpointError: Error, Hashable, Sendable {
    /// No connection: nothing listens, the name is unknown, or the connection broke.
    case unreachable(_ address: String, reason: String)
    /// No complete reply in time. Whether a change happened is not known.
    case timedOut(_ address: String, after: Duration)
    /// The user or password is not accepted (401).
    case unauthorized(_ address: String)
    /// The user may not do this (403); `tagNeeded` is the user tag that would allow it.
    case forbidden(_ resource: String, tagNeeded: String?)
    /// There is no such object (404).
    case notFound(_ resource: String)
    /// The broker refuses: other settings exist already, the queue is not empty … (400, 405, 409, 412),
    /// with the broker's own reason.
    case refused(_ resource: String, reason: String)
    /// Too many requests (429); wait this long where the broker says so.
    case throttled(retryAfter: Duration?)
    /// The broker failed (5xx) or answered with a status that has no meaning here.
    case server(status: Int, reason: String)
    /// The reply is not what the API describes, or too large.
    case malformed(_ what: String)
    /// The caller gave up waiting.
    case cancelled
}

extension EndpointError: CustomStringConvertible {
    /// One sentence for a person, free of control characters.
    public var message: String {
        let text =
            switch self {
            case .unreachable(let address, let reason):
                "\(address) cannot be reached (\(reason)); check that the broker and its management API run there"
            case .timedOut(let address, let limit):
                "\(address) gave no complete answer within \(limit.secondsText) s; it may be overloaded, try again"
            case .unauthorized(let address):
                "\(address) does not accept this user or password; check both"
            case .forbidden(let resource, let tag?):
                "this user may not use \(resource); give it the tag '\(tag)' or a permission in that vhost"
            case .forbidden(let resource, nil):
                "this user may not use \(resource); ask for the permission or use another user"
            case .notFound(let resource):
                "\(resource) does not exist; it may have been deleted, refresh the list"
            case .refused(let resource, let reason):
                "the broker refused \(resource): \(reason)"
            case .throttled(let wait?):
                "the broker asks to wait \(wait.secondsText) s before the next request"
            case .throttled(nil):
                "the broker asks for fewer requests; raise the refresh interval"
            case .server(let status, let reason):
                "the broker failed with status \(status): \(reason); see its log"
            case .malformed(let what):
                "the reply was not understood: \(what); check that this is a management API"
            case .cancelled:
                "the request was cancelled"
            }
        return String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }

    /// The same sentence as ``message``.
    public var description: String { message }
}

extension Duration {
    /// Seconds with at most one decimal, such as "5" or "0.5".
    fileprivate var secondsText: String {
        let tenths = components.attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(components.seconds)" : "\(components.seconds).\(tenths)"
    }
}
