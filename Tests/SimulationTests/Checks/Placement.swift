/// A message in one queue: who has it.
final class Placement {
    unowned let message: MessageModel
    let place: QueuePlace
    private(set) var holders: [DeliveryModel] = []
    /// Deliveries that were not flagged as redelivered, and those that were, since the node started.
    private(set) var first = 0
    private(set) var again = 0
    /// A node that has crashed since may have delivered it.
    private var wasDelivered = false
    /// The step in which it went for good.
    private(set) var goneAt: Int?
    /// Its end is known to be on the disk.
    private var isGoneDurably = false
    /// Its end was on its way when the channel ended, or not on the disk when the node crashed.
    private(set) var isPerhapsGone = false
    /// It went with a purge in the step `goneAt`, unless it is seen to have been delivered before in the same step.
    private var isPurged = false
    /// It was not known to be on the disk when the node crashed.
    private(set) var isPerhapsLost = false
    private var isKnownDurable = false
    /// Transactions that settle it and of which nobody knows whether they happened.
    private var undecided: [TransactionModel] = []

    init(message: MessageModel, place: QueuePlace) {
        self.message = message
        self.place = place
    }

    var name: String { "message \(message.id) in \(place)" }
    /// Whether it can outlive its node.
    var survives: Bool { message.route.isPersistent && Topology.isDurable(place) }

    func delivered(_ delivery: DeliveryModel, redelivered: Bool, noAck: Bool, step: Int) -> String? {
        if isPurged, goneAt == step {
            goneAt = nil
            isPurged = false
        }
        if let goneAt, goneAt < step { return "\(name) comes back after it was settled for good" }
        if let wrong = message.transaction?.messageSeen(self) { return wrong }
        for transaction in undecided {
            if let wrong = transaction.settledReturned(self) { return wrong }
        }
        // What was in doubt has not happened: it is here, and what is here after a crash is on the disk.
        if isPerhapsLost { isKnownDurable = true }
        (isPerhapsGone, isPerhapsLost) = (false, false)
        if redelivered { again += 1 } else { first += 1 }
        if noAck { goneAt = step } else { holders.append(delivery) }
        return nil
    }

    /// A purge was answered that its client asked for when the message was known to be there: if nobody has it, it is gone.
    func purged(asked: Int, step: Int) {
        guard message.handledAt ?? .max < asked, first + again == 0, goneAt == nil, !isPerhapsGone else { return }
        goneAt = step
        isPurged = true
    }

    /// The client has sent its decision.
    func requeued(_ delivery: DeliveryModel) { holders.removeAll { $0 === delivery } }

    /// The node has taken a decision that ends the message here; with a commit, once that was on the disk.
    func settled(_ delivery: DeliveryModel, durably: Bool) {
        guard delivery.decision == .final else { return }
        holders.removeAll { $0 === delivery }
        goneAt = goneAt ?? delivery.channel.connection.simulation.step
        if durably { isGoneDurably = true }
    }

    /// Its channel ended.
    func returned(_ delivery: DeliveryModel, with transaction: TransactionModel? = nil) {
        holders.removeAll { $0 === delivery }
        guard delivery.decision == .final, goneAt == nil else { return }
        isPerhapsGone = true
        if let transaction { undecided.append(transaction) }
    }

    /// The node is gone, and with it what only its memory held. `durable` is the step of the last flush request that is
    /// known to be on the disk.
    func crashed(step: Int, durable: Int, isPerhapsTaken: Bool) {
        if first + again > 0 || isPerhapsTaken { wasDelivered = true }
        (first, again) = (0, 0)
        holders.removeAll()
        if let goneAt {
            guard survives, !isGoneDurably, goneAt >= durable else { return }
            // Its end may be lost.
            self.goneAt = nil
            isPerhapsGone = true
        } else if !survives {
            goneAt = step
        } else if !message.isPromised, !isKnownDurable, message.handledAt ?? .max >= durable {
            isPerhapsLost = true
        }
    }

    /// What is wrong with it at the end of a tick.
    var contradiction: String? {
        if holders.count > 1 { return "\(name) is with \(holders.count) consumers at once" }
        if first > 1 { return "\(name) was delivered twice without being flagged as redelivered" }
        if first == 0, again > 0, !wasDelivered { return "\(name) was flagged as redelivered in its first delivery" }
        return nil
    }

    // MARK: Time to live

    private var lifetime: UInt64? {
        switch (message.route.expiration, Topology.lifetime(in: place)) {
        case (let own?, let queue?): min(own, queue)
        case (let own, let queue): own ?? queue
        }
    }

    /// Whether its time may be over: it began at the earliest when its client began to send it.
    func mayHaveExpired(at time: UInt64) -> Bool {
        guard let lifetime else { return false }
        return time >= message.begunTime + lifetime * 1_000_000
    }

    /// Whether its time is certainly over: it began at the latest when it was known to be in the queue.
    func mustHaveExpired(at time: UInt64) -> Bool {
        guard let lifetime, let handled = message.handledTime else { return false }
        return time > handled + lifetime * 1_000_000
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
