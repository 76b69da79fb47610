import Management

/// Takes messages from one queue to another with what every management endpoint can do: read and publish.
///
/// Nothing is ever lost: a message is published to the other queue before it is removed from the first one. What a
/// consumer takes in between is then in the other queue as well; how often that happened is said. Properties go through
/// JSON, which keeps their values but not the exact types of headers.
struct Transfer {
    /// Messages moved in one step: that many may be in both queues when the endpoint fails halfway.
    static let batch = 50
    /// Messages copied at most: all are read at once.
    static let copyLimit = 1_000

    let endpoint: any Administering
    let from: QueueID
    let to: String

    /// Copies messages from the head; they stay where they are, marked redelivered. Throws the endpoint's error, after
    /// which some may be in the other queue already.
    func copy(_ count: Int) async throws(EndpointError) -> MutationResult {
        let messages = try await read(count, .requeue)
        try await publish(messages)
        return .moved(messages.count, twice: messages.count)
    }

    /// Moves messages from the head. Throws the endpoint's error, after which some may be in both queues.
    func move(_ count: Int) async throws(EndpointError) -> MutationResult {
        let copied = try await read(count, .requeue)
        guard !copied.isEmpty else { return .moved(0, twice: 0) }
        try await publish(copied)
        let taken = try await read(copied.count, .remove)
        // What was taken is not always what was copied: a consumer may have been faster.
        var unmatched = copied.map(Content.init)
        var uncopied: [FetchedMessage] = []
        for message in taken {
            if let place = unmatched.firstIndex(of: Content(message)) {
                unmatched.remove(at: place)
            } else {
                uncopied.append(message)
            }
        }
        try await publish(uncopied)
        return .moved(copied.count + uncopied.count, twice: unmatched.count)
    }

    /// What makes two readings the same message, as far as that can be told.
    private struct Content: Equatable {
        let exchange: String
        let routingKey: String
        let payload: [UInt8]
        let properties: [String: JSONValue]

        init(_ message: FetchedMessage) {
            exchange = message.exchange
            routingKey = message.routingKey
            payload = message.payload
            properties = message.properties
        }
    }

    private func read(_ count: Int, _ mode: AckMode) async throws(EndpointError) -> [FetchedMessage] {
        let messages = try await endpoint.getMessages(
            vhost: from.vhost, queue: from.name, count: count, mode: mode, truncate: nil)
        if mode == .requeue, let cut = messages.first(where: { $0.payload.count < $0.payloadBytes }) {
            throw .malformed("a message of \(cut.payloadBytes) bytes, of which \(cut.payload.count) came")
        }
        return messages
    }

    private func publish(_ messages: [FetchedMessage]) async throws(EndpointError) {
        for message in messages {
            let copy = OutgoingMessage(routingKey: to, payload: message.payload, properties: message.properties)
            guard try await endpoint.publish(copy, vhost: from.vhost, exchange: "") else {
                throw .refused("a message for queue '\(to)'", reason: "there is no such queue, or it refuses messages")
            }
        }
    }
}
