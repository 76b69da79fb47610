internal import AMQP
internal import Journal

/// What a channel in transaction mode has asked for since the last commit or rollback (AMQP 0-9-1 §1.9).
///
/// Publishes are routed when they come and reach their queues with the commit; acknowledgements and rejects are checked
/// when they come and take effect with the commit.
struct Transaction {
    /// A message on its way into the queues that it was routed to.
    struct Publish {
        /// With one reference; nil when nobody needs the message.
        let record: RecordPosition?
        let route: Route
        let queues: [ClassicQueue]
        let deliveryMode: UInt8
        let bodyBytes: Int
        let lifetime: UInt64?
        let isMandatory: Bool
    }

    var publishes: [Publish] = []
    /// Deliveries that are pending in the channel's unacknowledged ones, and what becomes of them.
    var settlements: [(delivery: UnackedDelivery, settlement: Settlement)] = []

    var residentBytes: Int {
        publishes.count * MemoryLayout<Publish>.stride
            + settlements.count * MemoryLayout<(UnackedDelivery, Settlement)>.stride
    }
}

/// A transaction being committed or rolled back, a slice a tick. It outlives its channel: once begun, a commit is
/// carried out whole whatever becomes of the client.
final class TransactionEnd {
    let isCommit: Bool
    let channel: ChannelReference
    private var transaction: Transaction
    private var nextPublish = 0
    private var nextSettlement = 0
    /// What it is written down under; nil where one tick does it all, or nothing has been written.
    private var number: UInt64?
    private var hasBegun = false
    /// What it has used of queues that are elsewhere, and how many of them have not committed yet.
    private var distant: [any DistantQueue] = []
    private var awaited = 0
    /// Something of it is lost.
    private var isLost = false
    private var isDurableHere = false

    init(_ transaction: Transaction, isCommit: Bool, of channel: ChannelReference) {
        self.transaction = transaction
        self.isCommit = isCommit
        self.channel = channel
    }

    /// Does one slice; returns whether the task is finished or waits for its channel.
    func proceed(in node: Node) -> Bool {
        guard isCommit, node.journal.keepsBytes else {
            guard carryOut(in: node) else { return false }
            if isWhole {
                awaitMirrors(in: node)
                commitElsewhere(in: node)
                durable(in: node)
            }
            return true
        }
        if node.isDiskBehind {
            // As its publisher would wait.
            node.awaitingWritten.append { $0.later(.endTransaction(self)) }
            return true
        }
        if !hasBegun {
            hasBegun = true
            if mayTakeSeveralTicks {
                node.lastTransaction = max(node.lastTransaction + 1, node.journal.appended.rawValue)
                number = node.lastTransaction
                node.openTransactions += 1
            }
        }
        node.beginTransaction(number)
        let isFinished = carryOut(in: node)
        node.pauseTransaction()
        guard isFinished, isWhole else { return isFinished }
        if let number {
            node.journalCommit(number)
            node.openTransactions -= 1
        }
        node.journalEnds()
        awaitMirrors(in: node)
        commitElsewhere(in: node)
        // Whatever becomes of the client: all of it is there, or after a crash nothing of it.
        node.whenDurable(.commit(self))
        return true
    }

    /// It is more than a slice, or may have to wait for the body of a return to go out.
    private var mayTakeSeveralTicks: Bool {
        let size = transaction.publishes.reduce(transaction.settlements.count) { $0 + max(1, $1.queues.count) }
        return size > Limits.sliceEntries
            || transaction.publishes.contains { $0.isMandatory && $0.queues.isEmpty }
            || transaction.settlements.contains(where: isDeath)
    }

    /// Whether a message is to be dead-lettered, for which a tick may have no time left.
    private func isDeath(_ settled: (delivery: UnackedDelivery, settlement: Settlement)) -> Bool {
        settled.settlement == .discard && settled.delivery.queue.takeUnretainedValue().deadLetters != nil
    }

    /// Its channel ends before it: where its deliveries lie is known there, and has to be known here.
    func channelEnds(_ unacked: borrowing Unacked) {
        for place in transaction.settlements.indices.dropFirst(nextSettlement) {
            if let entry = unacked.entry(transaction.settlements[place].delivery.tag) {
                transaction.settlements[place].delivery.entry = entry
            }
        }
    }

    /// Everything of it has been done.
    private var isWhole: Bool {
        nextPublish == transaction.publishes.count && nextSettlement == transaction.settlements.count
    }

    /// Everything of it is durable.
    func durable(in node: Node) {
        isDurableHere = true
        finish(in: node)
    }

    // MARK: Elsewhere

    /// What was published to queues with mirrors must be safe with them too.
    private func awaitMirrors(in node: Node) {
        guard isCommit, node.cluster != nil else { return }
        var leaders: [MirrorLeader] = []
        for publish in transaction.publishes {
            // order-free: an array
            for leader in node.mirrorsAwaited(publish.queues) where !leaders.contains(where: { $0 === leader }) {
                leaders.append(leader)
            }
        }
        awaited += leaders.count
        for leader in leaders { leader.wait(.commit(self)) }
    }

    /// It needs what stands for a queue to commit.
    func uses(_ queue: any DistantQueue) {
        guard !distant.contains(where: { $0 === queue }) else { return }
        distant.append(queue)
    }

    /// Something of it has not happened and cannot any more.
    func noteLost() { isLost = true }

    private func commitElsewhere(in node: Node) {
        guard isCommit, !distant.isEmpty else { return }
        guard let channel = node.channel(channel), channel.phase == .open else { return }
        for queue in distant where queue.commit(self, of: channel) { awaited += 1 }
        distant = []
    }

    /// A part of it elsewhere has been committed, or is not known to have been.
    func distantEnded(isDone: Bool, in node: Node) {
        awaited -= 1
        if !isDone { isLost = true }
        finish(in: node)
    }

    /// Each node commits its own part: like RabbitMQ's, a transaction is all or nothing only within one queue (RabbitMQ,
    /// "Broker Semantics"), but its client is never told that it was committed if some of it was not.
    private func finish(in node: Node) {
        guard isDurableHere, awaited == 0, let channel = node.channel(channel), channel.phase == .open,
            case .ending(let expected)? = channel.waiting, expected === self
        else { return }
        guard !isLost else {
            channel.currentMethod = TxCommit.id
            channel.fail(ProtocolException(.preconditionFailed, "partial tx completion"))
            return node.noteDirty(channel.connection)
        }
        channel.transactionEnded(self)
    }

    /// Does one slice; returns whether the task is finished or waits for its channel.
    private func carryOut(in node: Node) -> Bool {
        // One that was closed has given back what it held.
        let channel = node.channel(channel).flatMap { $0.phase == .open ? $0 : nil }
        var budget = Limits.sliceEntries
        while nextPublish < transaction.publishes.count {
            guard budget > 0 else { return false }
            if let channel, channel.sending != nil {
                // A return's body is going out; nothing else may be sent on the channel before it is.
                channel.heldEnd = self
                return true
            }
            let publish = transaction.publishes[nextPublish]
            nextPublish += 1
            budget -= max(1, publish.queues.count)
            if isCommit {
                node.publish(publish, from: channel, in: self)
            } else if let record = publish.record {
                node.release(record)
            }
        }
        while nextSettlement < transaction.settlements.count {
            guard budget > 0 else { return false }
            if isCommit, node.deadLetters.isTickFull, isDeath(transaction.settlements[nextSettlement]) { return false }
            let (delivery, settlement) = transaction.settlements[nextSettlement]
            nextSettlement += 1
            budget -= 1
            if !isCommit {
                channel?.unacked.resume(delivery.tag)
            } else if let channel {
                if let held = channel.unacked.settle(delivery.tag, from: .pending) {
                    if let queue = delivery.queue.takeUnretainedValue().distant { uses(queue) }
                    channel.apply(settlement, to: held)
                }
            } else {
                node.settle(delivery.entry, of: delivery.queue.takeUnretainedValue(), settlement)
            }
        }
        return true
    }
}
