internal import AMQP

/// A failure that the client is told of: a reply code and RabbitMQ's text for it. Whether the channel or the whole
/// connection closes follows from the code (AMQP 0-9-1 §1.2; RabbitMQ's deviations in `rabbit_misc`).
struct ProtocolException: Error {
    let code: ReplyCode
    /// Text after "NAME - ".
    let explanation: String

    init(_ code: ReplyCode, _ explanation: String) {
        self.code = code
        self.explanation = explanation
    }

    /// The reply text as RabbitMQ sends it: "NOT_FOUND - no queue 'q' in vhost '/'".
    var text: String { explanation.isEmpty ? code.name : "\(code.name) - \(explanation)" }

    static func noQueue(_ name: String, _ virtualHost: String) -> ProtocolException {
        ProtocolException(.notFound, "no queue '\(name)' in vhost '\(virtualHost)'")
    }

    static func noExchange(_ name: String, _ virtualHost: String) -> ProtocolException {
        ProtocolException(.notFound, "no exchange '\(name)' in vhost '\(virtualHost)'")
    }

    static func locked(_ name: String, _ virtualHost: String) -> ProtocolException {
        ProtocolException(
            .resourceLocked,
            "cannot obtain exclusive access to locked queue '\(name)' in vhost '\(virtualHost)'. It could be originally "
                + "declared on another connection or the exclusive property value does not match that of the original "
                + "declaration.")
    }

    static func inequivalent(
        _ argument: String, _ kind: String, _ name: String, _ virtualHost: String, received: String, current: String
    ) -> ProtocolException {
        ProtocolException(
            .preconditionFailed,
            "inequivalent arg '\(argument)' for \(kind) '\(name)' in vhost '\(virtualHost)': received \(received) but "
                + "current is \(current)")
    }

    static func unknownDeliveryTag(_ tag: UInt64) -> ProtocolException {
        ProtocolException(.preconditionFailed, "unknown delivery tag \(tag)")
    }

    static func notImplemented(_ what: String) -> ProtocolException { ProtocolException(.notImplemented, what) }

    static let defaultExchange = ProtocolException(
        .accessRefused, "operation not permitted on the default exchange")
}
