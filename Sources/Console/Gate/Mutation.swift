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
    /// Sets a policy.
    case setPolicy(PolicyInfo)
    /// Clears a policy.
    case clearPolicy(ObjectID)
    /// Closes a client's connection by its name.
    case closeConnection(String, reason: String)
    /// Hurts a node or a link on purpose, or mends it.
    case inject(Fault)
    /// Adds a member of a quorum queue on a node.
    case addReplica(QueueID, node: String)
    /// Removes the member on a node.
    case removeReplica(QueueID, node: String)
    /// Moves a quorum queue's leader to the member on a node.
    case transferLeader(QueueID, to: String)
    /// Moves leaders of quorum queues until no node leads many more than another.
    case rebalance
    /// Declares a canary queue and publishes to it with confirms, to measure how long there are none.
    case startProbe(QueueID)
    /// Ends that and deletes the queue.
    case stopProbe(QueueID)

    /// What is changed. A connection is in no vhost.
    public var target: ObjectID {
        switch self {
        case .declareQueue(let id, _), .purgeQueue(let id), .deleteQueue(let id, _, _), .getMessages(let id, _, _),
            .declareExchange(let id, _), .deleteExchange(let id), .publish(let id, _), .move(let id, _, _, _),
            .addReplica(let id, _), .removeReplica(let id, _), .transferLeader(let id, _), .startProbe(let id),
            .stopProbe(let id), .clearPolicy(let id):
            id
        case .setPolicy(let policy): policy.id
        case .rebalance: ObjectID(vhost: "", name: "the leaders of quorum queues")
        case .bind(let binding), .unbind(let binding): ObjectID(vhost: binding.vhost, name: binding.destination)
        case .closeConnection(let name, _), .inject(.node(let name, _)): ObjectID(vhost: "", name: name)
        case .inject(.link(let one, let other, _)): ObjectID(vhost: "", name: "\(one) – \(other)")
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
        case .setPolicy: "set"
        case .clearPolicy: "clear"
        case .closeConnection: "close"
        case .inject(.node(_, let fault)): fault.verb
        case .inject(.link(_, _, let fault)): fault.rawValue
        case .addReplica: "add member of"
        case .removeReplica: "remove member of"
        case .transferLeader: "move leader of"
        case .rebalance: "spread"
        case .startProbe: "start"
        case .stopProbe: "stop"
        }
    }

    /// What the button that confirms it says.
    var button: String {
        switch self {
        case .inject(.node(_, .powerLoss)): return "Cut the power"
        case .inject(.node(_, let fault)): return fault.rawValue.prefix(1).uppercased() + fault.rawValue.dropFirst()
        default: return verb.prefix(1).uppercased() + verb.dropFirst()
        }
    }

    /// What is changed, as a noun.
    var noun: String {
        switch self {
        case .declareQueue, .purgeQueue, .deleteQueue, .getMessages, .move, .addReplica, .removeReplica,
            .transferLeader:
            "queue"
        case .inject(.node): "node"
        case .inject(.link): "link"
        case .startProbe, .stopProbe: "probe"
        case .rebalance: "leaders"
        case .declareExchange, .deleteExchange, .publish: "exchange"
        case .bind, .unbind: "binding"
        case .setPolicy, .clearPolicy: "policy"
        case .closeConnection: "connection"
        }
    }

    /// Its target's name for a person.
    var title: String {
        switch self {
        case .publish(let id, let message):
            id.name.isEmpty ? message.routingKey : id.name
        case .bind(let binding), .unbind(let binding): "\(binding.source) → \(binding.destination)"
        case .move(let id, let to, _, _), .transferLeader(let id, let to): "\(id.name) to \(to)"
        case .addReplica(let id, let node), .removeReplica(let id, let node): "\(id.name) on \(node)"
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
        case .setPolicy: "Setting"
        case .clearPolicy: "Clearing"
        case .closeConnection: "Closing"
        case .inject(.node(_, let fault)): fault.inProgress
        case .inject(.link(_, _, let fault)): fault.inProgress
        case .addReplica: "Adding a member of"
        case .removeReplica: "Removing the member of"
        case .transferLeader: "Moving the leader of"
        case .rebalance: "Spreading"
        case .startProbe: "Starting the probe"
        case .stopProbe: "Stopping the probe"
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
        case .setPolicy(let policy): try await endpoint.setPolicy(policy)
        case .clearPolicy(let id): try await endpoint.clearPolicy(vhost: id.vhost, name: id.name)
        case .closeConnection(let name, let reason):
            try await endpoint.closeConnection(name: name, reason: reason)
        case .inject(let fault): try await Self.able(endpoint, (any FaultInjecting).self).inject(fault)
        case .addReplica(let id, let node):
            try await Self.able(endpoint, (any ReplicaInspecting).self)
                .addReplica(vhost: id.vhost, queue: id.name, node: node)
        case .removeReplica(let id, let node):
            try await Self.able(endpoint, (any ReplicaInspecting).self)
                .removeReplica(vhost: id.vhost, queue: id.name, node: node)
        case .transferLeader(let id, let node):
            try await Self.able(endpoint, (any ReplicaInspecting).self)
                .transferLeader(vhost: id.vhost, queue: id.name, to: node)
        case .rebalance: try await Self.able(endpoint, (any ReplicaInspecting).self).rebalanceLeaders()
        // It goes over AMQP: the runner has it done, and comes here only where nobody can.
        case .startProbe, .stopProbe: throw .refused("the probe", reason: "no AMQP address is known")
        }
        return .accepted
    }

    /// The endpoint as one that can do more than all can.
    private static func able<Ability>(
        _ endpoint: any Administering, _: Ability.Type
    ) throws(EndpointError) -> Ability {
        guard let able = endpoint as? Ability else { throw .refused("this", reason: "the endpoint cannot do it") }
        return able
    }
}

extension NodeFault {
    /// As a verb before the node's name.
    var verb: String {
        switch self {
        case .powerLoss: "cut the power of"
        case .crash, .pause, .resume, .isolate, .heal, .restart: rawValue
        }
    }

    /// The same while it happens, capitalised.
    var inProgress: String {
        switch self {
        case .crash: "Crashing"
        case .powerLoss: "Cutting the power of"
        case .pause: "Pausing"
        case .resume: "Resuming"
        case .isolate: "Isolating"
        case .heal: "Healing"
        case .restart: "Restarting"
        }
    }
}

extension LinkFault {
    /// While it happens, capitalised.
    var inProgress: String {
        switch self {
        case .cut: "Cutting"
        case .slow: "Slowing down"
        case .heal: "Healing"
        }
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
