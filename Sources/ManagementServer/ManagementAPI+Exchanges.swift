internal import Management

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// `/api/exchanges` and `/api/bindings`.
extension ManagementAPI {
    func exchanges(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        // The default exchange's empty name cannot stand in a path.
        func id() -> ObjectID { ObjectID(vhost: path[1], name: path[2] == "amq.default" ? "" : path[2]) }
        switch (path.count, request.method) {
        case (1, .get): return try await list(request, vhost: nil, \.name, \.vhost, endpoint.exchanges)
        case (2, .get): return try await list(request, vhost: path[1], \.name, \.vhost, endpoint.exchanges)
        case (3, _): return try await exchange(request, id())
        case (4, .post) where path[3] == "publish": return try await publish(request, id())
        case (5, .get) where path[3] == "bindings" && path[4] == "source":
            return try .json(try await endpoint.bindings(.fromExchange(id())).map(\.named))
        case (5, .get) where path[3] == "bindings" && path[4] == "destination":
            return try .json(try await endpoint.bindings(.toExchange(id())).map(\.named))
        case (1...2, _),
            (4, _) where path.count < 4 || path[3] == "publish":
            throw APIFailure.notAllowed
        default: throw APIFailure.notFound
        }
    }

    private struct ExchangeBody: Decodable {
        var type: String?
        var durable: Bool?
        var autoDelete: Bool?
        var `internal`: Bool?
        var arguments: [String: JSONValue]?

        enum CodingKeys: String, CodingKey {
            case type, durable, `internal`, arguments
            case autoDelete = "auto_delete"
        }
    }

    private func exchange(_ request: APIRequest, _ id: ObjectID) async throws -> APIReply {
        switch request.method {
        case .get, .head:
            return try .json(try await find(id))
        case .put:
            let body = try request.json(ExchangeBody.self)
            try await vhost(id.vhost)
            let isKnown = try await exists { try await endpoint.bindings(.fromExchange(id)) }
            try await endpoint.declareExchange(
                vhost: id.vhost, name: id.name,
                settings: ExchangeSettings(
                    type: body.type ?? "direct", durable: body.durable ?? false, autoDelete: body.autoDelete ?? false,
                    internal: body.internal ?? false, arguments: body.arguments ?? [:]))
            return isKnown ? .done : .created
        case .delete:
            try await endpoint.deleteExchange(
                vhost: id.vhost, name: id.name, ifUnused: request.query["if-unused"] == "true")
            return .done
        default:
            throw APIFailure.notAllowed
        }
    }

    private func find(_ id: ObjectID) async throws -> ExchangeInfo {
        guard let found = try await all(endpoint.exchanges, vhost: id.vhost).first(where: { $0.name == id.name }) else {
            throw APIFailure.notFound
        }
        return found
    }

    private struct MessageBody: Decodable {
        var properties: [String: JSONValue]
        var routingKey: String
        var payload: String
        var payloadEncoding: String

        enum CodingKeys: String, CodingKey {
            case properties, payload
            case routingKey = "routing_key"
            case payloadEncoding = "payload_encoding"
        }
    }

    private struct Routed: Encodable {
        var routed: Bool
    }

    private func publish(_ request: APIRequest, _ id: ObjectID) async throws -> APIReply {
        let body = try request.json(MessageBody.self)
        let payload: [UInt8]
        switch body.payloadEncoding {
        case "string":
            payload = Array(body.payload.utf8)
        case "base64":
            guard let data = Data(base64Encoded: body.payload) else { throw APIFailure.bad("payload is not base64") }
            payload = Array(data)
        default:
            throw APIFailure.bad("unsupported_payload_encoding")
        }
        let message = OutgoingMessage(routingKey: body.routingKey, payload: payload, properties: body.properties)
        return try .json(Routed(routed: try await endpoint.publish(message, vhost: id.vhost, exchange: id.name)))
    }

    // MARK: Bindings

    func bindings(_ request: APIRequest) async throws -> APIReply {
        let path = request.path
        switch (path.count, request.method) {
        case (1, .get): return try .json(try await endpoint.bindings(.all(vhost: nil)).map(\.named))
        case (2, .get):
            try await vhost(path[1])
            return try .json(try await endpoint.bindings(.all(vhost: path[1])).map(\.named))
        case (6, _) where path[2] == "e" && ["q", "e"].contains(path[4]):
            return try await between(request)
        case (7, _) where path[2] == "e" && ["q", "e"].contains(path[4]):
            let found = try await listed(request).first { $0.propertiesKey == path[6] }
            guard let found else { throw APIFailure.notFound }
            switch request.method {
            case .get:
                return try .json(found)
            case .delete:
                try await endpoint.unbind(found)
                return .done
            default:
                throw APIFailure.notAllowed
            }
        case (1...2, _): throw APIFailure.notAllowed
        default: throw APIFailure.notFound
        }
    }

    private struct BindBody: Decodable {
        var routingKey: String?
        var arguments: [String: JSONValue]?

        enum CodingKeys: String, CodingKey {
            case arguments
            case routingKey = "routing_key"
        }
    }

    private func between(_ request: APIRequest) async throws -> APIReply {
        switch request.method {
        case .get:
            return try .json(try await listed(request))
        case .post:
            let body = try request.json(BindBody.self)
            let path = request.path
            let binding = BindingInfo(
                vhost: path[1], source: path[3], destination: path[5],
                destinationType: path[4] == "q" ? .queue : .exchange, routingKey: body.routingKey ?? "",
                arguments: body.arguments ?? [:])
            try await endpoint.bind(binding)
            let kind = path[4]
            let place = [path[1], "e", path[3], kind, path[5], binding.named.propertiesKey ?? "~"].map(\.quotedPlus)
            return APIReply(status: 201, headers: [("location", "../../../../" + place.joined(separator: "/"))])
        default:
            throw APIFailure.notAllowed
        }
    }

    /// The bindings between the two ends that the path names.
    private func listed(_ request: APIRequest) async throws -> [BindingInfo] {
        let path = request.path
        let destination = ObjectID(vhost: path[1], name: path[5])
        let source = path[3] == "amq.default" ? "" : path[3]
        return try await endpoint.bindings(path[4] == "q" ? .toQueue(destination) : .toExchange(destination))
            .filter { $0.source == source }.map(\.named)
    }
}

extension BindingInfo {
    /// The binding with the name that tells it from others between the same ends: its routing key, and where there are
    /// arguments a hash of them (RabbitMQ's `properties_key`).
    var named: BindingInfo {
        var named = self
        if arguments.isEmpty {
            named.propertiesKey = routingKey.isEmpty ? "~" : routingKey.quotedPlus
        } else {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in JSONValue.object(arguments).description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            named.propertiesKey = routingKey.quotedPlus + "~" + String(hash, radix: 36)
        }
        return named
    }
}
