/// A purge or a deletion: messages published before its end may be lost to it.
final class LossyOperation {
    let place: QueuePlace
    /// The step in which its client asked for it.
    let begun: Int
    let isDeletion: Bool
    /// The step after which it cannot happen any more.
    var end: Int?
    /// It was answered.
    var isAnswered = false

    init(_ place: QueuePlace, begun: Int, isDeletion: Bool) {
        self.place = place
        self.begun = begun
        self.isDeletion = isDeletion
    }
}

/// Every message of a simulation and what became of it.
final class Ledger {
    private(set) var messages: [MessageModel] = []
    private var operations: [QueuePlace: [LossyOperation]] = [:]
    /// Operations whose channel has ended before they were answered.
    private var ending: [LossyOperation] = []
    private var lostGets: Set<QueuePlace> = []
    /// Messages that may have gone with an answer to a `basic.get` without acknowledgement that nobody saw.
    private var takenUnseen: [QueuePlace: Int] = [:]
    private var streams: [Stream: PublisherStream] = [:]
    /// What may have come into each queue, in the order in which it was begun.
    private var arrivals: [QueuePlace: [Placement]] = [:]
    /// Answers to `basic.get` that are due: what was taken for one of them may be shown later.
    private var pendingGets: [QueuePlace: Int] = [:]
    /// Placements delivered in this tick, to be looked at when it ends, and those that came for the first time.
    private var touched: [Placement] = []
    private var touchedFirst: [Placement] = []
    /// Persistent messages confirmed in this tick before the disk had them.
    private var early: [MessageModel] = []
    /// Messages that were excused for one reason, to see that each happens.
    private(set) var expired = 0
    private(set) var dropped = 0

    private struct Stream: Hashable {
        let publisher: Int
        let place: QueuePlace
    }

    /// What one channel sends to one queue that it certainly reaches, in the order of publishing.
    private struct PublisherStream {
        var placements: [Placement] = []
        /// Everything before this has been delivered or is accounted for.
        var next = 0
    }

    func add(_ message: MessageModel) {
        messages.append(message)
        for place in message.certainQueues {
            let placement = message.placement(in: place)
            streams[Stream(publisher: message.publisher.id, place: place), default: PublisherStream()]
                .placements.append(placement)
            arrivals[place, default: []].append(placement)
        }
    }

    func message(id: Int) -> MessageModel? { messages.indices.contains(id) ? messages[id] : nil }

    func begin(_ place: QueuePlace, step: Int, isDeletion: Bool) -> LossyOperation {
        let operation = LossyOperation(place, begun: step, isDeletion: isDeletion)
        operations[place, default: []].append(operation)
        return operation
    }

    func beginGet(_ place: QueuePlace) { pendingGets[place, default: 0] += 1 }
    func endGet(_ place: QueuePlace) { pendingGets[place, default: 0] -= 1 }

    /// A `basic.get` whose channel ended before it was answered.
    func lostGet(_ place: QueuePlace, noAck: Bool) {
        endGet(place)
        lostGets.insert(place)
        if noAck { takenUnseen[place, default: 0] += 1 }
    }
    func hasLostGet(_ place: QueuePlace) -> Bool { lostGets.contains(place) }

    /// The operation has been answered.
    func answered(_ operation: LossyOperation, step: Int) {
        operation.end = step
        operation.isAnswered = true
        let place = operation.place
        // What was taken for a `basic.get` may go back unseen.
        guard !operation.isDeletion, pendingGets[place, default: 0] == 0, !hasLostGet(place) else { return }
        for placement in arrivals[place] ?? [] { placement.purged(asked: operation.begun, step: step) }
    }

    /// The operation's channel has gone; it happens within the node's pending work or not at all.
    func endSoon(_ operation: LossyOperation) { ending.append(operation) }

    /// The node has nothing more to do.
    func nodeIsQuiet(step: Int) {
        for operation in ending { operation.end = operation.end ?? step }
        ending.removeAll()
    }

    /// The node has crashed; all channels have ended.
    func crashed(step: Int, durable: Int) {
        nodeIsQuiet(step: step)
        touched.removeAll()
        touchedFirst.removeAll()
        early.removeAll()
        for message in messages {
            for placement in message.placements {
                // What was taken for an answer that nobody saw may count as delivered.
                let isTaken = hasLostGet(placement.place) || pendingGets[placement.place, default: 0] > 0
                placement.crashed(step: step, durable: durable, isPerhapsTaken: isTaken)
            }
            message.transaction?.crashed()
        }
        lostGets.removeAll()
        // What was held is back in its place.
        for stream in streams.keys { streams[stream]?.next = 0 }
    }

    func tickEnded(time: UInt64) -> String? {
        defer {
            touched.removeAll(keepingCapacity: true)
            touchedFirst.removeAll(keepingCapacity: true)
        }
        defer { early.removeAll(keepingCapacity: true) }
        for message in early where !mayHaveLeft(message, time) {
            return "a confirm of persistent message \(message.id) before it was flushed"
        }
        for placement in touched {
            if let contradiction = placement.contradiction { return contradiction }
        }
        for placement in touchedFirst {
            if let wrong = skipped(before: placement, time) { return wrong }
        }
        return nil
    }

    // MARK: Deliveries

    /// What is wrong with a message's delivery.
    func delivered(
        _ placement: Placement, redelivered: Bool, to consumer: ConsumerModel?, now: (Int, UInt64)
    ) -> String? {
        let (step, time) = now
        // What a `basic.get` took may be answered later than it was taken.
        if consumer != nil, placement.mustHaveExpired(at: time) { return "\(placement.name) after its time" }
        if placement.message.isRefused, placement.place.name == Topology.rejecting {
            return "\(placement.name), which was refused there"
        }
        if let handled = placement.message.handledAt,
            let deletion = operations[placement.place]?.first(where: {
                $0.isDeletion && $0.isAnswered && $0.begun > handled && ($0.end ?? .max) < step
            })
        {
            return "\(placement.name) is back after the deletion of its queue, asked for in step \(deletion.begun)"
        }
        placement.message.handled(step: step, time: time)
        touched.append(placement)
        if !redelivered { touchedFirst.append(placement) }
        return nil
    }

    /// A queue gives a publisher's messages in their order: whatever it skips has gone, for a reason.
    private func skipped(before placement: Placement, _ time: UInt64) -> String? {
        let key = Stream(publisher: placement.message.publisher.id, place: placement.place)
        guard pendingGets[placement.place, default: 0] == 0, !hasLostGet(placement.place), var stream = streams[key]
        else { return nil }
        defer { streams[key] = stream }
        while stream.next < stream.placements.count {
            let earlier = stream.placements[stream.next]
            guard earlier.message.index < placement.message.index else { return nil }
            stream.next += 1
            let isOver = earlier.first + earlier.again > 0 || earlier.goneAt != nil || earlier.isPerhapsGone
            // What a channel did not commit may lie between what it did.
            let transaction = earlier.message.transaction
            if isOver || (transaction != nil && transaction?.state != .committed) { continue }
            if !isExcused(earlier, time) { return "\(earlier.name) is skipped: \(placement.name) came before it" }
        }
        return nil
    }

    // MARK: What may be missing

    /// A message was confirmed before the disk had it.
    func confirmedEarly(_ message: MessageModel) { early.append(message) }

    /// Whether a message may have left every durable queue that it was routed to.
    func mayHaveLeft(_ message: MessageModel, _ time: UInt64) -> Bool {
        message.certainQueues.filter(Topology.isDurable).allSatisfy { place in
            let placement = message.placement(in: place)
            return placement.goneAt != nil || placement.isPerhapsGone || placement.mayHaveExpired(at: time)
                || placement.holders.contains { $0.decision == .final }
                || mayHaveGoneWithAll(placement)
                || (place.name == Topology.dropping && mayBeDropped(placement))
        }
    }

    /// Whether a purge or a deletion may have taken it.
    private func mayHaveGoneWithAll(_ placement: Placement) -> Bool {
        let arrived = placement.message.arrivedAt ?? placement.message.begun
        return operations[placement.place]?.contains { ($0.end ?? .max) >= arrived } ?? false
    }

    /// Whether there is a reason why a message may have left its queue unseen.
    private func isExcused(_ placement: Placement, _ time: UInt64) -> Bool {
        let message = placement.message
        if mayHaveGoneWithAll(placement) { return true }
        if placement.mayHaveExpired(at: time) {
            expired += 1
            return true
        }
        switch placement.place.name {
        case Topology.rejecting:
            // Who published without confirms, or did not wait for them, is not told that it was refused.
            if !message.isConfirmed { return true }
        case Topology.dropping:
            if mayBeDropped(placement) {
                dropped += 1
                return true
            }
        default: break
        }
        return false
    }

    /// Whether so many messages may have come behind one that it is no longer among the newest.
    private func mayBeDropped(_ placement: Placement) -> Bool {
        guard let arrival = placement.message.arrivedAt else { return true }
        let later = (arrivals[placement.place] ?? []).count {
            $0 !== placement && $0.message.arrivedAt != nil && $0.message.handledAt ?? .max >= arrival
        }
        return later >= Topology.lengthMax
    }

    /// Whether a queue may have held so many messages besides one when that came; its client may hear of it later.
    func mayHold(_ count: Int, in place: QueuePlace, besides message: MessageModel) -> Bool {
        let present = (arrivals[place] ?? []).count {
            $0.goneAt ?? .max >= message.arrivedAt ?? 0 && $0.message !== message && $0.message.arrivedAt != nil
                && !$0.message.isRefused
        }
        return present >= count
    }

    /// Whether something in a queue may expire.
    func mayExpire(in place: QueuePlace) -> Bool {
        Topology.lifetime(in: place) != nil
            || messages.contains { $0.route.expiration != nil && $0.possibleQueues.contains(place) }
    }

    /// What is missing after every queue of a virtual host has been drained.
    func missing(in host: String, time: UInt64) -> String? {
        for message in messages where message.route.host == host {
            let isApplied = message.transaction?.state == .unknown && message.transaction?.isFoundApplied == true
            guard message.handledAt != nil || isApplied else { continue }
            for placement in message.placements where placement.goneAt == nil && !placement.isPerhapsGone {
                guard message.certainQueues.contains(placement.place) || placement.first > 0 else { continue }
                // A commit that is found to have survived has survived as a whole.
                if (placement.isPerhapsLost && !isApplied) || isExcused(placement, time) { continue }
                if takenUnseen[placement.place, default: 0] > 0 {
                    takenUnseen[placement.place, default: 0] -= 1
                    continue
                }
                let known = message.isPromised ? "confirmed" : isApplied ? "half of its transaction is there" : "taken"
                return "\(placement.name) (\(known)) is lost"
            }
        }
        return nil
    }
}
