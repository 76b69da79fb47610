internal import HTTPTypes
internal import Hummingbird
internal import Logging
public import Management
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An HTTP port on which an endpoint is managed as a RabbitMQ is.
///
/// ```swift
/// let listener = try await ManagementListener.start(broker.endpoint, port: 15672, passwords: ["guest": "guest"])
/// print(listener.address)   // 127.0.0.1:15672
/// await listener.stop()
/// ```
public final class ManagementListener: Sendable {
    /// Where it listens.
    public let host: String
    /// The port that it got.
    public let port: Int
    private let service: Task<Void, any Error>
    private let group: ServiceGroup

    /// "HOST:PORT".
    public var address: String { "\(host):\(port)" }

    private init(host: String, port: Int, service: Task<Void, any Error>, group: ServiceGroup) {
        self.host = host
        self.port = port
        self.service = service
        self.group = group
    }

    /// The largest body of a request, bytes.
    public static let largestBody = 32 << 20

    /// Opens the port; 0 means any free one. `passwords` by user name say who may use it; every user may do everything.
    /// Throws ``ManagementListenError`` when the port cannot be opened.
    public static func start(
        _ endpoint: any Inspecting & Administering, host: String = "127.0.0.1", port: Int = 0,
        passwords: [String: String]
    ) async throws -> ManagementListener {
        let api = ManagementAPI(endpoint: endpoint, authentication: BasicAuthentication(passwords: passwords))
        let (bound, continuation) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "warren.management") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder { (request: Request, context: ClientContext) in
                await respond(request, api, isFromThisMachine: context.isFromThisMachine)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "Warren"),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: .singleton, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: application, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        let service = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        for await number in bound {
            return ManagementListener(host: host, port: number, service: service, group: group)
        }
        do {
            try await service.value
            throw ManagementListenError(host: host, port: port, reason: "it closed at once", isTaken: false)
        } catch let error as IOError {
            throw ManagementListenError(
                host: host, port: port, reason: error.errnoCode == EADDRINUSE ? "it is in use" : "\(error)",
                isTaken: error.errnoCode == EADDRINUSE)
        }
    }

    /// Answers the requests that are being carried out, takes no more, and closes the port.
    public func stop() async {
        await group.triggerGracefulShutdown()
        // It has told whoever started it what went wrong; now it only ends.
        _ = try? await service.value
    }

    private static func respond(
        _ request: Request, _ api: ManagementAPI, isFromThisMachine: Bool
    ) async -> Response {
        guard let method = APIRequest.Method(rawValue: request.method.rawValue) else {
            return response(APIFailure.notAllowed.reply, isHead: false)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: largestBody)
        } catch {
            let failure = APIFailure(
                status: 413, error: "payload_too_large", reason: "a body has up to \(largestBody) bytes")
            return response(failure.reply, isHead: false)
        }
        guard
            let parsed = APIRequest(
                method: method, target: request.head.path ?? "/", authorization: request.headers[.authorization],
                reason: HTTPField.Name("X-Reason").flatMap { request.headers[$0] },
                body: Array(body.readableBytesView), isFromThisMachine: isFromThisMachine)
        else { return response(APIFailure.notFound.reply, isHead: false) }
        return response(await api.reply(to: parsed), isHead: method == .head)
    }

    private static func response(_ reply: APIReply, isHead: Bool) -> Response {
        var headers = HTTPFields()
        for (name, value) in reply.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        let body =
            isHead || reply.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
        return Response(status: HTTPResponse.Status(code: reply.status), headers: headers, body: body)
    }
}

/// The port could not be opened.
public struct ManagementListenError: Error, Hashable, CustomStringConvertible {
    /// The address asked for.
    public let host: String
    /// The port asked for.
    public let port: Int
    /// Why not.
    public let reason: String
    /// Whether something else listens there.
    public let isTaken: Bool

    /// A port that could not be opened.
    public init(host: String, port: Int, reason: String, isTaken: Bool) {
        self.host = host
        self.port = port
        self.reason = reason
        self.isTaken = isTaken
    }

    /// One sentence for a person.
    public var description: String { "the management port \(host):\(port) cannot be opened: \(reason)" }
}
