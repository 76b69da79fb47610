public import Management
import NIOHTTP1

/// What can be changed beyond the queues.
extension RemoteEndpoint {
    /// Declares a vhost. On RabbitMQ its creator has no permissions in it until they are given.
    public func declareVhost(name: String) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .PUT, path: "/api/vhosts/\(name.percentEncoded)", resource: "vhost '\(name)'",
                doing: "declaring", tagNeeded: "administrator"))
    }

    /// Deletes a vhost with everything in it.
    public func deleteVhost(name: String) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .DELETE, path: "/api/vhosts/\(name.percentEncoded)", resource: "vhost '\(name)'",
                doing: "deleting", tagNeeded: "administrator"))
    }

    /// Declares an exchange.
    public func declareExchange(
        vhost: String, name: String, settings: ExchangeSettings
    ) async throws(EndpointError) {
        let id = ObjectID(vhost: vhost, name: name)
        try await send(
            Transport.Request(
                method: .PUT, path: Self.path("exchanges", id), resource: Self.title("exchange", id),
                doing: "declaring", body: try Transport.encode(DeclareExchangeBody(settings))))
    }

    /// Deletes an exchange with its bindings.
    public func deleteExchange(vhost: String, name: String, ifUnused: Bool) async throws(EndpointError) {
        let id = ObjectID(vhost: vhost, name: name)
        try await send(
            Transport.Request(
                method: .DELETE, path: Self.path("exchanges", id) + (ifUnused ? "?if-unused=true" : ""),
                resource: Self.title("exchange", id), doing: "deleting"))
    }

    /// Binds a queue or an exchange to an exchange.
    public func bind(_ binding: BindingInfo) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .POST, path: Self.path(between: binding), resource: Self.title(binding), doing: "adding",
                body: try Transport.encode(
                    BindBody(routingKey: binding.routingKey, arguments: binding.arguments))))
    }

    /// Removes a binding. Where it was not listed by the broker, and so has no properties key, the broker is asked
    /// for it first.
    public func unbind(_ binding: BindingInfo) async throws(EndpointError) {
        let path = Self.path(between: binding)
        var key = binding.propertiesKey
        if key == nil {
            let listed: [BindingInfo] = try await get(path, Self.title(binding), tag: "management")
            key =
                listed.first { $0.routingKey == binding.routingKey && $0.arguments == binding.arguments }?
                .propertiesKey
        }
        guard let key else { throw .notFound(Self.title(binding)) }
        try await send(
            Transport.Request(
                method: .DELETE, path: path + "/" + key.percentEncoded, resource: Self.title(binding),
                doing: "removing"))
    }

    /// Publishes one message; returns whether any queue took it.
    public func publish(
        _ message: OutgoingMessage, vhost: String, exchange: String
    ) async throws(EndpointError) -> Bool {
        // The default exchange has a name of its own here (RabbitMQ's HTTP API).
        let id = ObjectID(vhost: vhost, name: exchange.isEmpty ? "amq.default" : exchange)
        let resource = exchange.isEmpty ? "the default exchange" : Self.title("exchange", id)
        let reply = try await perform(
            Transport.Request(
                method: .POST, path: Self.path("exchanges", id) + "/publish", resource: resource,
                doing: "publishing to", body: try Transport.encode(PublishBody(message))))
        let answer: PublishReply = try Transport.decode(reply, what: "the answer to publishing")
        return answer.routed
    }

    /// Reads messages from the head of a queue. RabbitMQ takes at most 50,000 at once and none may be large together:
    /// a reply over the limit is ``EndpointError/malformed(_:)``.
    public func getMessages(
        vhost: String, queue: String, count: Int, mode: AckMode, truncate: Int?
    ) async throws(EndpointError) -> [FetchedMessage] {
        let id = ObjectID(vhost: vhost, name: queue)
        let reply = try await perform(
            Transport.Request(
                method: .POST, path: Self.path("queues", id) + "/get", resource: Self.title("queue", id),
                doing: "reading",
                body: try Transport.encode(
                    GetBody(count: max(1, count), ackMode: mode, truncate: truncate))))
        let messages: [GetReply] = try Transport.decode(reply, what: "the messages of \(Self.title("queue", id))")
        return messages.map(\.message)
    }

    /// Closes a client's connection; the client is told the reason.
    public func closeConnection(name: String, reason: String) async throws(EndpointError) {
        try await send(
            Transport.Request(
                method: .DELETE, path: "/api/connections/\(name.percentEncoded)", resource: "connection '\(name)'",
                doing: "closing", headers: [("X-Reason", reason)]))
    }

    static func path(_ kind: String, _ id: ObjectID) -> String {
        // The default exchange's empty name cannot stand in a path.
        let name = kind == "exchanges" && id.name.isEmpty ? "amq.default" : id.name
        return "/api/\(kind)/\(id.vhost.percentEncoded)/\(name.percentEncoded)"
    }

    static func title(_ kind: String, _ id: ObjectID) -> String { "\(kind) '\(id.name)' in vhost '\(id.vhost)'" }

    private static func path(between binding: BindingInfo) -> String {
        let kind = binding.destinationType == .queue ? "q" : "e"
        let source = binding.source.isEmpty ? "amq.default" : binding.source
        return "/api/bindings/\(binding.vhost.percentEncoded)/e/\(source.percentEncoded)"
            + "/\(kind)/\(binding.destination.percentEncoded)"
    }

    private static func title(_ binding: BindingInfo) -> String {
        "the binding from '\(binding.source)' to '\(binding.destination)' in vhost '\(binding.vhost)'"
    }
}
