public import Management

/// A change of the broker that a person asks for. Every one passes the gate: read-only check, a fresh look at what
/// it hits, confirmation, execution, receipt, log.
public enum Mutation: Hashable, Sendable {
    /// Declares a queue.
    case declareQueue(QueueID, QueueSettings)
    /// Removes a queue's ready messages.
    case purgeQueue(QueueID)
    /// Deletes a queue with its messages, where asked only if it is empty or unused.
    case deleteQueue(QueueID, ifEmpty: Bool, ifUnused: Bool)

    /// What is changed.
    public var target: QueueID {
        switch self {
        case .declareQueue(let id, _), .purgeQueue(let id), .deleteQueue(let id, _, _): id
        }
    }

    /// The verb of the action log and of receipts.
    public var verb: String {
        switch self {
        case .declareQueue: "declare"
        case .purgeQueue: "purge"
        case .deleteQueue: "delete"
        }
    }

    /// The verb while it happens, capitalised.
    var inProgress: String {
        switch self {
        case .declareQueue: "Declaring"
        case .purgeQueue: "Purging"
        case .deleteQueue: "Deleting"
        }
    }

    /// Carries it out; returns how many messages went, where the broker says so.
    func perform(on endpoint: any Administering) async throws(EndpointError) -> Int? {
        switch self {
        case .declareQueue(let id, let settings):
            try await endpoint.declareQueue(vhost: id.vhost, name: id.name, settings: settings)
            return nil
        case .purgeQueue(let id):
            return try await endpoint.purgeQueue(vhost: id.vhost, name: id.name)
        case .deleteQueue(let id, let ifEmpty, let ifUnused):
            try await endpoint.deleteQueue(vhost: id.vhost, name: id.name, ifEmpty: ifEmpty, ifUnused: ifUnused)
            return nil
        }
    }
}
