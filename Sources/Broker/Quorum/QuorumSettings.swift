internal import AMQP
internal import Raft

/// What a declaration says of a quorum queue (RabbitMQ, "Quorum Queues").
struct QuorumSettings {
    /// The nodes of its first members, ascending.
    var members: [UInt32]
    /// Those members, with which the group begins.
    var beginning: Membership
    /// What the declaration limits; the queue begins with it.
    let limits: QuorumLimits

    static let type = "quorum"
    static let groupSize = "x-quorum-initial-group-size"
    static let deliveryLimit = "x-delivery-limit"
    static let leaderLocator = "x-queue-leader-locator"
    static let deadLetterStrategy = "x-dead-letter-strategy"
    /// Members where the declaration does not say (RabbitMQ: `quorum_cluster_size`).
    static let defaultGroupSize = 3

    /// Arguments that only quorum queues have.
    static let own = [
        groupSize, deliveryLimit, deadLetterStrategy, "x-max-in-memory-length", "x-max-in-memory-bytes",
    ]
    /// Arguments that they do not have.
    static let foreign = ["x-max-priority", "x-queue-mode", "x-queue-master-locator"]

    init(_ definition: QueueDefinition, _ limits: QueueLimits, deadLetters: DeadLetterTarget?) {
        members = definition.members.isEmpty ? [1] : definition.members
        beginning = Membership(voters: members.map { MemberID(node: $0) })
        self.limits = QuorumLimits(definition, limits, policy: nil, deadLetters: deadLetters)
    }

    /// How many members a declaration asks for.
    static func groupSize(_ arguments: FieldTable) -> Int {
        arguments[groupSize]?.integer.map { Int(clamping: $0) } ?? defaultGroupSize
    }

    /// Refuses what RabbitMQ refuses.
    static func check(_ arguments: FieldTable, queue: String, virtualHost: String) throws(ProtocolException) {
        func invalid(_ name: String, _ why: String) -> ProtocolException {
            ProtocolException(
                .preconditionFailed, "invalid arg '\(name)' for queue '\(queue)' in vhost '\(virtualHost)': \(why)")
        }
        if let size = arguments[groupSize] {
            guard let size = size.integer else {
                throw invalid(groupSize, "\"expected integer, got \(size.erlangType)\"")
            }
            if size == 0 { throw invalid(groupSize, "{value_zero,0}") }
            if size < 0 { throw invalid(groupSize, "{value_negative,\(size)}") }
        }
        if let locator = arguments[leaderLocator], !["client-local", "balanced"].contains(locator.text ?? "") {
            throw invalid(leaderLocator, "invalid_queue_locator_arg")
        }
        if let strategy = arguments[deadLetterStrategy] {
            guard case .bytes = strategy else {
                throw invalid(deadLetterStrategy, "{unacceptable_type,\(strategy.erlangType)}")
            }
            switch strategy.text {
            case "at-most-once": break
            case "at-least-once":
                throw .notImplemented("\(deadLetterStrategy) 'at-least-once' is not implemented yet")
            default: throw invalid(deadLetterStrategy, "invalid_dlx_strategy")
            }
        }
        for name in foreign where arguments[name] != nil {
            throw wrongType(name, queue, virtualHost, "rabbit_quorum_queue")
        }
    }

    /// An argument that queues of a type do not have.
    static func wrongType(_ name: String, _ queue: String, _ host: String, _ type: String) -> ProtocolException {
        ProtocolException(
            .preconditionFailed, "invalid arg '\(name)' for queue '\(queue)' in vhost '\(host)' of queue type \(type)")
    }

    /// Refuses the properties that a quorum queue cannot have.
    static func check(_ definition: QueueDefinition, queue: String, virtualHost: String) throws(ProtocolException) {
        let refused = [
            ("exclusive-owner", definition.exclusiveOwner != nil), ("non-durable", !definition.isDurable),
            ("auto-delete", definition.isAutoDelete),
        ]
        for (property, isSet) in refused where isSet {
            throw ProtocolException(
                .preconditionFailed, "invalid property '\(property)' for queue '\(queue)' in vhost '\(virtualHost)'")
        }
    }
}

extension QuorumLimits {
    /// What a declaration and a policy limit, of which the length and the lifetime are known already.
    init(_ definition: QueueDefinition, _ limits: QueueLimits, policy: Policy?, deadLetters: DeadLetterTarget?) {
        let declared = definition.arguments[QuorumSettings.deliveryLimit]?.integer
        let deliveryLimit = [declared, policy?.number("delivery-limit")].compactMap { $0 }.min()
        self.init(
            maxLength: limits.maxLength, maxBytes: limits.maxBytes,
            // RabbitMQ's quorum queues know no dead-lettering of what they refuse, and drop their oldest instead.
            rejectsPublishes: limits.rejectsPublishes && !limits.deadLettersRefused, messageTTL: limits.messageTTL,
            deliveryLimit: deliveryLimit.map { UInt32(clamping: $0) }, deadLetters: deadLetters != nil)
    }
}
