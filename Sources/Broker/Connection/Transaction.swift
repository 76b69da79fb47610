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
    /// Of what another node rolls forward: how many publishes had come when each of its transactions was complete.
    var marks: [(publishes: Int, transaction: UInt64)] = []

    var residentBytes: Int {
        publishes.count * MemoryLayout<Publish>.stride
            + settlements.count * MemoryLayout<(UnackedDelivery, Settlement)>.stride
    }
}

/// A transaction being committed or rolled back, a slice a tick. It outlives its channel: once begun, a commit is
/// carried out whole whatever becomes of the client.
///
/// What it writes to the journal is its record: what happens in queues here, and what is to happen elsewhere, in outboxes.
/// When that is durable it is committed. Then the outboxes hand over what they have, what it settles of deliveries from
/// elsewhere goes there, and its client is told when all of it has been done (see `RollForward`).
final class TransactionEnd: CommitWaiter {
    let isCommit: Bool
    let channel: ChannelReference
    private var transaction: Transaction
    private var nextPublish = 0
    private var nextSettlement = 0
    /// What it is written down under; nil where one tick does it all, or nothing has been written.
    private var number: UInt64?
    private var hasBegun = false
    /// What goes elsewhere, by where.
    private var posts: [(outbox: TransactionOutbox, slip: OutboxSlip)] = []
    /// Deliveries from elsewhere: they are settled when the rest is durable, since nobody could undo that.
    private var away: [(delivery: UnackedDelivery, settlement: Settlement)] = []
    private var nextAway = 0
    /// What stands for the queues of those.
    private var distant: [any DistantQueue] = []
    /// What goes back to the client, when the rest is durable.
    private var returns: ArraySlice<Transaction.Publish> = []
    /// Queues here with mirrors, in which something of it happens; see `MirrorLeader.holdBack`.
    private var heldBack: [MirrorLeader] = []
    /// How much has not been done elsewhere yet.
    private var awaited = 0
    /// The node whose transactions these are, and where it is known which of them have been applied.
    private let origin: UInt32?
    private var inbox: TransactionInbox?
    /// Something of it is lost, or may be.
    private var isIncomplete = false
    private var isDurableHere = false

    init(_ transaction: Transaction, isCommit: Bool, of channel: ChannelReference, from origin: UInt32? = nil) {
        self.origin = origin
        self.transaction = transaction
        self.isCommit = isCommit
        self.channel = channel
    }

    /// Does one slice; returns whether the task is finished, or waits for something else.
    func proceed(in node: Node) -> Bool {
        if isDurableHere { return settleAway(in: node) }
        if let origin, isCommit, inbox == nil {
            let inbox = node.rollForward.inbox(of: origin, in: node)
            guard inbox.enter(self) else { return true }
            passOver(upTo: inbox.mark, in: node)
            self.inbox = inbox
        }
        guard isCommit, node.journal.keepsBytes else {
            guard carryOut(in: node) else { return false }
            awaitMirrors()
            writeRest(in: node)
            durable(in: node)
            return true
        }
        // As its publisher would wait. One that has begun does not wait for mirrors, which may wait for its end.
        if hasBegun ? node.isJournalBehind : node.isDiskBehind {
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
        let isWhole = carryOut(in: node)
        if isWhole { writeRest(in: node) }
        node.pauseTransaction()
        guard isWhole else { return false }
        if let number {
            node.journalCommit(number)
            node.openTransactions -= 1
        }
        node.journalEnds()
        awaitMirrors()
        // Whatever becomes of the client: all of it is there, or after a crash nothing of it.
        node.whenDurable(.commit(self))
        return true
    }

    /// It is more than a slice, or may be.
    private var mayTakeSeveralTicks: Bool {
        let size = transaction.publishes.reduce(transaction.settlements.count) { $0 + max(1, $1.queues.count) }
        return size > Limits.sliceEntries || transaction.settlements.contains(where: isDeath)
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
        for place in away.indices.dropFirst(nextAway) {
            if let entry = unacked.entry(away[place].delivery.tag) { away[place].delivery.entry = entry }
        }
    }

    /// Everything of it here is durable.
    func durable(in node: Node) {
        isDurableHere = true
        inbox?.leave(in: node)
        for leader in heldBack { leader.letGo(self) }
        // order-free: an array
        for (outbox, _) in posts { outbox.isDurable(self) }
        posts = []
        if !settleAway(in: node) { node.later(.endTransaction(self)) }
    }

    // MARK: Elsewhere

    /// A message of it has gone into an outbox.
    func post(_ letter: OutboxSlip.Letter, to outbox: TransactionOutbox) {
        let place = posts.firstIndex { $0.outbox === outbox } ?? posts.count
        if place == posts.count { posts.append((outbox, OutboxSlip())) }
        posts[place].slip.add(letter)
    }

    /// Gives up what has come again.
    private func passOver(upTo mark: UInt64, in node: Node) {
        guard let last = transaction.marks.last(where: { $0.transaction <= mark }),
            node.plantedFault != .forgetTransactions
        else { return }
        for publish in transaction.publishes.prefix(last.publishes) {
            if let record = publish.record { node.release(record) }
        }
        transaction.publishes.removeFirst(last.publishes)
    }

    /// The end of the record: what makes it count elsewhere, and what says that it has been applied here.
    private func writeRest(in node: Node) {
        guard isCommit else { return }
        // order-free: an array
        for (outbox, slip) in posts {
            // What another node has handed over goes on by itself: whatever that hands over next must not wait for it. It
            // hears that this is not the end of it.
            outbox.post(slip, of: self, isAwaited: origin == nil)
            if origin == nil { awaited += 1 } else { isIncomplete = true }
        }
        if let inbox, let mark = transaction.marks.last { inbox.write(mark.transaction, in: node) }
    }

    /// Something of it is about to happen in a queue here.
    func isAbout(to queue: ClassicQueue) {
        guard let leader = queue.mirrors, leader.holdBack(for: self) else { return }
        heldBack.append(leader)
    }

    /// It must be safe with the mirrors too.
    private func awaitMirrors() {
        awaited += heldBack.count
        for leader in heldBack { leader.wait(.commit(self)) }
    }

    /// Something of it has not happened, or nobody can know any more whether it has.
    func noteIncomplete() { isIncomplete = true }

    /// A slice of what is settled elsewhere, and in the end the commit of that; returns whether it is done.
    private func settleAway(in node: Node) -> Bool {
        let channel = node.channel(channel).flatMap { $0.phase == .open ? $0 : nil }
        for _ in 0..<min(returns.count, Limits.sliceEntries) {
            if let channel, channel.sending != nil {
                // The body of the one before is going out; nothing else may be sent on the channel before it has.
                channel.heldEnd = self
                return true
            }
            node.publish(returns.removeFirst(), from: channel, in: self)
        }
        guard returns.isEmpty else { return false }
        let end = min(away.count, nextAway + Limits.sliceEntries)
        for (delivery, settlement) in away[nextAway..<end] {
            let queue = delivery.queue.takeUnretainedValue()
            guard let channel else {
                node.settle(delivery.entry, of: queue, settlement)
                continue
            }
            guard let held = channel.unacked.settle(delivery.tag, from: .pending) else { continue }
            if let stand = queue.distant, !distant.contains(where: { $0 === stand }) { distant.append(stand) }
            channel.apply(settlement, to: held)
        }
        nextAway = end
        guard end == away.count else { return false }
        (away, nextAway) = ([], 0)
        if let channel { for queue in distant where queue.commit(self, of: channel) { awaited += 1 } }
        distant = []
        finish(in: node)
        return true
    }

    /// A part of it elsewhere has been done, or is not known to have been.
    func distantEnded(isDone: Bool, in node: Node) {
        awaited -= 1
        if !isDone { isIncomplete = true }
        finish(in: node)
    }

    /// Its client is told when all of it has been done. Where an acknowledgement came too late, because its delivery has gone
    /// back with the queue's node or the way to it, or where nobody knows who has a message of a mirrored queue, it was not
    /// all of it, or may not have been.
    private func finish(in node: Node) {
        guard isDurableHere, returns.isEmpty, away.isEmpty, awaited == 0,
            let channel = node.channel(channel), channel.phase == .open, case .ending(let expected)? = channel.waiting,
            expected === self
        else { return }
        guard !isIncomplete else {
            channel.currentMethod = TxCommit.id
            channel.fail(ProtocolException(.preconditionFailed, "partial tx completion"))
            return node.noteDirty(channel.connection)
        }
        channel.transactionEnded(self)
    }

    /// Does one slice; returns whether that was the last.
    private func carryOut(in node: Node) -> Bool {
        // One that was closed has given back what it held.
        let channel = node.channel(channel).flatMap { $0.phase == .open ? $0 : nil }
        var budget = Limits.sliceEntries
        while nextPublish < transaction.publishes.count {
            guard budget > 0 else { return false }
            let publish = transaction.publishes[nextPublish]
            nextPublish += 1
            budget -= max(1, publish.queues.count)
            if isCommit, publish.isMandatory, publish.queues.isEmpty {
                returns.append(publish)
            } else if isCommit {
                node.publish(publish, from: channel, in: self)
            } else if let record = publish.record {
                node.release(record)
            }
        }
        while nextSettlement < transaction.settlements.count {
            guard budget > 0 else { return false }
            if isCommit, node.deadLetters.isTickFull, !node.isShuttingDown,
                isDeath(transaction.settlements[nextSettlement])
            {
                return false
            }
            let (delivery, settlement) = transaction.settlements[nextSettlement]
            nextSettlement += 1
            budget -= 1
            guard isCommit else {
                // Where the channel has been closed nothing keeps the queue any more.
                channel?.unacked.resume(delivery.tag)
                continue
            }
            let queue = delivery.queue.takeUnretainedValue()
            if queue.distant != nil {
                away.append((delivery, settlement))
                continue
            }
            isAbout(to: queue)
            if let channel {
                if let held = channel.unacked.settle(delivery.tag, from: .pending) {
                    channel.apply(settlement, to: held)
                }
            } else {
                node.settle(delivery.entry, of: queue, settlement)
            }
        }
        return true
    }
}
