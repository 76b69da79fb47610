@testable import Broker

/// What was published, delivered and acknowledged in the whole cluster, and whether that may be.
///
/// - A message that nobody published, or not to this queue, or in a transaction that was never committed, never comes.
/// - A quorum queue delivers a message as new once at most, whatever crashes; a classic one once in each life of its
///   home, a mirrored one once under each leader. To one consumer what one channel published comes in the order in which it did, as far as it is new.
/// - What was acknowledged, when the acknowledgement was certainly applied, does not come again. It was where its
///   transaction was committed, or a later publish of its channel to the same queue was confirmed, or its channel was
///   still there in the end. Acknowledgements are void where the consumer's node was taken for dead meanwhile: by the
///   log of a quorum queue, or by the home of a classic one.
/// - At the end everything confirmed is there, unless a client took it, or a purge, a deletion or a rule of its queue did.
///   Classic queues owe that only to persistent messages in durable queues, when their home has crashed; mirrored ones when
///   no mirror in sync could lead instead.
final class ClusterLedger {
    private unowned let world: ClusterWorld
    private(set) var messages: [ClusterMessage] = []
    private var losses: [String: [ClusterLoss]] = [:]
    /// Deliveries that may have been taken back without a client having seen them, by queue.
    private var unseenReturns: [String: Int] = [:]
    /// Messages that `basic.get` may have taken for good while its answer was lost, by queue.
    private var takenUnseen: [String: Int] = [:]
    /// Messages that had to go for those of transactions, of queues that would refuse others.
    private var droppedForCommits: [String: Int] = [:]
    /// When a node crashed last, and when two last took each other for down.
    private var crashes: [UInt32: UInt64] = [:]
    private var partings: [[UInt32]: UInt64] = [:]
    /// Ids and homes of the stable queues.
    private(set) var ids: [String: UInt64] = [:]
    private var homes: [String: UInt32] = [:]

    init(world: ClusterWorld) { self.world = world }

    // MARK: What the world says

    func know(_ queue: String, id: UInt64, home: UInt32?) {
        ids[queue] = id
        homes[queue] = home
    }

    func crashed(_ node: UInt32) { crashes[node] = world.time }
    func parted(_ one: UInt32, _ other: UInt32) { partings[[one, other].sorted()] = world.time }

    func publish(
        on channel: ClusterChannel, to queues: [String], isPersistent: Bool, size: Int
    ) -> ClusterMessage {
        channel.publishCount += 1
        let message = ClusterMessage(
            id: messages.count, channel: channel, number: channel.publishCount, queues: queues,
            isPersistent: isPersistent, size: size, sentAt: world.time)
        for copy in message.copies { copy.isCertain = isCertain(copy.queue, channel) }
        messages.append(message)
        world.statistics.published += 1
        return message
    }

    /// Whether a queue is there for what a channel publishes now.
    private func isCertain(_ name: String, _ channel: ClusterChannel) -> Bool {
        guard let queue = ClusterTopology.queue(name) else { return false }
        guard !queue.isStable else { return true }
        // The channel's node has seen it declared, as was asked for after it had been deleted last.
        guard queue.isDurable, let declared = channel.declared[name] else { return false }
        return losses[name, default: []].allSatisfy { !$0.isDeletion || $0.ended.map { $0 < declared } ?? false }
    }

    func begin(_ queue: String, isDeletion: Bool) -> ClusterLoss {
        let loss = ClusterLoss(queue, isDeletion: isDeletion, began: world.time)
        losses[queue, default: []].append(loss)
        return loss
    }

    func mayHaveReturned(_ queue: String) { unseenReturns[queue, default: 0] += 1 }
    func mayHaveTaken(_ queue: String) { takenUnseen[queue, default: 0] += 1 }

    // MARK: Deliveries

    /// Books what a node sends to a client; returns what is wrong with it.
    func deliver(_ body: [UInt8], _ delivery: ClusterDelivery, isDraining: Bool) -> String? {
        guard let id = ClusterMessage.id(of: body), id < messages.count else {
            let start = String(decoding: body.prefix(40), as: UTF8.self)
            return "\(delivery.queue) delivers what nobody published: \(start)"
        }
        let message = messages[id]
        guard message.body == body else { return "\(delivery.queue) delivers message \(id) with other bytes" }
        guard let copy = message.copy(in: delivery.queue) else {
            return "\(delivery.queue) delivers message \(id), which went to \(message.queues)"
        }
        delivery.copy = copy
        switch message.state {
        case .held: return "\(copy.name) is delivered before its transaction is committed"
        case .abandoned: return "\(copy.name) is delivered although its transaction was never committed"
        case .unknown, .promised, .refused: break
        }
        // What was on its way when its consumer's node was taken for dead may come late.
        if let gone = copy.goneSince, !isVoid(delivery, on: delivery.node.number) {
            return "\(copy.name) is delivered again; that it was acknowledged was certain \(ago(gone))"
        }
        if isDraining, copy.isDrained { return "\(copy.name) is there twice" }
        copy.isDrained = copy.isDrained || isDraining
        copy.deliveries += 1
        world.statistics.deliveries += 1
        if delivery.isRedelivered {
            world.statistics.redeliveries += 1
            return nil
        }
        return deliverAsNew(copy, delivery)
    }

    private func deliverAsNew(_ copy: ClusterCopy, _ delivery: ClusterDelivery) -> String? {
        if let before = copy.deliveredAsNewAt {
            if !mayBeForgotten(copy, delivery) { return "\(copy.name) is delivered as new, and was \(ago(before))" }
        }
        copy.deliveredAsNewAt = world.time
        copy.deliveredInLife = homes[copy.queue].map { delivery.life(of: $0) }
        copy.deliveredInReign = delivery.reign
        guard let consumer = delivery.consumer else { return nil }
        if ClusterTopology.queue(copy.queue)?.isMirrored == true {
            // It goes on with a leader that may not know what the one before has delivered.
            if delivery.reign != consumer.reign { (consumer.reign, consumer.lastNumbers) = (delivery.reign, [:]) }
            if delivery.reign == nil { return nil }
        }
        let message = copy.message
        if let last = consumer.lastNumbers[message.publisher], last >= message.number {
            return "\(copy.name), publish \(message.number) of channel \(message.publisher), comes to '\(consumer.tag)'"
                + " behind publish \(last)"
        }
        consumer.lastNumbers[message.publisher] = message.number
        return nil
    }

    /// Whether a queue may deliver a message as new once more: a classic one writes down what it has delivered, and tells
    /// its mirrors, but nobody waits for that.
    private func mayBeForgotten(_ copy: ClusterCopy, _ delivery: ClusterDelivery) -> Bool {
        if ClusterTopology.queue(copy.queue)?.isQuorum == true { return false }
        if let reign = delivery.reign { return copy.deliveredInReign != reign }
        // Of a mirrored queue while its leader changes, or of one that comes and goes.
        return homes[copy.queue].map { copy.deliveredInLife != delivery.life(of: $0) } ?? true
    }

    private func ago(_ time: UInt64) -> String { "\((world.time - time) / 1_000_000) ms ago" }

    /// An acknowledgement has certainly been applied, unless it was void.
    func isCertain(_ ack: ClusterAck) {
        let copy = ack.delivery.copy
        guard let copy, copy.goneSince == nil, !isVoid(ack.delivery, on: ack.node) else { return }
        copy.goneSince = world.time
        world.statistics.certainAcks += 1
    }

    /// Nanoseconds that may lie between a delivery's leaving its queue and its reaching its client.
    private static let onTheWay: UInt64 = 6_000_000_000

    /// Whether a delivery to a client of a node may be from before its queue took that node for dead: nothing that is said of
    /// it means anything to the queue.
    private func isVoid(_ delivery: ClusterDelivery, on node: UInt32) -> Bool {
        let queue = delivery.queue
        let since = delivery.time > Self.onTheWay ? delivery.time - Self.onTheWay : 0
        guard let known = ClusterTopology.queue(queue), known.isStable, let id = ids[queue] else { return true }
        func isSince(_ time: UInt64) -> Bool { time > 0 && time >= since }
        if known.isQuorum {
            // Its log may have said so in this very tick, before what makes the acknowledgement certain.
            for consuming in world.nodes where consuming.number == node { world.lookAtLogs(of: consuming) }
            return isSince(world.logs.buried(node, in: id))
        }
        guard let home = homes[queue] else { return true }
        return isSince(crashes[home] ?? 0) || isSince(partings[[home, node].sorted()] ?? 0)
    }

    // MARK: The end

    /// The first message that should be there and was not found.
    func missing() -> String? {
        for message in messages where message.state == .promised {
            for copy in message.copies where !copy.isDrained && copy.isCertain && !copy.mayBeGone {
                guard let queue = ClusterTopology.queue(copy.queue), !isExcused(copy, queue) else { continue }
                if takenUnseen[copy.queue, default: 0] > 0 {
                    takenUnseen[copy.queue, default: 0] -= 1
                    continue
                }
                return "\(copy.name), sent \(ago(message.sentAt)) on channel \(message.publisher), was confirmed and is"
                    + " lost"
            }
        }
        return nil
    }

    /// How many messages of transactions have, or may have, come to a queue.
    private func committed(to queue: String) -> Int {
        messages.count {
            $0.isTransactional && $0.state != .held && $0.state != .abandoned && $0.copy(in: queue) != nil
        }
    }

    private func isExcused(_ copy: ClusterCopy, _ queue: ClusterQueue) -> Bool {
        if queue.isForgetful { return true }
        // What a commit brings is not refused: where there is no room for it the oldest goes.
        if queue.lengthMax != nil, droppedForCommits[copy.queue, default: 0] < committed(to: copy.queue) {
            droppedForCommits[copy.queue, default: 0] += 1
            return true
        }
        if losses[copy.queue]?.contains(where: { $0.ended ?? .max >= copy.message.sentAt }) == true { return true }
        if let limit = queue.deliveryLimit {
            let burials = ids[copy.queue].map { world.logs.burialCounts[QuorumMember.group(of: $0)] ?? 0 } ?? .max / 2
            if copy.deliveries + unseenReturns[copy.queue, default: 0] + burials > limit { return true }
        }
        guard !queue.isQuorum else { return false }
        // A mirror in sync has it as well, and leads next.
        if queue.isMirrored {
            return !copy.message.isPersistent && world.mirrors.hasForgotten(copy.queue, since: copy.message.sentAt)
        }
        // Its home need not keep it over its own end; which home a queue that comes and goes has is not known.
        return !copy.message.isPersistent && homes[copy.queue].map { crashes[$0] != nil } ?? true
    }
}
