internal import Management

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a request is answered with.
struct APIReply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    /// JSON, or nothing.
    var body: [UInt8] = []

    /// Done; there was nothing to create.
    static let done = APIReply(status: 204)
    /// Created.
    static let created = APIReply(status: 201)

    /// A value as JSON.
    static func json(_ value: some Encodable, status: Int = 200) throws(APIFailure) -> APIReply {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return APIReply(
                status: status, headers: [("content-type", "application/json")], body: Array(try encoder.encode(value)))
        } catch {
            // Only a number that JSON has not can fail here, and none is made.
            throw APIFailure(status: 500, error: "internal_error", reason: "the answer cannot be written")
        }
    }
}

/// A refusal in RabbitMQ's shape: `{"error": …, "reason": …}`.
struct APIFailure: Error, Hashable {
    var status: Int
    var error: String
    var reason: String

    static let notFound = APIFailure(status: 404, error: "Object Not Found", reason: "Not Found")
    static let notAllowed = APIFailure(status: 405, error: "Method Not Allowed", reason: "Method Not Allowed")
    static let unauthorized = APIFailure(status: 401, error: "not_authorized", reason: "Login failed")

    static func bad(_ reason: String) -> APIFailure { APIFailure(status: 400, error: "bad_request", reason: reason) }

    init(status: Int, error: String, reason: String) {
        self.status = status
        self.error = error
        self.reason = reason
    }

    /// What the endpoint's error is over HTTP.
    init(_ error: EndpointError) {
        switch error {
        case .notFound:
            self = .notFound
        case .refused(_, let reason):
            self = .bad(Self.withoutCode(reason))
        case .forbidden, .unauthorized:
            self.init(status: 401, error: "not_authorised", reason: "Access refused.")
        case .throttled:
            self.init(status: 429, error: "too_many_requests", reason: error.message)
        case .unreachable, .timedOut, .cancelled:
            self.init(status: 503, error: "service_unavailable", reason: error.message)
        case .server, .malformed:
            self.init(status: 500, error: "internal_error", reason: error.message)
        }
    }

    /// A channel's reply text without the name of its code, such as "PRECONDITION_FAILED - ", as RabbitMQ gives it here.
    private static func withoutCode(_ reason: String) -> String {
        let parts = reason.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "-", parts[0].allSatisfy({ $0.isUppercase || $0 == "_" }) else {
            return reason
        }
        return String(parts[2])
    }

    var reply: APIReply {
        struct Body: Encodable {
            var error: String
            var reason: String
        }
        var reply = (try? APIReply.json(Body(error: error, reason: reason), status: status)) ?? APIReply(status: status)
        if status == 401 { reply.headers.append(("www-authenticate", "Basic realm=\"Warren Management\"")) }
        return reply
    }
}
