internal import AMQP
internal import HeapModule
internal import Journal

/// Transactions between nodes, and between a node and its quorum queues: what this node owes others, an outbox for each
/// participant, and what others have brought here, an inbox for each of them.
///
/// The record of a commit is what it writes to the node's journal as a whole: what it does here, and its messages for
/// others in their outboxes, which are durable queues that no client can name. From then on it is carried out wherever it
/// must be, however often nodes crash meanwhile: an outbox hands its transactions over in the order of their numbers until
/// the participant has them durably, which remembers the last one it has applied and passes over what comes again.
final class RollForward {
    /// Where a part of a transaction goes.
    enum Participant: Hashable, Comparable {
        /// The classic queues of a node.
        case home(UInt32)
        /// A quorum queue.
        case queue(UInt64)
    }

    /// What a queue that no client can name is for.
    private enum Purpose: UInt64 {
        case letters = 0
        case slips, marks
    }

    /// Ids above those of all queues that clients declare.
    private static let idBit: UInt64 = 1 << 61
    private static let purposeShift: UInt64 = 59
    private static let quorumBit: UInt64 = 1 << 58

    /// What its queues are in; nobody has it open.
    private let host = VirtualHost(name: "")
    private var outboxes: [Participant: TransactionOutbox] = [:]
    private var inboxes: [UInt32: TransactionInbox] = [:]
    private var due: [TransactionOutbox] = []
    /// A timer of the node's will come.
    private var isWatched = false

    /// Whether there is something to do.
    var isDue: Bool { !due.isEmpty }

    /// All outboxes, in an order that is always the same.
    var sorted: [TransactionOutbox] { outboxes.values.sorted { $0.participant < $1.participant } }

    // MARK: Boxes

    func outbox(for participant: Participant, in node: Node) -> TransactionOutbox {
        if let known = outboxes[participant] { return known }
        let outbox = TransactionOutbox(
            participant, letters: queue(.letters, of: participant, in: node),
            slips: queue(.slips, of: participant, in: node), node: node)
        outboxes[participant] = outbox
        return outbox
    }

    func inbox(of origin: UInt32, in node: Node) -> TransactionInbox {
        if let known = inboxes[origin] { return known }
        let inbox = TransactionInbox(queue(.marks, of: .home(origin), in: node))
        inboxes[origin] = inbox
        return inbox
    }

    private static func id(_ purpose: Purpose, of participant: Participant) -> UInt64 {
        let base = idBit | purpose.rawValue << purposeShift
        return switch participant {
        case .home(let node): base | UInt64(node)
        case .queue(let id): base | quorumBit | id
        }
    }

    private func queue(_ purpose: Purpose, of participant: Participant, in node: Node) -> ClassicQueue {
        let id = Self.id(purpose, of: participant)
        let queue = ClassicQueue(
            id: id, name: "", virtualHost: host, settings: QueueDefinition(isDurable: true), node: node)
        node.keepUnlisted(queue)
        return queue
    }

    // MARK: Recovery

    /// Takes what a journal had of these queues out of it.
    func restore(_ recovered: inout [UInt64: RecoveredMessages], in node: Node) {
        for id in recovered.keys.filter({ $0 & Self.idBit != 0 }).sorted() {
            guard let messages = recovered.removeValue(forKey: id),
                let purpose = Purpose(rawValue: (id & ~Self.idBit) >> Self.purposeShift)
            else { continue }
            let rest = id & (Self.quorumBit - 1)
            let participant: Participant =
                id & Self.quorumBit != 0 ? .queue(rest) : .home(UInt32(truncatingIfNeeded: rest))
            switch (purpose, participant) {
            case (.marks, .home(let origin)): _ = inbox(of: origin, in: node)
            case (.marks, .queue): continue
            case (.letters, _), (.slips, _): _ = outbox(for: participant, in: node)
            }
            _ = node.restore(messages, to: node.queue(id: id))
        }
        for outbox in sorted { outbox.restored() }
    }

    // MARK: Ticks

    /// Lets an outbox do what it can in this tick or the next.
    func note(_ outbox: TransactionOutbox) {
        guard !outbox.isNoted else { return }
        outbox.isNoted = true
        due.append(outbox)
    }

    /// Something may have come that any of them has waited for.
    func noteAll() { for outbox in sorted { note(outbox) } }

    /// Looks again in a while at what could not be handed over.
    func retryLater(in node: Node) {
        guard !isWatched else { return }
        isWatched = true
        node.timers.insert(
            Timer(deadline: node.now.advanced(milliseconds: Limits.rollForwardRetryMilliseconds), target: .rollForward))
    }

    /// The moment has come.
    func timeIsDue() {
        isWatched = false
        noteAll()
    }

    /// Gives up memory of what waits, where that is short; returns whether there may be more.
    func cool(_ budget: inout Int) -> Bool {
        for outbox in sorted where outbox.letters.cool(keeping: 0, budget: &budget) { return true }
        return false
    }

    /// A slice of each that has something to do.
    func proceed() {
        let turn = due
        due.removeAll(keepingCapacity: true)
        for outbox in turn {
            outbox.isNoted = false
            outbox.proceed()
        }
    }
}

extension Node {
    /// Puts something into a queue that is the node's own, and writes it down.
    func keep(_ bytes: [UInt8], in queue: ClassicQueue, as sequence: UInt64) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let record = segments.allocate(
            MessageRecord.byteCount(key: 0, header: 0, body: bytes.count, isChunked: false))
        let target = MessageRecord.begin(
            segments.bytes(of: record), key: nothing, header: nothing, bodyBytes: bytes.count, isChunked: false)
        bytes.withUnsafeBytes { if let start = $0.baseAddress { target.copyMemory(from: start, byteCount: $0.count) } }
        queue.lastSequence = sequence - 1
        let flags = journal.keepsBytes ? QueueEntry.flags(journaledIn: journal.openSegment()) : QueueEntry.persistent
        queue.enqueue(
            record, bodyBytes: UInt32(clamping: bytes.count), flags: flags, expiry: QueueEntry.never)
        if journal.keepsBytes { journal(record, in: [queue], durable: 1, expiry: QueueEntry.never) }
    }
}
