public import Management

/// A change of the broker that a person asks for. Every one passes the gate: read-only check, a fresh look at what
/// it hits or a form that says it, confirmation, execution, receipt, log.
public enum Mutation: Hashable, Sendable {
    /// Declares a queue.
    case declareQueue(QueueID, QueueSettings)
    /// Removes a queue's ready messages.
    case purgeQueue(QueueID)
    /// Deletes a queue with its messages, where asked only if it is empty or unused.
    case deleteQueue(QueueID, ifEmpty: Bool, ifUnused: Bool)
    /// Declares an exchange.
    case declareExchange(ObjectID, ExchangeSettings)
    /// Deletes an exchange with its bindings.
    case deleteExchange(ObjectID)
    /// Adds a binding.
    case bind(BindingInfo)
    /// Removes a binding.
    case unbind(BindingInfo)
    /// Publishes a message to an exchange.
    case publish(ObjectID, OutgoingMessage)
    /// Reads messages from a queue: they are marked redelivered, or gone.
    case getMessages(QueueID, count: Int, mode: AckMode)
    /// Moves messages from the head of a queue to another one of its vhost, or copies them.
    case move(from: QueueID, to: String, count: Int, keeps: Bool)
    /// Closes a client's connection by its name.
    case closeConnection(String, reason: String)

    /// What is changed. A connection is in no vhost.
    public var target: ObjectID {
        switch self {
        case .declareQueue(let id, _), .purgeQueue(let id), .deleteQueue(let id, _, _), .getMessages(let id, _, _),
            .declareExchange(let id, _), .deleteExchange(let id), .publish(let id, _), .move(let id, _, _, _):
            id
        case .bind(let binding), .unbind(let binding): ObjectID(vhost: binding.vhost, name: binding.destination)
        case .closeConnection(let name, _): ObjectID(vhost: "", name: name)
        }
    }

    /// The verb of the action log and of receipts.
    public var verb: String {
        switch self {
        case .declareQueue, .declareExchange: "declare"
        case .purgeQueue: "purge"
        case .deleteQueue, .deleteExchange: "delete"
        case .bind: "bind"
        case .unbind: "unbind"
        case .publish: "publish to"
        case .getMessages: "get from"
        case .move(_, _, _, let keeps): keeps ? "copy from" : "move from"
        case .closeConnection: "close"
        }
    }

    /// What is changed, as a noun.
    var noun: String {
        switch self {
        case .declareQueue, .purgeQueue, .deleteQueue, .getMessages, .move: "queue"
        case .declareExchange, .deleteExchange, .publish: "exchange"
        case .bind, .unbind: "binding"
        case .closeConnection: "connection"
        }
    }

    /// Its target's name for a person.
    var title: String {
        switch self {
        case .publish(let id, let message):
            id.name.isEmpty ? message.routingKey : id.name
        case .bind(let binding), .unbind(let binding): "\(binding.source) → \(binding.destination)"
        case .move(let id, let to, _, _): "\(id.name) to \(to)"
        default: target.name
        }
    }

    /// The verb while it happens, capitalised.
    var inProgress: String {
        switch self {
        case .declareQueue, .declareExchange: "Declaring"
        case .purgeQueue: "Purging"
        case .deleteQueue, .deleteExchange: "Deleting"
        case .bind: "Binding"
        case .unbind: "Unbinding"
        case .publish: "Publishing to"
        case .getMessages: "Reading from"
        case .move(_, _, _, let keeps): keeps ? "Copying from" : "Moving from"
        case .closeConnection: "Closing"
        }
    }

    /// The same in parts, each short enough to be stopped after: a long move has several.
    var parts: [Mutation] {
        guard case .move(let from, let to, let count, false) = self, count > Transfer.batch else { return [self] }
        return stride(from: 0, to: count, by: Transfer.batch).map {
            .move(from: from, to: to, count: min(Transfer.batch, count - $0), keeps: false)
        }
    }

    /// Carries it out.
    func perform(on endpoint: any Administering) async throws(EndpointError) -> MutationResult {
        switch self {
        case .declareQueue(let id, let settings):
            try await endpoint.declareQueue(vhost: id.vhost, name: id.name, settings: settings)
        case .purgeQueue(let id):
            if let count = try await endpoint.purgeQueue(vhost: id.vhost, name: id.name) { return .removed(count) }
        case .deleteQueue(let id, let ifEmpty, let ifUnused):
            try await endpoint.deleteQueue(vhost: id.vhost, name: id.name, ifEmpty: ifEmpty, ifUnused: ifUnused)
        case .declareExchange(let id, let settings):
            try await endpoint.declareExchange(vhost: id.vhost, name: id.name, settings: settings)
        case .deleteExchange(let id):
            try await endpoint.deleteExchange(vhost: id.vhost, name: id.name, ifUnused: false)
        case .bind(let binding): try await endpoint.bind(binding)
        case .unbind(let binding): try await endpoint.unbind(binding)
        case .publish(let id, let message):
            return .published(routed: try await endpoint.publish(message, vhost: id.vhost, exchange: id.name))
        case .getMessages(let id, let count, let mode):
            let messages = try await endpoint.getMessages(
                vhost: id.vhost, queue: id.name, count: count, mode: mode, truncate: MutationResult.shownBytes)
            return .messages(messages)
        case .move(let from, let to, let count, let keeps):
            let transfer = Transfer(endpoint: endpoint, from: from, to: to)
            return try await keeps ? transfer.copy(count) : transfer.move(count)
        case .closeConnection(let name, let reason):
            try await endpoint.closeConnection(name: name, reason: reason)
        }
        return .accepted
    }
}

/// What a change led to.
public enum MutationResult: Hashable, Sendable {
    /// The broker accepted it.
    case accepted
    /// So many messages went.
    case removed(Int)
    /// A message was published; whether any queue took it.
    case published(routed: Bool)
    /// Messages were read.
    case messages([FetchedMessage])
    /// So many messages are in the other queue; so many of them are still, or again, in the first one too.
    case moved(Int, twice: Int)

    /// Bytes of a body that are read to be shown.
    static let shownBytes = 50_000
}
