import AMQP

/// One opening of a channel as an observer of both ends knows it.
final class ChannelModel {
    let number: UInt16
    /// Names this opening in the whole simulation.
    let id: Int
    unowned let connection: SimulatedConnection

    /// As the node sees it.
    var phase = Phase.opening
    /// The client has sent `channel.close` or `connection.close`.
    var isClosingByClient = false
    /// The client has seen it closed on both sides.
    var isClosedForClient = false
    /// What the client waits for, in the order in which it asked; and marks for what needs no reply.
    private(set) var expected: [Expected] = []
    /// Body frames the client has still to send before anything else on this channel.
    var unsent: [[UInt8]] = []
    var unsentMessage: MessageModel?

    // Publishing.
    var isConfirming = false
    var published: [MessageModel] = []
    var messageCount = 0
    private(set) var lowestUnsettled = 0

    // Consuming.
    var content: ContentModel?
    var lastTag: UInt64 = 0
    /// Ready messages, from the last `queue.declare-ok`.
    var lastMessageCount = 0
    var prefetch = 0
    var consumers: [ConsumerModel] = []
    /// Deliveries that the client has not settled, as sent by the node.
    var outstanding: [DeliveryModel] = []
    /// Those of them that the client has received.
    var inHand: [DeliveryModel] = []

    enum Phase { case opening, open, ended }

    init(number: UInt16, id: Int, connection: SimulatedConnection) {
        self.number = number
        self.id = id
        self.connection = connection
    }

    var name: String { "connection \(connection.number) channel \(number)#\(id)" }
    /// Whether its client still uses it. The client learns later than the observer that the node closed it.
    var isUsable: Bool { !isClosingByClient && !isClosedForClient }
    var awaitsReply: Bool { expected.contains { if case .reply = $0 { true } else { false } } }

    // MARK: Replies

    func expect(_ entry: Expected) {
        if phase != .ended { expected.append(entry) }
    }

    /// Takes the reply to the oldest request, and commits what was asked before it: the node answers in order.
    func takeReply() -> Expected.Reply? {
        while !expected.isEmpty {
            switch expected.removeFirst() {
            case .settled(let deliveries): for delivery in deliveries { delivery.placement.settled(delivery) }
            case .published(let message): message.isTaken = true
            case .lossy(let operation): operation.end = operation.end ?? connection.simulation.step
            case .reply(let reply): return reply
            }
        }
        return nil
    }

    /// The channel has ended at the node: what it held goes back, what was on its way may or may not have counted.
    func end() {
        guard phase != .ended else { return }
        phase = .ended
        for entry in expected {
            switch entry {
            case .lossy(let operation), .reply(.purge(let operation)), .reply(.delete(let operation)):
                connection.simulation.ledger.endSoon(operation)
            case .reply(.get(let queue, _)):
                connection.simulation.ledger.lostGet(queue)
            case .settled(let deliveries):
                for delivery in deliveries { delivery.placement.returned(delivery) }
            default: break
            }
        }
        expected.removeAll()
        for delivery in outstanding { delivery.placement.returned(delivery) }
        outstanding.removeAll()
        inHand.removeAll()
        consumers.removeAll()
        unsent.removeAll()
        content = nil
    }

    // MARK: Confirms

    /// Books a confirm; returns why it may not be.
    func confirm(_ number: UInt64, multiple: Bool, storage: SimulatedStorage) -> String? {
        guard isConfirming else { return "a confirm on a channel without confirms" }
        guard number > 0, number <= UInt64(published.count) else {
            return "a confirm of publish \(number); \(published.count) were begun"
        }
        let last = Int(number) - 1
        guard !published[last].isConfirmed else { return "a second confirm of publish \(number)" }
        for index in (multiple ? lowestUnsettled : last)...last where !published[index].isConfirmed {
            let message = published[index]
            guard let arrival = message.arrivedAt else {
                return "a confirm of publish \(index + 1), message \(message.id), which has not come in completely"
            }
            if message.mustBeDurable, storage.durableRequest < arrival {
                return "a confirm of publish \(index + 1), persistent message \(message.id), before it was flushed"
            }
            if message.mustBeReturned, !message.isReturned {
                return "a confirm of publish \(index + 1), unroutable message \(message.id), before its return"
            }
            message.isConfirmed = true
        }
        while lowestUnsettled < published.count, published[lowestUnsettled].isConfirmed { lowestUnsettled += 1 }
        return nil
    }

    var hasUnconfirmed: Bool { isConfirming && lowestUnsettled < published.count }
}

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
        case get(queue: String, noAck: Bool)
        case purge(LossyOperation)
        case delete(LossyOperation)
    }
}

/// A content on its way to the client.
struct ContentModel {
    enum Kind {
        case deliver(ConsumerModel, BasicDeliver)
        case getOK(queue: String, noAck: Bool, BasicGetOK)
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
    let queue: String
    let noAck: Bool
    let prefetch: Int
    var isStarted = false
    var isCancelled = false
    /// Its client has sent `basic.cancel`.
    var isCancelling = false
    var unsettled = 0
    /// The last publish of each publishing channel that came here for the first time.
    var lastFirst: [Int: Int] = [:]

    init(tag: String, queue: String, noAck: Bool, prefetch: Int) {
        self.tag = tag
        self.queue = queue
        self.noAck = noAck
        self.prefetch = prefetch
    }
}
