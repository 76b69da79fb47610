public import Foundation
public import Management

/// One line of the action log: what was asked for, and what came of it.
public struct ActionRecord: Codable, Hashable, Sendable {
    /// How far it got.
    public enum Outcome: String, Codable, Sendable {
        /// About to be sent to the broker.
        case requested
        /// The broker accepted it.
        case accepted
        /// It did not happen.
        case failed
        /// No answer came: it may have happened.
        case unknown
    }

    /// When, by the wall clock, ISO 8601 with fractions of a second, UTC.
    public var time: String
    /// Where, without userinfo.
    public var endpoint: String
    /// "declare", "purge", "delete", "bind", "publish to" …
    public var action: String
    /// "queue", "exchange", "binding" or "connection".
    public var kind: String
    /// The object's vhost; empty for a connection.
    public var vhost: String
    /// The object's name; of a binding, its destination's.
    public var name: String
    /// The settings of a declaration, the conditions of a deletion, what tells a binding from others.
    public var settings: [String: JSONValue]
    /// How far it got.
    public var outcome: Outcome
    /// How many messages went, where the broker said so.
    public var count: Int?
    /// Why it did not happen.
    public var error: String?

    /// The record of a change about to be sent.
    public init(_ mutation: Mutation, endpoint: String, time: Date) {
        self.time = time.formatted(
            .iso8601.year().month().day().timeZone(separator: .omitted)
                .time(includingFractionalSeconds: true))
        self.endpoint = endpoint
        action = mutation.verb
        kind = mutation.noun
        vhost = mutation.target.vhost
        name = mutation.target.name
        settings = mutation.loggedSettings
        outcome = .requested
    }

    /// The record of a change that has ended.
    public init(_ mutation: Mutation, endpoint: String, time: Date, result: Result<MutationResult, EndpointError>) {
        self.init(mutation, endpoint: endpoint, time: time)
        switch result {
        case .success(let result):
            outcome = .accepted
            switch result {
            case .removed(let count): self.count = count
            case .messages(let messages): count = messages.count
            case .moved(let moved, _): count = moved
            case .accepted, .published: break
            }
        case .failure(let failure):
            switch failure {
            case .timedOut, .cancelled, .malformed: outcome = .unknown
            default: outcome = .failed
            }
            error = failure.message
        }
    }
}

extension Mutation {
    fileprivate var loggedSettings: [String: JSONValue] {
        switch self {
        case .declareQueue(_, let settings):
            [
                "durable": .bool(settings.durable), "auto_delete": .bool(settings.autoDelete),
                "arguments": .object(settings.arguments),
            ]
        case .purgeQueue: [:]
        case .deleteQueue(_, let ifEmpty, let ifUnused):
            ["if_empty": .bool(ifEmpty), "if_unused": .bool(ifUnused)]
        case .declareExchange(_, let settings):
            [
                "type": .string(settings.type), "durable": .bool(settings.durable),
                "auto_delete": .bool(settings.autoDelete), "internal": .bool(settings.internal),
                "arguments": .object(settings.arguments),
            ]
        case .deleteExchange: [:]
        case .bind(let binding), .unbind(let binding):
            [
                "source": .string(binding.source), "destination_type": .string(binding.destinationType.rawValue),
                "routing_key": .string(binding.routingKey), "arguments": .object(binding.arguments),
            ]
        // Bodies may hold what no log should.
        case .publish(_, let message):
            ["routing_key": .string(message.routingKey), "payload_bytes": .integer(message.payload.count)]
        case .getMessages(_, let count, let mode): ["count": .integer(count), "ackmode": .string(mode.rawValue)]
        case .move(_, let to, let count, let keeps):
            ["to": .string(to), "count": .integer(count), "keeps": .bool(keeps)]
        case .setPolicy(let policy):
            [
                "pattern": .string(policy.pattern), "apply_to": .string(policy.appliesTo),
                "priority": .integer(policy.priority), "definition": .object(policy.definition),
            ]
        case .clearPolicy: [:]
        case .closeConnection(_, let reason): ["reason": .string(reason)]
        case .inject(.node(_, let fault)): ["fault": .string(fault.rawValue)]
        case .inject(.link(let one, let other, let fault)):
            ["fault": .string(fault.rawValue), "link": .array([.string(one), .string(other)])]
        case .addReplica(_, let node), .removeReplica(_, let node), .transferLeader(_, let node):
            ["node": .string(node)]
        case .startProbe, .stopProbe, .rebalance: [:]
        }
    }
}
