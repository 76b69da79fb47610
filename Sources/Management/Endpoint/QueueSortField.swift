/// What queues can be sorted by; the raw value is the `sort` parameter of RabbitMQ's HTTP API.
public enum QueueSortField: String, Hashable, Sendable, CaseIterable {
    /// By name.
    case name
    /// By vhost.
    case vhost
    /// By type.
    case type
    /// By state.
    case state
    /// By node.
    case node
    /// By all messages.
    case messages
    /// By messages waiting.
    case messagesReady = "messages_ready"
    /// By deliveries not yet acknowledged.
    case messagesUnacknowledged = "messages_unacknowledged"
    /// By consumers.
    case consumers
    /// By memory.
    case memory
    /// By messages published into it per second.
    case publishRate = "message_stats.publish_details.rate"
    /// By messages handed out per second.
    case deliverRate = "message_stats.deliver_get_details.rate"
    /// By acknowledgements per second.
    case ackRate = "message_stats.ack_details.rate"

    /// The field's reading of one queue: a number, or `nil` where it is a text or not provided.
    public func number(of queue: QueueInfo) -> Double? {
        switch self {
        case .name, .vhost, .type, .state, .node: nil
        case .messages: queue.messages.map(Double.init)
        case .messagesReady: queue.messagesReady.map(Double.init)
        case .messagesUnacknowledged: queue.messagesUnacknowledged.map(Double.init)
        case .consumers: queue.consumers.map(Double.init)
        case .memory: queue.memory.map(Double.init)
        case .publishRate: queue.messageStats?.publish?.rate
        case .deliverRate: queue.messageStats?.deliverGet?.rate
        case .ackRate: queue.messageStats?.ack?.rate
        }
    }

    /// The field's text of one queue, or `nil` where it is a number or not provided.
    public func text(of queue: QueueInfo) -> String? {
        switch self {
        case .name: queue.name
        case .vhost: queue.vhost
        case .type: queue.type
        case .state: queue.state
        case .node: queue.node
        case .messages, .messagesReady, .messagesUnacknowledged, .consumers, .memory, .publishRate, .deliverRate,
            .ackRate:
            nil
        }
    }
}

extension [QueueInfo] {
    /// These queues in order of a field. What is not provided comes last either way; equal ones keep the order of
    /// their identities, so that rows do not jump between two refreshes. O(n log n).
    public func sorted(by field: QueueSortField, descending: Bool = false) -> [QueueInfo] {
        let keys = map { (number: field.number(of: $0), text: field.text(of: $0)) }
        let order = indices.sorted { left, right in
            if let before = Self.isBefore(keys[left].number, keys[right].number, descending) { return before }
            if let before = Self.isBefore(keys[left].text, keys[right].text, descending) { return before }
            return self[left].id < self[right].id
        }
        return order.map { self[$0] }
    }

    /// Whether one reading stands before another; `nil` where they tie.
    private static func isBefore<Reading: Comparable>(_ left: Reading?, _ right: Reading?, _ descending: Bool)
        -> Bool?
    {
        switch (left, right) {
        case (nil, nil): nil
        case (_?, nil): true
        case (nil, _?): false
        case (let left?, let right?): left == right ? nil : (left < right) != descending
        }
    }
}
