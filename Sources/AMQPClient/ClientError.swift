/// Why a client could not do what it was asked.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The URI cannot be used.
    case badURI(String)
    /// No connection came about.
    case unreachable(String)
    /// The broker closed the channel or the connection.
    case refused(code: UInt16, text: String)
    /// The connection ended without a word.
    case disconnected
    /// What the broker sent is not AMQP 0-9-1.
    case protocolViolation(String)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .badURI(let reason): "the AMQP URI cannot be used: \(reason)"
        case .unreachable(let reason): "no connection: \(reason)"
        case .refused(let code, let text): "the broker refused with \(code): \(text)"
        case .disconnected: "the broker closed the connection"
        case .protocolViolation(let what): "the broker sent \(what)"
        }
    }
}
