internal import Management

/// The part of RabbitMQ's management API that a console uses, over any endpoint: routes, shapes and status codes as
/// RabbitMQ 3.10 has them (https://www.rabbitmq.com/docs/management, "HTTP API").
struct ManagementAPI: Sendable {
    let endpoint: any Inspecting & Administering
    let authentication: BasicAuthentication

    /// Answers a request; never fails.
    func reply(to request: APIRequest) async -> APIReply {
        guard let user = authentication.user(request.authorization) else { return APIFailure.unauthorized.reply }
        do {
            return try await route(request, user: user)
        } catch let failure as APIFailure {
            return failure.reply
        } catch let error as EndpointError {
            return APIFailure(error).reply
        } catch {
            return APIFailure(status: 500, error: "internal_error", reason: "\(type(of: error))").reply
        }
    }

    private func route(_ request: APIRequest, user: String) async throws -> APIReply {
        switch request.path.first {
        case "queues": try await queues(request)
        case "exchanges": try await exchanges(request)
        case "bindings": try await bindings(request)
        case "vhosts": try await vhosts(request)
        case "policies": try await policies(request)
        case "connections", "channels", "consumers": try await clients(request)
        case "warren": try await warren(request)
        default: try await broker(request, user: user)
        }
    }

    // MARK: The broker itself

    private struct WhoAmI: Encodable {
        var name: String
        var tags = ["administrator"]
    }

    private func broker(_ request: APIRequest, user: String) async throws -> APIReply {
        switch (request.path.count, request.path[0]) {
        case (1, "overview"):
            try request.mustRead()
            return try .json(try await endpoint.overview())
        case (1, "nodes"):
            try request.mustRead()
            return try .json(try await endpoint.nodes())
        case (2, "nodes"):
            try request.mustRead()
            guard let node = try await endpoint.nodes().first(where: { $0.name == request.path[1] }) else {
                throw APIFailure.notFound
            }
            return try .json(node)
        case (1, "whoami"):
            try request.mustRead()
            return try .json(WhoAmI(name: user))
        default:
            throw APIFailure.notFound
        }
    }

    // MARK: Vhosts

    private func vhosts(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        switch (path.count, request.method) {
        case (1, .get):
            return try .json(try await endpoint.vhosts())
        case (2, .get):
            return try .json(try await vhost(path[1]))
        case (2, .put):
            let isKnown = try await endpoint.vhosts().contains { $0.name == path[1] }
            try await endpoint.declareVhost(name: path[1])
            return isKnown ? .done : .created
        case (2, .delete):
            try await endpoint.deleteVhost(name: path[1])
            return .done
        case (3, .get) where path[2] == "connections":
            return try await list(request, vhost: path[1], \.name, \.vhost, endpoint.connections)
        case (3, .get) where path[2] == "channels":
            return try await list(request, vhost: path[1], \.name, \.vhost, endpoint.channels)
        case (1...2, _):
            throw APIFailure.notAllowed
        default:
            throw APIFailure.notFound
        }
    }

    /// The vhost, or not found.
    @discardableResult
    func vhost(_ name: String) async throws -> VhostInfo {
        guard let vhost = try await endpoint.vhosts().first(where: { $0.name == name }) else {
            throw APIFailure.notFound
        }
        return vhost
    }

    // MARK: Connections, channels, consumers

    private func clients(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        switch (path[0], path.count, request.method) {
        case ("connections", 1, .get):
            return try await list(request, vhost: nil, \.name, \.vhost, endpoint.connections)
        case ("connections", 2, .get):
            return try .json(try await connection(path[1]))
        case ("connections", 2, .delete):
            try await endpoint.closeConnection(
                name: path[1], reason: request.reason ?? "Closed via management plugin")
            return .done
        case ("connections", 3, .get) where path[2] == "channels":
            let name = try await connection(path[1]).name
            let channels = try await all(endpoint.channels, vhost: nil)
            return try .json(channels.filter { $0.connectionDetails?.connectionName == name })
        case ("channels", 1, .get):
            return try await list(request, vhost: nil, \.name, \.vhost, endpoint.channels)
        case ("channels", 2, .get):
            return try .json(try await endpoint.channel(name: path[1]))
        case ("consumers", 1, .get):
            return try .json(try await endpoint.consumers(vhost: nil))
        case ("consumers", 2, .get):
            try await vhost(path[1])
            return try .json(try await endpoint.consumers(vhost: path[1]))
        case (_, 1...2, _):
            throw APIFailure.notAllowed
        default:
            throw APIFailure.notFound
        }
    }

    private func connection(_ name: String) async throws -> ConnectionInfo {
        guard let found = try await all(endpoint.connections, vhost: nil).first(where: { $0.name == name }) else {
            throw APIFailure.notFound
        }
        return found
    }

    // MARK: Lists

    /// A list: bare, or the page that the query asks for.
    func list<Item: Encodable & Sendable>(
        _ request: APIRequest, vhost: String?, _ name: (Item) -> String, _ vhostOf: (Item) -> String?,
        _ ask: @Sendable (ListRequest) async throws(EndpointError) -> Page<Item>
    ) async throws -> APIReply {
        if let vhost { try await self.vhost(vhost) }
        guard let paging = try Paging(request.query) else { return try .json(try await all(ask, vhost: vhost)) }
        let page = try await ask(
            ListRequest(page: paging.page, pageSize: paging.size, nameFilter: paging.name, vhost: vhost))
        try paging.check(page.filteredCount)
        return try .json(page)
    }

    /// Everything, page by page.
    func all<Item: Sendable>(
        _ ask: @Sendable (ListRequest) async throws(EndpointError) -> Page<Item>, vhost: String?
    ) async throws -> [Item] {
        var items: [Item] = []
        var number = 1
        while true {
            let page = try await ask(ListRequest(page: number, vhost: vhost))
            items += page.items
            if page.items.isEmpty || items.count >= page.filteredCount { return items }
            number += 1
        }
    }
}

extension APIRequest {
    /// Refuses what would change something that is only read.
    func mustRead() throws(APIFailure) {
        guard method == .get || method == .head else { throw .notAllowed }
    }
}
