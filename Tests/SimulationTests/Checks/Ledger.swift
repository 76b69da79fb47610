import AMQP

/// A message that a client published.
final class MessageModel {
    let id: Int
    let publisher: ChannelModel
    let exchange: String
    let routingKey: String
    let isPersistent: Bool
    let isMandatory: Bool
    let body: [UInt8]
    /// The step in which its client began to send it.
    let begun: Int
    /// Queues that it reaches whatever happens meanwhile, as far as purges and deletions let it.
    let certainQueues: [String]
    /// Queues that it may reach.
    let possibleQueues: [String]

    /// Position in its channel, from 0.
    var index = 0
    /// Where it ends in what its client has sent.
    var endOffset: Int?
    /// The step in which its last byte reached the node.
    var arrivedAt: Int?
    var isConfirmed = false
    var isReturned = false
    /// Known to be handled by the node, because a later request on its channel was answered.
    var isTaken = false
    var placements: [Placement] = []

    init(
        id: Int, publisher: ChannelModel, exchange: String, routingKey: String, isPersistent: Bool,
        isMandatory: Bool, body: [UInt8], begun: Int, certainQueues: [String], possibleQueues: [String]
    ) {
        self.id = id
        self.publisher = publisher
        self.exchange = exchange
        self.routingKey = routingKey
        self.isPersistent = isPersistent
        self.isMandatory = isMandatory
        self.body = body
        self.begun = begun
        self.certainQueues = certainQueues
        self.possibleQueues = possibleQueues
    }

    var mustBeDurable: Bool { isPersistent && certainQueues.contains { Topology.durable.contains($0) } }
    var mustBeReturned: Bool { isMandatory && possibleQueues.isEmpty }

    func placement(in queue: String) -> Placement {
        if let known = placements.first(where: { $0.queue == queue }) { return known }
        let fresh = Placement(message: self, queue: queue)
        placements.append(fresh)
        return fresh
    }
}

/// A message in one queue: who has it.
final class Placement {
    unowned let message: MessageModel
    let queue: String
    private(set) var holders: [DeliveryModel] = []
    /// Deliveries that were not flagged as redelivered, and those that were.
    private(set) var first = 0
    private(set) var again = 0
    /// The step in which it went for good.
    private(set) var goneAt: Int?
    /// Its end was on its way when the channel ended.
    private(set) var isPerhapsGone = false

    init(message: MessageModel, queue: String) {
        self.message = message
        self.queue = queue
    }

    var name: String { "message \(message.id) in \(queue)" }

    func delivered(_ delivery: DeliveryModel, redelivered: Bool, noAck: Bool, step: Int) -> String? {
        if let goneAt, goneAt < step { return "\(name) comes back after it was settled for good" }
        if redelivered { again += 1 } else { first += 1 }
        if noAck { goneAt = step } else { holders.append(delivery) }
        return nil
    }

    /// The client has sent its decision.
    func requeued(_ delivery: DeliveryModel) { holders.removeAll { $0 === delivery } }

    /// The node has taken a decision that ends the message here.
    func settled(_ delivery: DeliveryModel) {
        guard delivery.decision == .final else { return }
        holders.removeAll { $0 === delivery }
        goneAt = goneAt ?? delivery.channel.connection.simulation.step
    }

    /// Its channel ended.
    func returned(_ delivery: DeliveryModel) {
        holders.removeAll { $0 === delivery }
        if delivery.decision == .final, goneAt == nil { isPerhapsGone = true }
    }

    /// What is wrong with it at the end of a tick.
    var contradiction: String? {
        if holders.count > 1 { return "\(name) is with \(holders.count) consumers at once" }
        if first > 1 { return "\(name) was delivered twice without being flagged as redelivered" }
        if first == 0, again > 0 { return "\(name) was flagged as redelivered in its first delivery" }
        return nil
    }
}

/// One delivery of a message.
final class DeliveryModel {
    enum Decision { case none, final, requeue }

    let tag: UInt64
    unowned let placement: Placement
    unowned let channel: ChannelModel
    let consumer: ConsumerModel?
    var decision = Decision.none

    init(tag: UInt64, placement: Placement, channel: ChannelModel, consumer: ConsumerModel?) {
        self.tag = tag
        self.placement = placement
        self.channel = channel
        self.consumer = consumer
    }
}

/// A purge or a deletion: messages published before its end may be lost to it.
final class LossyOperation {
    let queue: String
    /// The step after which it cannot happen any more.
    var end: Int?

    init(queue: String) { self.queue = queue }
}

/// Every message of a simulation and what became of it.
final class Ledger {
    private(set) var messages: [MessageModel] = []
    private(set) var operations: [LossyOperation] = []
    private var ending: [LossyOperation] = []
    private var lostGets: Set<String> = []
    /// Placements delivered in this tick, to be looked at when it ends.
    var touched: [Placement] = []

    func add(_ message: MessageModel) {
        messages.append(message)
        for queue in message.certainQueues { _ = message.placement(in: queue) }
    }

    func message(id: Int) -> MessageModel? { messages.indices.contains(id) ? messages[id] : nil }

    func begin(_ queue: String) -> LossyOperation {
        let operation = LossyOperation(queue: queue)
        operations.append(operation)
        return operation
    }

    /// A `basic.get` whose channel ended before it was answered.
    func lostGet(_ queue: String) { lostGets.insert(queue) }
    func hasLostGet(_ queue: String) -> Bool { lostGets.contains(queue) }

    /// The operation's channel has gone; it happens within the node's pending work or not at all.
    func endSoon(_ operation: LossyOperation) { ending.append(operation) }

    /// The node has nothing more to do.
    func nodeIsQuiet(step: Int) {
        for operation in ending { operation.end = operation.end ?? step }
        ending.removeAll()
    }

    func tickEnded() -> String? {
        defer { touched.removeAll(keepingCapacity: true) }
        for placement in touched {
            if let contradiction = placement.contradiction { return contradiction }
        }
        return nil
    }

    /// What is missing after every queue has been drained.
    func missing() -> String? {
        for message in messages where message.isConfirmed || message.isTaken {
            for placement in message.placements where placement.goneAt == nil && !placement.isPerhapsGone {
                guard message.certainQueues.contains(placement.queue) || placement.first > 0 else { continue }
                let isExcused = operations.contains {
                    $0.queue == placement.queue && ($0.end ?? .max) >= message.begun
                }
                if !isExcused { return "\(placement.name) (\(message.isConfirmed ? "confirmed" : "taken")) is lost" }
            }
        }
        return nil
    }
}
