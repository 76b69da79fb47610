import AMQP

/// What the node owes a channel, in order.
enum Expected {
    case reply(Reply)
    /// Acks and rejects: they count once a later reply has come.
    case settled([DeliveryModel])
    /// A whole publish: likewise.
    case published(MessageModel)
    /// A purge or a deletion without a reply of its own.
    case lossy(LossyOperation)

    enum Reply {
        case method(MethodID)
        case declare(queue: String)
        case consume(ConsumerModel)
        case cancel(tag: String)
        case get(QueuePlace, noAck: Bool)
        case purge(LossyOperation)
        case delete(LossyOperation)
        case commit(TransactionModel)
    }
}

/// A content on its way to the client.
struct ContentModel {
    enum Kind {
        case deliver(ConsumerModel, BasicDeliver)
        case getOK(QueuePlace, noAck: Bool, BasicGetOK)
        case returned(BasicReturn)
    }

    let kind: Kind
    var message: MessageModel?
    var received = 0
    var delivery: DeliveryModel?
}

/// A consumer as its client knows it.
final class ConsumerModel {
    let tag: String
    let place: QueuePlace
    let noAck: Bool
    let prefetch: Int
    var isStarted = false
    var isCancelled = false
    /// Its client has sent `basic.cancel`.
    var isCancelling = false
    var unsettled = 0
    /// The last publish of each publishing channel that came here for the first time.
    var lastFirst: [Int: Int] = [:]

    init(tag: String, place: QueuePlace, noAck: Bool, prefetch: Int) {
        self.tag = tag
        self.place = place
        self.noAck = noAck
        self.prefetch = prefetch
    }
}
