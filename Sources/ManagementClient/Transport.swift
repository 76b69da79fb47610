import AsyncHTTPClient
import Management
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One request, one reply, under the limits: what ``RemoteEndpoint`` sends goes through here.
struct Transport: Sendable {
    struct Request: Sendable {
        var method: HTTPMethod
        var path: String
        /// What is asked for, for a person: a noun.
        var resource: String
        /// What would be done to it: "deleting"; nothing where it is only read.
        var doing: String?
        /// The user tag that allows it, where one tag does.
        var tagNeeded: String?
        var body: ByteBuffer?
        /// Fields beyond those of every request. Line ends in a value are written as spaces.
        var headers: [(String, String)] = []
    }

    struct Reply: Sendable {
        var status: Int
        var body: ByteBuffer
        var retryAfter: String?
        var location: String?
    }

    let address: String
    let limits: RemoteLimits
    private let authorization: String
    private let client: HTTPClient

    init(address: String, credentials: Credentials, limits: RemoteLimits) {
        self.address = address
        self.limits = limits
        authorization = credentials.authorization
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(limits.connectTimeout), read: TimeAmount(limits.requestTimeout)))
        // HTTP/1 only: one request per connection, so the pool's limit is the limit of requests in flight.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = RemoteLimits.requestsInFlight
        // The caller decides when to try again, or whom to ask instead.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Shorter than RabbitMQ's 60 s, so that a request does not meet a connection being closed.
        configuration.connectionPool.idleTimeout = .seconds(30)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async {
        // Fails only where it was shut down before, which leaves nothing to do.
        try? await client.shutdown()
    }

    /// Sends a request and returns a reply of status 2xx; everything else is an error.
    func perform(_ request: Request) async throws(EndpointError) -> Reply {
        let reply = try await exchange(request)
        guard (200..<300).contains(reply.status) else { throw failure(of: request, reply) }
        return reply
    }

    // MARK: Exchange

    private func exchange(_ request: Request) async throws(EndpointError) -> Reply {
        do {
            return try await withThrowingTaskGroup(of: Reply?.self) { group in
                group.addTask { try await self.send(request) }
                group.addTask {
                    try await Task.sleep(for: self.limits.requestTimeout)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let reply = first else {
                    throw EndpointError.timedOut(self.address, after: self.limits.requestTimeout)
                }
                return reply
            }
        } catch {
            throw endpointError(error, of: request)
        }
    }

    private func send(_ request: Request) async throws -> Reply {
        var message = HTTPClientRequest(url: address + request.path)
        message.method = request.method
        // No Accept: RabbitMQ answers 406 to one on requests that have no reply body.
        message.headers = ["Authorization": authorization, "User-Agent": "warren"]
        for (name, value) in request.headers {
            let line = value.unicodeScalars.map { $0.isASCII && $0.value >= 32 && $0.value != 127 ? $0 : " " }
            message.headers.add(name: name, value: String(String.UnicodeScalarView(line)))
        }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: "application/json")
            message.body = .bytes(body)
        }
        let response = try await client.execute(message, timeout: TimeAmount(limits.requestTimeout))
        let status = Int(response.status.code)
        let limit = status < 300 ? limits.largestReply : RemoteLimits.largestErrorBody
        var reply = Reply(
            status: status, body: ByteBuffer(), retryAfter: response.headers.first(name: "Retry-After"),
            location: response.headers.first(name: "Location"))
        do {
            reply.body = try await response.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError where status >= 300 {
            // The status tells enough; the rest of an endless error page does not matter.
        }
        try Task.checkCancellation()
        return reply
    }

    // MARK: Bodies

    static func decode<Value: Decodable>(_ reply: Reply, what: String) throws(EndpointError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(reply.body.readableBytesView))
        } catch let error as DecodingError {
            throw .malformed("\(what): \(error.place)")
        } catch {
            throw .malformed("\(what) is not JSON")
        }
    }

    static func encode(_ value: some Encodable) throws(EndpointError) -> ByteBuffer {
        do {
            return ByteBuffer(bytes: try JSONEncoder().encode(value))
        } catch {
            throw .malformed("the arguments cannot be written as JSON")
        }
    }
}

extension DecodingError {
    /// What is wrong and where, without the value itself.
    fileprivate var place: String {
        let (problem, context): (String, Context) =
            switch self {
            case .typeMismatch(_, let context): ("a value of another type", context)
            case .valueNotFound(_, let context): ("no value", context)
            case .keyNotFound(let key, let context): ("no '\(key.stringValue)'", context)
            case .dataCorrupted(let context): ("not JSON, or cut off", context)
            @unknown default: ("unreadable", Context(codingPath: [], debugDescription: ""))
            }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return path.isEmpty ? problem : "\(problem) at \(path.joined(separator: "."))"
    }
}
