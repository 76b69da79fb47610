public import Management
import NIOHTTP1
import Synchronization

/// A management HTTP API on another process or machine: RabbitMQ 3.10 to 4.x, LavinMQ or another Warren.
///
/// ```swift
/// let url = try EndpointURL("http://localhost:15672")
/// let endpoint = try RemoteEndpoint(url, credentials: Credentials(for: url, environment: environment))
/// let overview = try await endpoint.overview()
/// await endpoint.shutdown()
/// ```
///
/// At most two requests are in flight; more wait. Redirects are not followed, so credentials reach no other origin.
/// Must be shut down before it is released.
public final class RemoteEndpoint: Inspecting, Administering {
    /// Where it is, without userinfo.
    public let address: String
    private let transport: Transport
    private let known = Mutex<EndpointCapabilities?>(nil)

    /// An endpoint; nothing is sent yet.
    ///
    /// Throws ``ConfigurationError/insecure(address:)`` for plain http beyond loopback unless `allowInsecure`.
    public init(
        _ url: EndpointURL, credentials: Credentials, limits: RemoteLimits = RemoteLimits(),
        allowInsecure: Bool = false
    ) throws(ConfigurationError) {
        guard url.isEncrypted || url.isLoopback || allowInsecure else { throw .insecure(address: url.address) }
        address = url.address
        transport = Transport(address: url.address, credentials: credentials, limits: limits)
    }

    /// Ends all requests and closes the connections. The endpoint cannot be used afterwards.
    public func shutdown() async { await transport.shutdown() }

    /// What it is and what it can do: asked once, and again after the connection was lost (the broker may have been
    /// upgraded meanwhile).
    public func capabilities() async throws(EndpointError) -> EndpointCapabilities {
        if let capabilities = known.withLock({ $0 }) { return capabilities }
        let capabilities = try await probe(EndpointCapabilities(remote: try await overview()))
        known.withLock { $0 = capabilities }
        return capabilities
    }

    /// The broker at a glance.
    public func overview() async throws(EndpointError) -> Overview {
        try await get("/api/overview", "the overview", tag: "management")
    }

    /// The nodes the broker lists, by name.
    public func nodes() async throws(EndpointError) -> [NodeInfo] {
        let nodes: [NodeInfo] = try await get("/api/nodes", "the list of nodes", tag: "monitoring")
        return nodes.sorted { $0.name < $1.name }
    }

    /// One page of the queues, sorted and filtered by the broker. Where pages end before the one asked for, because
    /// queues were deleted meanwhile, the first one answers.
    public func queues(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo> {
        var request = request
        let capabilities = try await capabilities()
        if !capabilities.listsWithoutStatistics { request.withStatistics = true }
        do throws(EndpointError) {
            return try await page(request)
        } catch .refused(_, let reason) where request.page > 1 && reason.hasPrefix(Self.pageOutOfRange) {
            request.page = 1
            return try await page(request)
        }
    }

    /// How RabbitMQ begins its refusal of a page past the end (`page_out_of_range`).
    static let pageOutOfRange = "Page out of range"

    private func page(_ request: QueuePageRequest) async throws(EndpointError) -> Page<QueueInfo> {
        let resource = "the list of queues" + (request.vhost.map { " in vhost '\($0)'" } ?? "")
        let list: RemoteList<QueueInfo> = try await get(request.path, resource, tag: "management")
        switch list {
        case .page(let page): return page
        case .whole(let queues): return try request.page(of: queues)
        }
    }

    /// One queue with its consumers.
    public func queue(vhost: String, name: String) async throws(EndpointError) -> QueueInfo {
        try await get(
            Self.path("queues", QueueID(vhost: vhost, name: name)),
            Self.title("queue", QueueID(vhost: vhost, name: name)), tag: "management")
    }

    /// Declares a queue.
    public func declareQueue(
        vhost: String, name: String, settings: QueueSettings
    ) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .PUT, path: Self.path("queues", QueueID(vhost: vhost, name: name)),
                resource: Self.title("queue", QueueID(vhost: vhost, name: name)), doing: "declaring",
                body: try Transport.encode(DeclareQueueBody(settings))))
    }

    /// Deletes a queue.
    public func deleteQueue(
        vhost: String, name: String, ifEmpty: Bool, ifUnused: Bool
    ) async throws(EndpointError) {
        let conditions = [ifEmpty ? "if-empty=true" : nil, ifUnused ? "if-unused=true" : nil].compactMap { $0 }
        let query = conditions.isEmpty ? "" : "?" + conditions.joined(separator: "&")
        try await send(
            Transport.Request(
                method: .DELETE, path: Self.path("queues", QueueID(vhost: vhost, name: name)) + query,
                resource: Self.title("queue", QueueID(vhost: vhost, name: name)), doing: "deleting"))
    }

    /// Removes the ready messages of a queue. RabbitMQ does not say how many went.
    public func purgeQueue(vhost: String, name: String) async throws(EndpointError) -> Int? {
        try await send(
            Transport.Request(
                method: .DELETE, path: Self.path("queues", QueueID(vhost: vhost, name: name)) + "/contents",
                resource: Self.title("queue", QueueID(vhost: vhost, name: name)), doing: "purging"))
        return nil
    }

    // MARK: Requests

    func get<Value: Decodable>(
        _ path: String, _ resource: String, tag: String
    ) async throws(EndpointError) -> Value {
        let request = Transport.Request(method: .GET, path: path, resource: resource, tagNeeded: tag)
        return try Transport.decode(try await perform(request), what: resource)
    }

    func send(_ request: Transport.Request) async throws(EndpointError) {
        _ = try await perform(request)
    }

    func perform(_ request: Transport.Request) async throws(EndpointError) -> Transport.Reply {
        do throws(EndpointError) {
            return try await transport.perform(request)
        } catch {
            switch error {
            case .unreachable, .timedOut, .unauthorized: known.withLock { $0 = nil }
            default: break
            }
            throw error
        }
    }
}
