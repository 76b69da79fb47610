public import Management

/// What can be looked at beyond the queues.
extension RemoteEndpoint {
    /// One page of the exchanges.
    public func exchanges(_ request: ListRequest) async throws(EndpointError) -> Page<ExchangeInfo> {
        try await list(
            "/api/exchanges", request, what: "the list of exchanges", name: \.name, vhost: \.vhost, tag: "management")
    }

    /// The bindings at one end.
    public func bindings(_ scope: BindingScope) async throws(EndpointError) -> [BindingInfo] {
        let (path, owner) =
            switch scope {
            case .toQueue(let id): (Self.path("queues", id) + "/bindings", Self.title("queue", id))
            case .fromExchange(let id): (Self.path("exchanges", id) + "/bindings/source", Self.title("exchange", id))
            case .toExchange(let id):
                (Self.path("exchanges", id) + "/bindings/destination", Self.title("exchange", id))
            case .all(let vhost?): ("/api/bindings/\(vhost.percentEncoded)", "vhost '\(vhost)'")
            case .all(nil): ("/api/bindings", "every vhost")
            }
        return try await get(path, "the bindings of \(owner)", tag: "management")
    }

    /// One page of the client connections. LavinMQ and RabbitMQ give only the user's own without the tag "monitoring".
    public func connections(_ request: ListRequest) async throws(EndpointError) -> Page<ConnectionInfo> {
        try await list(
            "/api/connections", request, what: "the list of connections", name: \.name, vhost: \.vhost,
            tag: "monitoring")
    }

    /// One page of the channels.
    public func channels(_ request: ListRequest) async throws(EndpointError) -> Page<ChannelInfo> {
        try await list(
            "/api/channels", request, what: "the list of channels", name: \.name, vhost: \.vhost, tag: "monitoring")
    }

    /// One channel with its consumers.
    public func channel(name: String) async throws(EndpointError) -> ChannelInfo {
        try await get("/api/channels/\(name.percentEncoded)", "channel '\(name)'", tag: "monitoring")
    }

    /// The consumers of a vhost, or of all that the user may see.
    public func consumers(vhost: String?) async throws(EndpointError) -> [ConsumerInfo] {
        let scope = vhost.map { "/" + $0.percentEncoded } ?? ""
        return try await get("/api/consumers\(scope)", "the list of consumers", tag: "management")
    }

    /// The vhosts that the user may see, by name.
    public func vhosts() async throws(EndpointError) -> [VhostInfo] {
        let vhosts: [VhostInfo] = try await get("/api/vhosts", "the list of vhosts", tag: "management")
        return vhosts.sorted { $0.name < $1.name }
    }

    /// A page from the broker, or cut here where it gives the whole list. `/api/KIND/VHOST` lists one vhost, except
    /// that connections and channels have it the other way round: `/api/vhosts/VHOST/KIND`.
    private func list<Item: Decodable & Sendable>(
        _ path: String, _ request: ListRequest, what: String, name: (Item) -> String,
        vhost vhostOf: (Item) -> String?, tag: String
    ) async throws(EndpointError) -> Page<Item> {
        var request = request
        do throws(EndpointError) {
            return try await page(path, request, what, name, vhostOf, tag)
        } catch .refused(_, let reason) where request.page > 1 && reason.hasPrefix(Self.pageOutOfRange) {
            request.page = 1
            return try await page(path, request, what, name, vhostOf, tag)
        }
    }

    private func page<Item: Decodable & Sendable>(
        _ path: String, _ request: ListRequest, _ what: String, _ name: (Item) -> String,
        _ vhostOf: (Item) -> String?, _ tag: String
    ) async throws(EndpointError) -> Page<Item> {
        var scoped = path
        if let vhost = request.vhost {
            scoped =
                path == "/api/exchanges"
                ? "\(path)/\(vhost.percentEncoded)"
                : "/api/vhosts/\(vhost.percentEncoded)\(path.dropFirst("/api".count))"
        }
        let list: RemoteList<Item> = try await get(scoped + request.query, what, tag: tag)
        switch list {
        case .page(let page): return page
        case .whole(let items): return request.page(of: items, name: name, vhost: vhostOf)
        }
    }
}
