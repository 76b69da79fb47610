import Management

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `PUT /api/queues/VHOST/NAME` takes.
struct DeclareQueueBody: Encodable {
    var durable: Bool
    var autoDelete: Bool
    var arguments: [String: JSONValue]

    init(_ settings: QueueSettings) {
        durable = settings.durable
        autoDelete = settings.autoDelete
        arguments = settings.arguments
    }

    enum CodingKeys: String, CodingKey {
        case durable, arguments
        case autoDelete = "auto_delete"
    }
}

/// What `PUT /api/exchanges/VHOST/NAME` takes.
struct DeclareExchangeBody: Encodable {
    var type: String
    var durable: Bool
    var autoDelete: Bool
    var `internal`: Bool
    var arguments: [String: JSONValue]

    init(_ settings: ExchangeSettings) {
        type = settings.type
        durable = settings.durable
        autoDelete = settings.autoDelete
        `internal` = settings.internal
        arguments = settings.arguments
    }

    enum CodingKeys: String, CodingKey {
        case type, durable, `internal`, arguments
        case autoDelete = "auto_delete"
    }
}

/// What `POST /api/bindings/VHOST/e/SOURCE/q/DESTINATION` takes.
struct BindBody: Encodable {
    var routingKey: String
    var arguments: [String: JSONValue]

    enum CodingKeys: String, CodingKey {
        case arguments
        case routingKey = "routing_key"
    }
}

/// What `POST /api/exchanges/VHOST/NAME/publish` takes; the body goes as base64, which holds any bytes.
struct PublishBody: Encodable {
    var properties: [String: JSONValue]
    var routingKey: String
    var payload: String
    var payloadEncoding = "base64"

    init(_ message: OutgoingMessage) {
        properties = message.properties
        routingKey = message.routingKey
        payload = Data(message.payload).base64EncodedString()
    }

    enum CodingKeys: String, CodingKey {
        case properties, payload
        case routingKey = "routing_key"
        case payloadEncoding = "payload_encoding"
    }
}

/// What a publish answers.
struct PublishReply: Decodable {
    var routed: Bool
}

/// What `POST /api/queues/VHOST/NAME/get` takes.
struct GetBody: Encodable {
    var count: Int
    var ackMode: AckMode
    var encoding = "base64"
    var truncate: Int?

    enum CodingKeys: String, CodingKey {
        case count, encoding, truncate
        case ackMode = "ackmode"
    }
}

/// One message of a get's answer. `payload_encoding` is "string" where the broker found text although base64 was
/// asked for (LavinMQ).
struct GetReply: Decodable {
    var message: FetchedMessage

    enum CodingKeys: String, CodingKey {
        case exchange, redelivered, payload, properties
        case routingKey = "routing_key"
        case payloadBytes = "payload_bytes"
        case payloadEncoding = "payload_encoding"
        case messageCount = "message_count"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decode(String.self, forKey: .payload)
        var payload = Array(text.utf8)
        if try container.decodeIfPresent(String.self, forKey: .payloadEncoding) == "base64" {
            guard let data = Data(base64Encoded: text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .payload, in: container, debugDescription: "not base64")
            }
            payload = Array(data)
        }
        message = FetchedMessage(
            exchange: try container.decode(String.self, forKey: .exchange),
            routingKey: try container.decode(String.self, forKey: .routingKey),
            redelivered: try container.decode(Bool.self, forKey: .redelivered), payload: payload,
            payloadBytes: (try? container.decode(Int.self, forKey: .payloadBytes)) ?? payload.count,
            // RabbitMQ writes no properties as an empty list.
            properties: (try? container.decode([String: JSONValue].self, forKey: .properties)) ?? [:],
            messagesLeft: try? container.decode(Int.self, forKey: .messageCount))
    }
}

/// What a list of the API gives: a page where the broker pages, else a bare list.
enum RemoteList<Item: Decodable & Sendable>: Decodable {
    case page(Page<Item>)
    case whole([Item])

    init(from decoder: any Decoder) throws {
        if (try? decoder.unkeyedContainer()) != nil {
            self = .whole(try [Item](from: decoder))
        } else {
            self = .page(try Page(from: decoder))
        }
    }
}

/// An error's body: `{"error": "bad_request", "reason": "…"}`.
struct ErrorBody: Decodable {
    var reason: String
}

extension QueuePageRequest {
    /// The path and query that ask RabbitMQ for this page
    /// (https://www.rabbitmq.com/docs/management#http-api-endpoints, "Pagination").
    var path: String {
        var query = ["page=\(max(1, page))", "page_size=\(min(max(1, pageSize), EndpointCapabilities.largestPage))"]
        if let sort { query.append("sort=\(sort.rawValue)") }
        if descending { query.append("sort_reverse=true") }
        if !nameFilter.isEmpty {
            query.append("name=\(nameFilter.percentEncoded)")
            query.append("use_regex=\(usesRegex)")
        }
        if !withStatistics { query.append("disable_stats=true&enable_queue_totals=true") }
        let scope = vhost.map { "/" + $0.percentEncoded } ?? ""
        return "/api/queues\(scope)?" + query.joined(separator: "&")
    }
}

extension ListRequest {
    /// The query that asks RabbitMQ for this page.
    var query: String {
        var query = ["page=\(max(1, page))", "page_size=\(min(max(1, pageSize), EndpointCapabilities.largestPage))"]
        if !nameFilter.isEmpty { query.append("name=\(nameFilter.percentEncoded)&use_regex=false") }
        return "?" + query.joined(separator: "&")
    }
}
