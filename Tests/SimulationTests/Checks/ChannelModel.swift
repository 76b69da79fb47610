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
    /// What the channel has asked for since its last commit or rollback; nil unless it is in transaction mode.
    var transaction: TransactionModel?
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
            case .settled(let deliveries):
                for delivery in deliveries { delivery.placement.settled(delivery, durably: false) }
            case .published(let message): message.handled(in: connection.simulation)
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
            case .reply(.get(let place, let noAck)):
                connection.simulation.ledger.lostGet(place, noAck: noAck)
            case .settled(let deliveries):
                for delivery in deliveries { delivery.placement.returned(delivery) }
            case .reply(.commit(let committing)):
                committing.channelEnded()
                for delivery in committing.settlements { delivery.placement.returned(delivery, with: committing) }
            default: break
            }
        }
        expected.removeAll()
        if let transaction {
            // What it would have settled was never settled.
            transaction.channelEnded()
            for delivery in transaction.settlements {
                delivery.decision = .none
                delivery.placement.returned(delivery)
            }
        }
        transaction = nil
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
        guard !published[last].isSettled else { return "a second confirm of publish \(number)" }
        for index in (multiple ? lowestUnsettled : last)...last where !published[index].isSettled {
            let message = published[index]
            guard let arrival = message.arrivedAt else {
                return "a confirm of publish \(index + 1), message \(message.id), which has not come in completely"
            }
            if message.mustBeDurable, storage.durableRequest < arrival {
                // What every queue has settled need not reach the disk; how, may be seen later in this tick.
                connection.simulation.ledger.confirmedEarly(message)
            }
            if message.mustBeReturned, !message.isReturned {
                return "a confirm of publish \(index + 1), unroutable message \(message.id), before its return"
            }
            message.isConfirmed = true
            message.handled(in: connection.simulation)
        }
        skipSettled()
        return nil
    }

    /// Books a `basic.nack` from the node; returns why it may not be. Only a full queue refuses.
    func refuse(_ number: UInt64, ledger: Ledger) -> String? {
        guard isConfirming, number > 0, number <= UInt64(published.count) else {
            return "a refusal of publish \(number); \(published.count) were begun"
        }
        let message = published[Int(number) - 1]
        guard !message.isSettled else { return "a refusal of publish \(number) after its confirm" }
        guard message.arrivedAt != nil else {
            return "a refusal of publish \(number), message \(message.id), which has not come in completely"
        }
        guard let place = message.certainQueues.first(where: { $0.name == Topology.rejecting }) else {
            return "a refusal of message \(message.id), which goes to no queue that refuses"
        }
        guard ledger.mayHold(Topology.lengthMax, in: place, besides: message) else {
            return "a refusal of message \(message.id) although there is room in \(place)"
        }
        message.isRefused = true
        message.handled(in: connection.simulation)
        skipSettled()
        return nil
    }

    private func skipSettled() {
        while lowestUnsettled < published.count, published[lowestUnsettled].isSettled { lowestUnsettled += 1 }
    }

    // MARK: Transactions

    /// Books a `tx.commit-ok`; returns why it may not be yet.
    func committed(_ done: TransactionModel, storage: SimulatedStorage) -> String? {
        done.state = .committed
        for message in done.messages {
            guard let arrival = message.arrivedAt else { return "a commit-ok before the commit has come in" }
            if message.mustBeDurable, storage.durableRequest < arrival {
                return "a commit-ok before persistent message \(message.id) was flushed"
            }
            if message.mustBeReturned, !message.isReturned {
                return "a commit-ok before the return of unroutable message \(message.id)"
            }
            message.handled(in: connection.simulation)
        }
        for delivery in done.settlements { delivery.placement.settled(delivery, durably: true) }
        return nil
    }

    var hasUnconfirmed: Bool { isConfirming && lowestUnsettled < published.count }
}
