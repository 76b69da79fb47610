/// How an exchange routes (AMQP 0-9-1 §3.1.3).
enum ExchangeKind: String, Hashable, Sendable, CaseIterable {
    /// To what is bound with exactly the message's routing key.
    case direct
    /// To everything bound.
    case fanout
    /// To what is bound with a pattern of words that the routing key matches.
    case topic
    /// To what is bound with arguments that the message's headers match.
    case headers
}
