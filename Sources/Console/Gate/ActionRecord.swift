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
    /// "declare", "purge", "delete".
    public var action: String
    /// The queue's vhost.
    public var vhost: String
    /// The queue's name.
    public var name: String
    /// The settings of a declaration, or the conditions of a deletion.
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
        vhost = mutation.target.vhost
        name = mutation.target.name
        settings = mutation.loggedSettings
        outcome = .requested
    }

    /// The record of a change that has ended.
    public init(_ mutation: Mutation, endpoint: String, time: Date, result: Result<Int?, EndpointError>) {
        self.init(mutation, endpoint: endpoint, time: time)
        switch result {
        case .success(let count):
            outcome = .accepted
            self.count = count
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
        }
    }
}
