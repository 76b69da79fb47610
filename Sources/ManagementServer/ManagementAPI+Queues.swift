internal import Management

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `/api/queues`.
extension ManagementAPI {
    func queues(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        // A vhost may be called so, too: its queues have shorter paths.
        if path.count > 4, path[1] == "quorum" { return try await replicas(request) }
        switch (path.count, request.method) {
        case (1, .get): return try await listQueues(request, vhost: nil)
        case (2, .get): return try await listQueues(request, vhost: path[1])
        case (3, _): return try await queue(request, ObjectID(vhost: path[1], name: path[2]))
        case (4, .get) where path[3] == "bindings":
            let id = ObjectID(vhost: path[1], name: path[2])
            return try .json(try await endpoint.bindings(.toQueue(id)).map(\.named))
        case (4, .delete) where path[3] == "contents":
            _ = try await endpoint.purgeQueue(vhost: path[1], name: path[2])
            return .done
        case (4, .post) where path[3] == "get":
            return try await get(request, ObjectID(vhost: path[1], name: path[2]))
        case (1...2, _),
            (4, _) where ["bindings", "contents", "get"].contains(path.last):
            throw APIFailure.notAllowed
        default: throw APIFailure.notFound
        }
    }

    private func listQueues(_ request: APIRequest, vhost: String?) async throws -> APIReply {
        if let vhost { try await self.vhost(vhost) }
        let sort = request.query["sort"].flatMap(QueueSortField.init(rawValue:))
        let descending = request.query["sort_reverse"] == "true"
        let withStatistics = request.query["disable_stats"] != "true"
        guard let paging = try Paging(request.query) else {
            var all: [QueueInfo] = []
            var number = 1
            while true {
                let page = try await endpoint.queues(
                    QueuePageRequest(
                        page: number, pageSize: EndpointCapabilities.largestPage, sort: sort, descending: descending,
                        vhost: vhost, withStatistics: withStatistics))
                all += page.items
                if page.items.isEmpty || all.count >= page.filteredCount { return try .json(all) }
                number += 1
            }
        }
        let page = try await endpoint.queues(
            QueuePageRequest(
                page: paging.page, pageSize: paging.size, sort: sort, descending: descending, nameFilter: paging.name,
                vhost: vhost, withStatistics: withStatistics))
        try paging.check(page.filteredCount)
        return try .json(page)
    }

    private struct QueueBody: Decodable {
        var durable: Bool?
        var autoDelete: Bool?
        var arguments: [String: JSONValue]?

        enum CodingKeys: String, CodingKey {
            case durable, arguments
            case autoDelete = "auto_delete"
        }
    }

    private func queue(_ request: APIRequest, _ id: ObjectID) async throws -> APIReply {
        switch request.method {
        case .get, .head:
            return try .json(try await endpoint.queue(vhost: id.vhost, name: id.name))
        case .put:
            let body = try request.json(QueueBody.self)
            try await vhost(id.vhost)
            let isKnown = try await exists { try await endpoint.queue(vhost: id.vhost, name: id.name) }
            try await endpoint.declareQueue(
                vhost: id.vhost, name: id.name,
                settings: QueueSettings(
                    durable: body.durable ?? false, autoDelete: body.autoDelete ?? false,
                    arguments: body.arguments ?? [:]))
            return isKnown ? .done : .created
        case .delete:
            try await endpoint.deleteQueue(
                vhost: id.vhost, name: id.name, ifEmpty: request.query["if-empty"] == "true",
                ifUnused: request.query["if-unused"] == "true")
            return .done
        default:
            throw APIFailure.notAllowed
        }
    }

    /// Whether something is there.
    func exists(_ look: () async throws -> some Any) async throws -> Bool {
        do {
            _ = try await look()
            return true
        } catch EndpointError.notFound {
            return false
        }
    }

    private struct GetBody: Decodable {
        var count: Int
        var ackmode: AckMode
        var encoding: String
        var truncate: Int?
    }

    private struct GotMessage: Encodable {
        var payloadBytes: Int
        var redelivered: Bool
        var exchange: String
        var routingKey: String
        var messageCount: Int
        var properties: [String: JSONValue]
        var payload: String
        var payloadEncoding: String

        enum CodingKeys: String, CodingKey {
            case redelivered, exchange, properties, payload
            case payloadBytes = "payload_bytes"
            case routingKey = "routing_key"
            case messageCount = "message_count"
            case payloadEncoding = "payload_encoding"
        }

        init(_ message: FetchedMessage, asText: Bool) {
            payloadBytes = message.payloadBytes
            redelivered = message.redelivered
            exchange = message.exchange
            routingKey = message.routingKey
            messageCount = message.messagesLeft ?? 0
            properties = message.properties
            if asText, let text = String(validating: message.payload, as: UTF8.self) {
                payload = text
                payloadEncoding = "string"
            } else {
                payload = Data(message.payload).base64EncodedString()
                payloadEncoding = "base64"
            }
        }
    }

    private func get(_ request: APIRequest, _ id: ObjectID) async throws -> APIReply {
        let body = try request.json(GetBody.self)
        guard ["auto", "base64"].contains(body.encoding) else {
            throw APIFailure.bad("Unsupported encoding. Please use auto or base64.")
        }
        guard body.count > 0 else { return try .json([JSONValue]()) }
        let messages = try await endpoint.getMessages(
            vhost: id.vhost, queue: id.name, count: body.count, mode: body.ackmode, truncate: body.truncate)
        return try .json(messages.map { GotMessage($0, asText: body.encoding == "auto") })
    }
}
