import AsyncHTTPClient
import Management
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Transport {
    /// What a reply outside 2xx means.
    func failure(of request: Request, _ reply: Reply) -> EndpointError {
        let reason = reason(of: reply)
        switch reply.status {
        case 401 where Self.isAboutLogin(reason): return .unauthorized(address)
        // RabbitMQ answers 401, not 403, where a user it accepts lacks a tag or a vhost.
        case 401, 403: return .forbidden(request.resource, tagNeeded: request.tagNeeded)
        case 404: return .notFound(request.resource)
        case 400, 405, 409, 412, 422:
            let what = [request.doing, request.resource].compactMap { $0 }.joined(separator: " ")
            return .refused(what, reason: reason)
        case 429: return .throttled(retryAfter: reply.retryAfter.flatMap(Self.wait))
        case 300..<400:
            let place = reply.location.map(Self.origin) ?? "another address"
            return .server(status: reply.status, reason: "it redirects to \(place); give that address if it is right")
        default: return .server(status: reply.status, reason: reason)
        }
    }

    /// What went wrong before there was a whole reply.
    func endpointError(_ error: any Error, of request: Request) -> EndpointError {
        switch error {
        case let error as EndpointError: error
        case is CancellationError: .cancelled
        case is NIOTooManyBytesError: .malformed("\(request.resource) is larger than \(limits.largestReply) bytes")
        case let error as HTTPClientError: endpointError(error)
        case let error as NIOConnectionError: .unreachable(address, reason: Self.reason(of: error))
        case let error as IOError: .unreachable(address, reason: Self.reason(of: error))
        case HTTPParserError.invalidEOFState: .unreachable(address, reason: "the connection was closed")
        case is HTTPParserError: .malformed("\(address) does not speak HTTP")
        default: .unreachable(address, reason: Self.reason(of: error))
        }
    }

    /// Words for errors of the TLS layer, whose types are not imported here; others are named by their type.
    private static func reason(of error: any Error) -> String {
        let type = String(reflecting: type(of: error))
        guard type.hasPrefix("NIOSSL.") else { return type }
        let text = String(describing: error)
        if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS on that port" }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "its certificate is not trusted" }
        if text.contains("failedToValidateHostname") { return "its certificate is for another host" }
        return "the TLS handshake failed"
    }

    private func endpointError(_ error: HTTPClientError) -> EndpointError {
        switch error {
        case .connectTimeout: .timedOut(address, after: limits.connectTimeout)
        case .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout:
            .timedOut(address, after: limits.requestTimeout)
        case .cancelled, .requestStreamCancelled: .cancelled
        case .alreadyShutdown: .unreachable(address, reason: "the endpoint was shut down")
        case .remoteConnectionClosed: .unreachable(address, reason: "the connection was closed")
        default: .unreachable(address, reason: error.shortDescription)
        }
    }

    private static func reason(of error: NIOConnectionError) -> String {
        guard let first = error.connectionErrors.first?.error else { return "the host name is not known" }
        switch first {
        case let error as IOError: return reason(of: error)
        case is ChannelError: return "no answer in time"
        default: return "no connection"
        }
    }

    private static func reason(of error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE: "the connection was closed"
        case EHOSTUNREACH, ENETUNREACH: "no route to the host"
        default: "error \(error.errnoCode)"
        }
    }

    /// The broker's own words, cut to a bearable length.
    private func reason(of reply: Reply) -> String {
        let body = Data(reply.body.readableBytesView)
        let reason = (try? JSONDecoder().decode(ErrorBody.self, from: body))?.reason
        return reason.map { String($0.prefix(RemoteLimits.longestReason)) } ?? "status \(reply.status)"
    }

    /// Whether a 401 is about who logs in, not about what a user accepted may do
    /// ("Login failed", "User can only log in via localhost", a proxy's own page).
    private static func isAboutLogin(_ reason: String) -> Bool {
        !["User not authorised", "Not ", "Access "].contains { reason.hasPrefix($0) }
    }

    /// `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not reckoned with.
    private static func wait(_ text: String) -> Duration? {
        UInt32(text).map { .seconds(Int64($0)) }
    }

    /// Scheme, host and port of an address, without anything that could hold a secret.
    private static func origin(_ location: String) -> String {
        guard let parts = URLComponents(string: location), let scheme = parts.scheme, let host = parts.host else {
            return "another path"
        }
        return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}
