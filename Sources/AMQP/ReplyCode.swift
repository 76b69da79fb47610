/// Reply codes of AMQP 0-9-1 (§1.2) with RabbitMQ's names and severities.
public enum ReplyCode: UInt16, Hashable, Sendable, CaseIterable {
    /// All is well.
    case success = 200
    /// A message was too large.
    case contentTooLarge = 311
    /// No queue takes the message.
    case noRoute = 312
    /// No consumer takes the message at once.
    case noConsumers = 313
    /// An operator closed the connection.
    case connectionForced = 320
    /// Unknown virtual host.
    case invalidPath = 402
    /// Not permitted.
    case accessRefused = 403
    /// Does not exist.
    case notFound = 404
    /// Somebody else has it exclusively.
    case resourceLocked = 405
    /// Something that must hold does not.
    case preconditionFailed = 406
    /// Bytes that are not a frame.
    case frameError = 501
    /// Arguments that cannot be read.
    case syntaxError = 502
    /// A method that does not belong here.
    case commandInvalid = 503
    /// Misuse of a channel.
    case channelError = 504
    /// A frame that does not belong here.
    case unexpectedFrame = 505
    /// Too little memory or disk.
    case resourceError = 506
    /// Forbidden whatever the rights.
    case notAllowed = 530
    /// The broker does not do this.
    case notImplemented = 540
    /// The broker failed.
    case internalError = 541

    /// The name that begins a reply text.
    public var name: String {
        switch self {
        case .success: "REPLY_SUCCESS"
        case .contentTooLarge: "CONTENT_TOO_LARGE"
        case .noRoute: "NO_ROUTE"
        case .noConsumers: "NO_CONSUMERS"
        case .connectionForced: "CONNECTION_FORCED"
        case .invalidPath: "INVALID_PATH"
        case .accessRefused: "ACCESS_REFUSED"
        case .notFound: "NOT_FOUND"
        case .resourceLocked: "RESOURCE_LOCKED"
        case .preconditionFailed: "PRECONDITION_FAILED"
        case .frameError: "FRAME_ERROR"
        case .syntaxError: "SYNTAX_ERROR"
        case .commandInvalid: "COMMAND_INVALID"
        case .channelError: "CHANNEL_ERROR"
        case .unexpectedFrame: "UNEXPECTED_FRAME"
        case .resourceError: "RESOURCE_ERROR"
        case .notAllowed: "NOT_ALLOWED"
        case .notImplemented: "NOT_IMPLEMENTED"
        case .internalError: "INTERNAL_ERROR"
        }
    }

    /// Whether it closes the connection, not just the channel.
    public var closesConnection: Bool {
        switch self {
        case .success, .contentTooLarge, .noRoute, .noConsumers, .accessRefused, .notFound, .resourceLocked,
            .preconditionFailed:
            false
        default:
            true
        }
    }
}
