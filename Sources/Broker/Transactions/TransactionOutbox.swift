internal import Journal

/// What this node owes to one participant of its transactions: the messages for it, and a slip for each transaction, in
/// two durable queues of its own. A slip's sequence is the transaction's number; it is higher than those of its messages,
/// and both only grow, so that what is handed over again after a crash is known again.
///
/// Some transactions at a time are handed over together; what the participant has durably is settled.
final class TransactionOutbox: CommitWaiter {
    /// What is to be handed over, in order.
    enum Step {
        case letter(OutboxSlip.Letter, of: UInt64)
        /// All of a transaction came before.
        case end(UInt64)
    }

    /// How far the transactions that are being handed over have come.
    enum Phase {
        case sending(next: Int)
        case sent
        /// The participant has them.
        case settling(next: Int)
    }

    let participant: RollForward.Participant
    let letters: ClassicQueue
    let slips: ClassicQueue
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    /// In the list of those that have something to do.
    var isNoted = false

    /// Transactions up to this one are durable here, and those up to that one the participant has.
    private var durable: UInt64 = 0
    private var done: UInt64 = 0
    /// Whose transactions have been posted, and who of them waits until the participant has it.
    private var waiting: [(transaction: UInt64, end: TransactionEnd, isAwaited: Bool)] = []
    /// What is being handed over has been before, and nobody knows what became of it then.
    private var isUncertain = false
    /// What is being handed over, and how far that is; none of it in between.
    private(set) var steps: [Step] = []
    var phase = Phase.sending(next: 0)
    /// Messages that are settled, behind others that are not.
    private var settled: Set<UInt64> = []
    /// Something is being read back.
    var isFetching = false
    /// The way to a home.
    weak var relay: Relay?
    weak var channel: RelayChannel?

    init(_ participant: RollForward.Participant, letters: ClassicQueue, slips: ClassicQueue, node: Node) {
        self.participant = participant
        self.letters = letters
        self.slips = slips
        self.node = node
    }

    /// Whether everything has been handed over.
    var isEmpty: Bool { slips.lastSequence <= done && letters.readyCount == 0 }

    // MARK: In

    /// Writes down, in the commit that is under way, that a transaction is to be handed over; `durable` follows.
    func post(_ slip: OutboxSlip, of end: TransactionEnd, isAwaited: Bool) {
        // Should all of it have been lost, what is new must not be taken for what was: so the clock has a say.
        let number = max(letters.lastSequence + 1, slips.lastSequence + 1, node.wallMilliseconds * 1_000)
        node.keep(slip.bytes, in: slips, as: number)
        letters.lastSequence = number
        waiting.append((number, end, isAwaited))
    }

    /// A transaction that has been posted is durable.
    func isDurable(_ end: TransactionEnd) {
        guard let number = waiting.last(where: { $0.end === end })?.transaction else { return }
        durable = max(durable, number)
        node.rollForward.note(self)
    }

    /// What the journal had of it is there.
    func restored() {
        durable = slips.lastSequence
        // Messages that nobody wrote down must not be taken for others: their numbers are not used again.
        letters.lastSequence = max(letters.lastSequence, slips.lastSequence)
        node.rollForward.note(self)
    }

    // MARK: Out

    /// Does a slice of what can be done.
    func proceed() {
        guard !isFetching, node.isServing, node.storageFailure == nil, !node.isShuttingDown else { return }
        if steps.isEmpty, !gather() { return }
        switch phase {
        case .sending(let next):
            switch participant {
            case .home(let home): send(to: home, from: next)
            case .queue(let id): send(toQuorumQueue: id)
            }
        case .sent: return
        case .settling(let next): settle(from: next)
        }
    }

    /// Takes the next transactions; false where there are none yet.
    private func gather() -> Bool {
        phase = .sending(next: 0)
        var bytes = 0
        var place = slips.ready.firstPlace(from: done + 1) { $0.sequence }
        while place < slips.ready.count, steps.count < Limits.rolledForwardSteps, bytes < Limits.rolledForwardBytes {
            let slip = slips.ready[place]
            guard slip.sequence <= durable else { break }
            guard !slip.isCold else {
                // What can be taken goes first.
                if steps.isEmpty { readBack(slips, from: place) }
                break
            }
            let found = node.withJournaledBytes(of: slip.record) { bytes -> [OutboxSlip.Letter]? in
                MessageRecord.shape(journaled: bytes).flatMap {
                    OutboxSlip.letters(bytes.dropFirst($0.bodyOffset - MessageRecord.memoryBytes))
                }
            }
            guard let slipLetters = found ?? nil else {
                node.storageFailed(StorageError("the record of a transaction makes no sense"))
                return false
            }
            for letter in slipLetters {
                steps.append(.letter(letter, of: slip.sequence))
                bytes += Int(letters.entry(letter.sequence)?.bodyBytes ?? 0)
            }
            steps.append(.end(slip.sequence))
            place += 1
        }
        return !steps.isEmpty
    }

    /// Reads back a run of messages that are on the disk alone; it goes on afterwards.
    func readBack(_ queue: ClassicQueue, from place: Int) {
        var asked: [QueueEntry] = []
        var bytes = 0
        for place in place..<min(queue.ready.count, place + Limits.fetchedMost) {
            guard bytes < Limits.fetchedBytes else { break }
            guard queue.ready[place].isCold else { continue }
            asked.append(queue.ready[place])
            bytes += Int(queue.ready[place].bodyBytes)
        }
        isFetching = true
        node.fetch(queue.pieces(of: asked)) { [self] fetch, node in
            isFetching = false
            for (index, known) in asked.enumerated() {
                let isWarm = queue.update(known.sequence) { entry in
                    // It may have been written again elsewhere.
                    guard entry.isCold, entry.location == known.location else { return nil }
                    return queue.warmed(entry, from: fetch, index)
                }
                if isWarm { queue.coldReady -= 1 }
            }
            node.rollForward.note(self)
        }
    }

    // MARK: Answers

    /// What was on its way is not known to have arrived: it is sent again.
    func lost() {
        relay?.close()
        (relay, channel) = (nil, nil)
        if case .sent = phase { isUncertain = true }
        guard case .settling = phase else {
            phase = .sending(next: 0)
            // The other node may be there, and just not take it now.
            return node.rollForward.retryLater(in: node)
        }
    }

    /// The home may have applied all of it when it came the first time, and has passed over it now. But it waited for the
    /// mirrors of its queues then, and does not the second time: should it have lost the lead meanwhile, nobody knows who
    /// has what.
    private func noteUncertain() {
        for case .letter(let letter, let transaction) in steps
        where letter.targets.contains(where: { node.queue(id: $0)?.mirroring != nil }) {
            // order-free: an array
            for posted in waiting where posted.transaction == transaction { posted.end.noteIncomplete() }
        }
    }

    /// The participant has durably what it was sent.
    func distantEnded(isDone: Bool, in node: Node) {
        guard case .sent = phase else { return }
        guard isDone else { return lost() }
        isTaken()
    }

    /// The participant has all that is being handed over, or is gone for ever.
    func isTaken() {
        guard case .end(let last)? = steps.last else { return }
        if isUncertain { noteUncertain() }
        isUncertain = false
        done = last
        phase = .settling(next: 0)
        node.rollForward.note(self)
        let count = waiting.firstIndex { $0.transaction > last } ?? waiting.count
        let ends = waiting.prefix(count)
        waiting.removeFirst(count)
        for posted in ends where posted.isAwaited { posted.end.distantEnded(isDone: true, in: node) }
    }

    /// Ends, in slices, what has been handed over.
    private func settle(from first: Int) {
        let end = min(steps.count, first + Limits.sliceEntries)
        for step in steps[first..<end] {
            // What was never written down did not survive.
            guard case .letter(let letter, _) = step, letters.entry(letter.sequence) != nil else { continue }
            settled.insert(letter.sequence)
            while let head = letters.firstEntry, settled.remove(head.sequence) != nil { dropFirst(of: letters) }
        }
        node.rollForward.note(self)
        guard end == steps.count else { return phase = .settling(next: end) }
        // A slip goes after its messages; and the last one stays until another comes, so that its number is remembered.
        while slips.readyCount > 1, let slip = slips.firstEntry, slip.sequence <= done,
            letters.firstEntry.map({ $0.sequence > slip.sequence }) ?? true
        {
            dropFirst(of: slips)
        }
        steps = []
    }

    private func dropFirst(of queue: ClassicQueue) {
        if let entry = queue.removeFirst() { node.drop(entry, of: queue) }
    }
}
