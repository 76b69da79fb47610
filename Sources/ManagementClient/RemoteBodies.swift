import Management

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

/// What `GET /api/queues` gives: a page where the broker pages, else a bare list.
enum QueueList: Decodable {
    case page(Page<QueueInfo>)
    case whole([QueueInfo])

    init(from decoder: any Decoder) throws {
        if (try? decoder.unkeyedContainer()) != nil {
            self = .whole(try [QueueInfo](from: decoder))
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
