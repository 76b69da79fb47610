internal import AMQP
internal import DequeModule
internal import HeapModule
internal import Journal

/// What stands on a node for a quorum queue: it passes on what this node's clients want of the queue, as a stream of
/// numbered commands for whoever leads it, and what the queue gives them.
///
/// A command stays here until the leader says that it is applied. After a change of leaders all that stay are sent again,
/// and consumers ask for what they may have missed; the log knows what it has already. So a failover neither loses nor
/// doubles anything.
final class QuorumQueue: DistantQueue {
    /// A batch on its way.
    private struct Sent {
        let first: UInt64
        let last: UInt64
        let bytes: [UInt8]
    }

    /// What it stands for, and what holds it: not used any more when the queue is deleted.
    unowned let queue: ClassicQueue
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    let settings: QuorumSettings
    /// The limits that it is to have: those of its declaration and of the policy that counts for it.
    private(set) var limits: QuorumLimits
    /// Where its messages go that leave it without an acknowledgement; nil for nowhere.
    private(set) var deadLetters: DeadLetterTarget?

    // What goes out.
    private var next: UInt64 = 1
    private var batch: QuorumBatch?
    private var batchFirst: UInt64 = 0
    private var sent = Deque<Sent>()
    private(set) var sentBytes = 0
    private var confirmed: UInt64 = 0
    private var retryAt: Instant?
    private var target = QuorumTarget()
    private var isBusy = false
    /// When a timer of the node's will come.
    private var watchedFor: Instant?
    /// Settlements that may be joined by others.
    private var settling: (consumer: UInt64, how: QuorumSettlement, sequences: ClosedRange<UInt64>)?

    // Who waits for what.
    private var publishes = OutstandingPublishes()
    var commits = Deque<(number: UInt64, end: any CommitWaiter)>()
    /// By ascending numbers.
    var requests = Deque<(number: UInt64, request: QuorumRequest)>()
    var subscriptions: [UInt64: QuorumSubscription] = [:]
    /// The pseudo-consumers that hold what channels got.
    var getters: [ChannelReference: UInt64] = [:]
    /// Ready messages and consumers, as far as was last heard.
    var readyCount = 0
    private(set) var isDeleted = false

    init(_ queue: ClassicQueue, _ settings: QuorumSettings, deadLetters: DeadLetterTarget?, node: Node) {
        self.queue = queue
        self.settings = settings
        limits = settings.limits
        self.deadLetters = deadLetters
        self.node = node
    }

    var home: UInt32? { nil }
    var member: QuorumMember? { node.quorum.member(queue.id) }
    /// How many publishes of this node's clients wait to be confirmed.
    var waitingPublishes: Int { publishes.count }

    // MARK: Commands

    /// Numbers a command and returns the batch it belongs into.
    @inline(__always)
    func command(_ write: (inout QuorumBatch) -> Void) -> UInt64 {
        if batch == nil {
            batchFirst = next
            // A publish before the first request may have been refused, and its node does not know it yet.
            batch = QuorumBatch(
                node: node.number, incarnation: node.incarnation, first: next,
                floor: min(requests.first?.number ?? .max, confirmed + 1))
            noteBusy()
        }
        write(&batch!)  // set before it is used
        next &+= 1
        return next &- 1
    }

    func noteBusy() {
        guard !isBusy else { return }
        isBusy = true
        node.quorum.noteBusy(self)
    }

    /// Asks for something that is answered.
    func ask(_ request: QuorumRequest, _ write: (inout QuorumBatch) -> Void) {
        finishSettling()
        // Before the batch is begun: its floor must not lie above.
        requests.append((next, request))
        _ = command(write)
    }

    /// Tells something that is not answered.
    func tell(_ write: (inout QuorumBatch) -> Void) {
        finishSettling()
        _ = command(write)
    }

    /// Hands the commands of this tick to the leader, and again those that were handed over long ago.
    func flush() {
        isBusy = false
        guard !isDeleted else {
            // Nobody is left to take it.
            batch = nil
            settling = nil
            return
        }
        finishSettling()
        if let whole = batch.take() {
            let bytes = whole.finish()
            sent.append(Sent(first: batchFirst, last: next - 1, bytes: bytes))
            sentBytes += bytes.count
            node.quorum.backlogChanged(by: bytes.count)
            if target.node == nil { target.choose(member?.leader, or: candidates) }
            // All that waits goes again below, in its order.
            let goesAgain = retryAt.map { $0 <= node.now } ?? false
            if let node = target.node, !goesAgain, target.isKnown || sent.count == 1 { hand(bytes, to: node) }
            if retryAt == nil { retryLater() }
        }
        guard let due = retryAt, due <= node.now else { return }
        retryAt = nil
        sendAgain()
    }

    private func retryLater() {
        // Without a leader there is nothing to wait for but one.
        let wait = target.node == nil ? Limits.quorumLeaderlessMilliseconds : Limits.quorumRetryMilliseconds
        retryAt = node.now.advanced(milliseconds: wait)
        watch()
    }

    private func watch() {
        guard let retryAt, watchedFor.map({ retryAt < $0 }) ?? true else { return }
        watchedFor = retryAt
        node.timers.insert(Timer(deadline: retryAt, target: .quorumQueue(queue.id)))
    }

    /// The moment that was watched has come.
    func timeIsDue() {
        // One that was set for later comes as well.
        guard let due = watchedFor, due <= node.now else { return }
        watchedFor = nil
        guard let retryAt else { return }
        if retryAt <= node.now { noteBusy() } else { watch() }
    }

    /// Whom to ask who leads. A member knows, and says so; those that it began with may be none any more, and the one here
    /// may be none without knowing it.
    private func candidates() -> [UInt32] {
        let up = node.replicas.upNodes
        return settings.members.filter(up.contains) + up.filter { !settings.members.contains($0) }
    }

    private func hand(_ bytes: [UInt8], to leader: UInt32) {
        if leader == node.number {
            member?.take(bytes, from: leader, incarnation: node.incarnation)
        } else {
            node.cluster?.send(bytes, .quorumCommands, group: QuorumMember.group(of: queue.id), to: leader)
        }
    }

    /// Hands over all that has not been applied as far as is known here.
    private func sendAgain() {
        let isAnybodyBehind = isAnybodyBehind
        guard !sent.isEmpty || isAnybodyBehind else { return }
        target.askAgain(member?.leader, or: candidates)
        retryLater()
        guard let node = target.node else { return }
        for batch in target.isKnown ? sent[...] : sent.prefix(1) { hand(batch.bytes, to: node) }
        guard isAnybodyBehind else { return }
        for (_, subscription) in subscriptions.sorted(by: { $0.key < $1.key }) where subscription.isBehind {
            resume(subscription)
        }
    }

    /// Asks for what a consumer holds and has not got.
    func resume(_ subscription: QuorumSubscription) {
        subscription.isBehind = true
        if retryAt == nil { retryLater() }
        guard let leader = target.node else { return }
        let resume = QuorumResume(
            node: node.number, incarnation: node.incarnation, consumer: subscription.id, after: subscription.received)
        if leader == node.number {
            member?.resume(resume)
        } else {
            node.cluster?.send(
                resume.encoded(), .quorumResume, group: QuorumMember.group(of: queue.id), to: leader)
        }
    }

    /// Another policy counts: whoever leads puts its limits into the log.
    func limit(_ limits: QuorumLimits, deadLetters: DeadLetterTarget?) {
        self.limits = limits
        self.deadLetters = deadLetters
        member?.limitsChanged()
    }

    // MARK: Leaders

    /// The member here knows another leader, or none.
    func leaderChanged() {
        let leader = member?.leader
        if target.isNews(leader) { leads(leader) }
    }

    private func leads(_ leader: UInt32?) {
        target.leads(leader)
        if leader != nil { beginAgain() }
    }

    private func beginAgain() {
        // What the old one has sent may have been lost with it.
        for (_, subscription) in subscriptions.sorted(by: { $0.key < $1.key }) where subscription.isAttached {
            subscription.isBehind = true
        }
        retryAt = node.now
        noteBusy()
    }

    /// Somebody has said what only a leader says: it can be given whatever waits.
    private func hasAnswered(_ leader: UInt32) {
        guard target.hasAnswered(leader), sent.count > 1 else { return }
        retryAt = node.now
        noteBusy()
    }

    /// A node cannot be reached any more.
    func peerDown(_ peer: UInt32) {
        if target.node == peer { target.leads(nil) }
    }

    /// A node can be reached again; what was on its way to it may have been lost with the link.
    func peerUp(_ peer: UInt32) {
        if target.node == nil { target.choose(member?.leader, or: candidates) }
        if target.node == peer { target.isKnown ? leads(peer) : beginAgain() }
    }

    // MARK: Answers

    /// Takes what a leader says; false where it makes no sense.
    func take(_ reply: UnsafeRawBufferPointer, from leader: UInt32) -> Bool {
        guard var reader = QuorumReplyReader(reply) else { return false }
        guard reader.incarnation == node.incarnation, !isDeleted else { return true }
        while let item = reader.next() {
            switch item {
            case .confirmed(let number):
                confirm(upTo: number)
                hasAnswered(leader)
            case .refused(let number): refuse(number)
            case .gap:
                hasAnswered(leader)
                retryAt = node.now
                noteBusy()
            case .gone(let id): if let lost = subscriptions[id] { reattach(lost) }
            case .resumed(let id): subscriptions[id]?.isBehind = false
            case .more(let id): if let subscription = subscriptions[id] { thereIsMore(for: subscription) }
            case .redirect(let node): redirected(to: node, by: leader)
            case .answer(let number, let answer, let value, let second): answered(number, answer, value, second)
            case .delivery(let consumer, let sequence, let count, let message):
                take(consumer, sequence, count: count, message)
            }
        }
        return !reader.isMalformed
    }

    private func redirected(to leader: UInt32, by asked: UInt32) {
        guard member?.leader == nil, target.node == asked || target.node == nil else { return }
        if leader == 0 || !node.replicas.upNodes.contains(leader) {
            target.leads(nil)
            if retryAt != nil { retryLater() }
        } else if leader != target.node {
            leads(leader)
        }
    }

    private func confirm(upTo number: UInt64) {
        guard number > confirmed, number < next else { return }
        confirmed = number
        retryAt = sent.isEmpty ? nil : node.now.advanced(milliseconds: Limits.quorumRetryMilliseconds)
        forgetSent()
        while let run = publishes.popFirst(through: number) { tell(run, isRefused: false) }
        while let commit = commits.first, commit.number <= number {
            commits.removeFirst()
            commit.end.distantEnded(isDone: true, in: node)
        }
    }

    /// What is applied is not sent again, unless an answer to it has been lost.
    func forgetSent() {
        while let batch = sent.first, batch.last <= confirmed, batch.last < requests.first?.number ?? .max {
            sent.removeFirst()
            sentBytes -= batch.bytes.count
            node.quorum.backlogChanged(by: -batch.bytes.count)
        }
    }

    /// Refuses one publish, which is confirmed with others otherwise.
    private func refuse(_ number: UInt64) {
        guard number > confirmed else { return }
        if let refused = publishes.remove(number) { tell(refused, isRefused: true) }
    }

    private func tell(_ run: OutstandingPublishes.Run, isRefused: Bool) {
        guard let channel = node.channel(run.channel), channel.phase == .open else { return }
        channel.confirms.settle(run.publish, through: run.last, refused: isRefused)
        channel.noteConfirms()
        guard !isRefused, let recorder = node.recorder, recorder.isWatching else { return }
        recorder.confirmed(queue: queue.id, count: Int(clamping: run.count), at: node.now)
    }

    // MARK: Publishing

    func mustWait(_ connection: Connection) -> Bool {
        sentBytes > Limits.quorumQueueBacklogBytes || node.quorum.isBackedUp
    }

    func publish(_ message: DistantMessage, to queues: [ClassicQueue], from channel: Channel?, number: UInt64?) -> Bool
    {
        guard !isDeleted else { return false }
        let taken = node.withJournaledBytes(of: message.record) { bytes in
            self.command { $0.enqueue(bytes, isPersistent: message.deliveryMode == 2, lifetime: message.lifetime) }
        }
        guard let command = taken else { return false }
        guard let number, let channel else { return true }
        publishes.add(number, of: channel.reference, command: command)
        return true
    }

    func commit(_ end: TransactionEnd, of channel: Channel) -> Bool {
        finishSettling()
        let last = next - 1
        guard !isDeleted, last > confirmed else { return false }
        commits.append((last, end))
        return true
    }

    // MARK: Settling

    func settle(_ delivery: UnackedDelivery, _ settlement: Settlement, on channel: Channel) -> Bool {
        let how: QuorumSettlement =
            switch settlement {
            case .ack: .ack
            case .requeue: .requeue
            case .discard: .discard
            }
        // Where the consumer's name is of a delivery: see `entry(for:)`.
        return settle(delivery.entry.expiry, delivery.entry.sequence, how)
    }

    @discardableResult
    func settle(_ consumer: UInt64, _ sequence: UInt64, _ how: QuorumSettlement) -> Bool {
        guard !isDeleted, subscriptions[consumer] != nil else { return false }
        if let open = settling, open.consumer == consumer, open.how == how,
            open.sequences.upperBound &+ 1 == sequence
        {
            settling?.sequences = open.sequences.lowerBound...sequence
            return true
        }
        finishSettling()
        settling = (consumer, how, sequence...sequence)
        noteBusy()
        return true
    }

    func finishSettling() {
        guard let open = settling else { return }
        settling = nil
        _ = command { $0.settle(open.consumer, open.how, open.sequences) }
    }

    // MARK: Ending

    func deleted() {
        isDeleted = true
        node.quorum.backlogChanged(by: -sentBytes)
        sent.removeAll()
        sentBytes = 0
        batch = nil
        settling = nil
        retryAt = nil
        // Whoever is told below may end its channel, which must find nothing left to say here.
        (subscriptions, getters) = ([:], [:])
        // Like a classic queue that goes with its messages: nothing is left that they could be lost from.
        while let run = publishes.popFirst(through: .max) { tell(run, isRefused: false) }
        while let commit = commits.popFirst() { commit.end.distantEnded(isDone: true, in: node) }
        let missing = ProtocolException.noQueue(queue.name, queue.virtualHost.name)
        while let waiting = requests.popFirst() { node.answer(waiting.request.origin, .failed(missing)) }
    }
}
