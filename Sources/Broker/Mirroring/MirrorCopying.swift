internal import Journal

/// Sends a mirror what was in the queue before it (RabbitMQ, "Classic Queue Mirroring": `ha-sync-mode`). Until all of it is
/// there nothing is delivered, as in RabbitMQ, so that what is ready stays ready; what clients hold and give back meanwhile
/// is sent when it comes back.
final class MirrorCopying {
    let session: MirrorSession
    /// Not used any more once this is over.
    private unowned(unsafe) let leader: MirrorLeader
    private let queue: ClassicQueue
    private let node: Node
    /// Messages that have been sent and have not ended.
    private var copied: Set<UInt64> = []
    /// Those that have ended before all that clients hold had been read.
    private var ended: Set<UInt64> = []
    private var lookedUpTo: UInt64 = 0
    private var isReading = false
    private var hasSeenReady = false
    /// What clients have given back since that was looked through, and the disk alone has.
    private var givenBack: [QueueEntry] = []
    private var hasSeenHeld = false
    /// How often what clients hold has been looked through again because it had moved meanwhile.
    private var looks = 0
    private static let looksMax = 100
    /// The operation with which the mirror has everything.
    private var lastOperation: UInt64?
    private(set) var isOver = false

    init(_ session: MirrorSession, of leader: MirrorLeader, in node: Node) {
        self.session = session
        self.leader = leader
        self.node = node
        queue = leader.queue
    }

    func end() { isOver = true }

    // MARK: Copying

    /// Sends as much as may be on its way; returns whether the mirror has everything.
    func proceed() -> Bool {
        guard !isOver, !isReading else { return false }
        while !givenBack.isEmpty, session.backlog < Limits.mirrorWindowBytes {
            let part = Array(givenBack.suffix(Limits.mirrorCopiedPerSlice))
            givenBack.removeLast(part.count)
            read(part.compactMap { queue.entry($0.sequence) }, isCertain: true) { [self] in queue.entry($0.sequence) }
            if isReading { return false }
        }
        while !hasSeenReady, session.backlog < Limits.mirrorWindowBytes {
            let entries = queue.readyEntries(
                after: lookedUpTo, through: session.predatesThrough, limit: Limits.mirrorCopiedPerSlice)
            guard let last = entries.last else {
                hasSeenReady = true
                break
            }
            lookedUpTo = last.sequence
            read(entries, isCertain: true) { [self] entry in queue.entry(entry.sequence) }
            if isReading { return false }
        }
        if hasSeenReady, !hasSeenHeld {
            lookAtHeld()
            return false
        }
        if let lastOperation { return session.acknowledged >= lastOperation }
        // What a channel that has ended gives back comes in slices.
        if hasSeenHeld, givenBack.isEmpty, copied.count >= session.predating { lastOperation = leader.mark() }
        return false
    }

    /// What clients hold, and what is on its way to a dead-letter exchange.
    private func lookAtHeld() {
        isReading = true
        var held: [QueueEntry] = []
        _ = queue.dying.visit(limit: .max) { entry in
            held.append(entry)
            return true
        }
        node.visitUnacked(
            { [self] _, entry, other, _, _ in
                if other === queue, !queue.isForeign(entry), entry.flags & QueueEntry.relayed == 0 {
                    held.append(entry)
                }
                return nil
            },
            finished: { [self] _ in
                isReading = false
                guard !isOver else { return }
                held.removeAll { $0.sequence > session.predatesThrough || ended.contains($0.sequence) }
                readHeld(held)
            })
    }

    private func readHeld(_ entries: [QueueEntry]) {
        looks += 1
        read(
            entries, isCertain: looks >= Self.looksMax, { [self] entry in ended.contains(entry.sequence) ? nil : entry }
        ) { [self] isWhole in
            // Else they are looked at again: the journal has written some of them anew, at other places.
            guard isWhole || looks >= Self.looksMax else { return }
            hasSeenHeld = true
            ended = []
        }
        if !isReading {
            hasSeenHeld = true
            leader.copyingGoesOn()
        }
    }

    /// Sends messages, those first read back that are not in memory.
    ///
    /// - Parameters:
    ///   - isCertain: Whether one that is not where it should be is a failure of the disk.
    ///   - current: A message as it is known now; nil when it has ended, and its place in the journal may be gone.
    ///   - completed: Called when they have been read from the journal, with whether that was all of them.
    private func read(
        _ entries: [QueueEntry], isCertain: Bool, _ current: @escaping (QueueEntry) -> QueueEntry?,
        completed: @escaping (Bool) -> Void = { _ in }
    ) {
        let cold = entries.filter { $0.isCold && !copied.contains($0.sequence) }
        for entry in entries where !entry.isCold { copy(entry) }
        guard !cold.isEmpty else { return }
        isReading = true
        node.fetch(queue.pieces(of: cold)) { [self] fetch, _ in
            isReading = false
            guard !isOver, !queue.isDeleted else { return }
            var again: [QueueEntry] = []
            var isWhole = true
            for (place, entry) in cold.enumerated() {
                guard let now = current(entry) else { continue }
                if !now.isCold {
                    copy(now)
                } else if now.location != entry.location {
                    again.append(now)
                } else if let warm = isCertain
                    // What clients hold may have been written anew: that it is not there means nothing yet.
                    ? queue.warmed(entry, from: fetch, place) : try? queue.found(entry, in: fetch, place)
                {
                    copy(warm)
                    node.release(warm.record)
                } else {
                    isWhole = false
                }
            }
            if !again.isEmpty { return read(again, isCertain: isCertain, current, completed: completed) }
            completed(isWhole)
            leader.copyingGoesOn()
        }
    }

    /// Sends a message, unless it has been sent.
    func copy(_ entry: QueueEntry) {
        guard !isOver, entry.sequence <= session.predatesThrough, !entry.isCold, copied.insert(entry.sequence).inserted
        else { return }
        leader.send(entry, to: session)
    }

    // MARK: Meanwhile

    /// Whether some of those have not been sent.
    var hasReturned: Bool { !givenBack.isEmpty }

    /// A client has given a message back.
    func returned(_ entry: QueueEntry) {
        guard entry.isCold else { return copy(entry) }
        guard entry.sequence <= session.predatesThrough, !copied.contains(entry.sequence) else { return }
        // It is ready now, where that may have been looked through.
        givenBack.append(entry)
        leader.noteSending()
    }

    func ended(_ sequence: UInt64) {
        copied.remove(sequence)
        if !hasSeenHeld { ended.insert(sequence) }
    }

    func purged(_ ranges: [ClosedRange<UInt64>]) {
        copied = copied.filter { !ranges.hold($0) }  // order-free: each is looked at alone
    }
}
