#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where a broker listens and who logs in: `amqp://user:password@host:port/vhost` (RabbitMQ, "URI Specification").
public struct AMQPURI: Hashable, Sendable, CustomStringConvertible {
    /// Host name or address.
    public var host: String
    /// Port; 5672 unless named.
    public var port: Int
    /// User; guest unless named.
    public var user: String
    /// Password; guest unless named.
    public var password: String
    /// Virtual host; "/" unless named.
    public var virtualHost: String

    /// Reads a URI. Throws `ClientError.badURI` with the reason.
    public init(_ text: String) throws(ClientError) {
        guard let url = URLComponents(string: text), url.scheme == "amqp", let host = url.host, !host.isEmpty else {
            throw .badURI("it is not amqp://user:password@host:port/vhost")
        }
        self.host = host
        port = url.port ?? 5672
        guard (1...65535).contains(port) else { throw .badURI("\(port) is not a port") }
        user = url.user ?? "guest"
        password = url.password ?? "guest"
        // No path is the default virtual host; "/" alone names the one without a name.
        virtualHost = url.path.isEmpty ? "/" : String(url.path.dropFirst())
    }

    /// Host and port, without credentials.
    public var description: String { "\(host):\(port)" }
}
