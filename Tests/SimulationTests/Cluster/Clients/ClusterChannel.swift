import AMQP

/// One channel of a client: what it has asked for, published and been given, as both ends know it.
final class ClusterChannel {
    /// What a channel waits for, in the order in which it asked.
    enum Expected {
        case method(MethodID)
        case declare(String, askedAt: UInt64)
        case purge(ClusterLoss)
        case delete(ClusterLoss)
        case get(String, noAck: Bool)
        case consume(ClusterConsumer)
        case cancel(ClusterConsumer)
        case commit(ClusterTransaction)
        case rollback(ClusterTransaction)
    }

    let number: UInt16
    /// Names this opening in the whole simulation.
    let id: Int
    unowned let connection: ClusterConnection
    let isTransactional: Bool
    var isOpen = false
    /// Its client has asked to close it.
    var isClosing = false
    /// The node has ended it, or the connection has.
    var isEnded = false
    /// Both sides have done with it.
    var isNumberFree = false
    var expected: [Expected] = []
    var content: ClusterContent?

    var publishCount = 0
    /// What waits for a confirm or was answered, by its number less one.
    var published: [ClusterMessage] = []
    var firstUnanswered = 0
    var transaction = ClusterTransaction()
    /// Queues that this channel has seen declared, and when it had asked for that.
    var declared: [String: UInt64] = [:]

    var lastTag: UInt64 = 0
    var consumers: [ClusterConsumer] = []
    /// Deliveries that the client has and has not settled.
    var inHand: [ClusterDelivery] = []
    /// What was acknowledged, as long as it is not certain that it has been applied.
    var acks: [ClusterAck] = []

    init(number: UInt16, id: Int, on connection: ClusterConnection, isTransactional: Bool) {
        self.number = number
        self.id = id
        self.connection = connection
        self.isTransactional = isTransactional
    }

    var name: String { "client \(connection.client.number) channel \(id)" }
    var unanswered: Int { published.count - firstUnanswered }

    func skipAnswered() {
        while firstUnanswered < published.count, published[firstUnanswered].state != .unknown { firstUnanswered += 1 }
    }
}

/// A consumer, with what it has seen.
final class ClusterConsumer {
    let tag: String
    let queue: String
    let noAck: Bool
    var isCancelled = false
    /// The highest number that came as new, by the channel that published it.
    var lastNumbers: [Int: Int] = [:]
    /// Under which leader that was, of a mirrored queue.
    var reign: ClusterReign?

    init(tag: String, queue: String, noAck: Bool) {
        self.tag = tag
        self.queue = queue
        self.noAck = noAck
    }
}

/// A delivery, or the answer to a `basic.get`.
final class ClusterDelivery {
    let tag: UInt64
    let queue: String
    let consumer: ClusterConsumer?
    let isRedelivered: Bool
    let noAck: Bool
    /// When the node sent it.
    let time: UInt64
    /// That node.
    unowned let node: ClusterNode
    var copy: ClusterCopy?
    /// Who led its queue, of a mirrored one that it consumes from; nil where its node has heard of another leader since what
    /// it was told by the one before has become deliveries. What a get is answered may come from the one before.
    private(set) var reign: ClusterReign?

    init(
        tag: UInt64, queue: String, consumer: ClusterConsumer?, isRedelivered: Bool, noAck: Bool, time: UInt64,
        node: ClusterNode
    ) {
        self.tag = tag
        self.queue = queue
        self.consumer = consumer
        self.isRedelivered = isRedelivered
        self.noAck = noAck
        self.time = time
        self.node = node
        if consumer != nil, let known = node.reigns[queue], known == node.reign(of: queue) { reign = known }
    }

    /// Which life of a queue's home it comes from, at most.
    func life(of home: UInt32) -> Int { home == node.number ? node.life : node.heardLives[home] ?? 0 }
}

/// A leader's time in a mirrored queue: its turn, and which life of its node that is, at most.
struct ClusterReign: Equatable {
    let epoch: UInt64
    let life: Int
}

/// A content that is coming in.
struct ClusterContent {
    let delivery: ClusterDelivery
    var size: UInt64?
    var body: [UInt8] = []
}

/// An acknowledgement, and how many publishes its channel had sent by then.
struct ClusterAck {
    let delivery: ClusterDelivery
    let node: UInt32
    let publishesBefore: Int
}

/// What a transaction holds.
final class ClusterTransaction {
    var messages: [ClusterMessage] = []
    var acks: [ClusterAck] = []
    var isEmpty: Bool { messages.isEmpty && acks.isEmpty }
}
