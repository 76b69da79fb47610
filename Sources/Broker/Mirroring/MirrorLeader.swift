internal import DequeModule
internal import Journal

/// Somebody who waits until what is in a queue is safe with all its mirrors that are in sync.
enum MirrorWaiter {
    /// A publish of a channel, and the watched queue that it is counted for.
    case confirm(Channel, number: UInt64)
    /// A transaction's commit.
    case commit(TransactionEnd)
}

/// What the leader of a mirrored queue has beside the queue: a session with each mirror, and whoever waits for them.
///
/// What happens to the queue becomes operations, numbered from 1, which go to every mirror in order; a mirror says up to
/// which it has them all: on its disk, where the leader would have them there. What a publisher waits for is the last
/// operation so far. A mirror that is in sync according to the metadata and that is not there any more holds everybody up
/// until the metadata says that it is not.
final class MirrorLeader {
    private struct Waiting {
        let operation: UInt64
        let waiter: MirrorWaiter
    }

    /// The queue outlives it.
    unowned let queue: ClassicQueue
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    unowned(unsafe) let mirrors: Mirrors
    let epoch: UInt64
    /// By their nodes, ascending.
    private(set) var sessions: [MirrorSession] = []
    /// Nodes that must not be counted as mirrors any more, until the metadata says so.
    private(set) var failed: [UInt32] = []
    /// Those of them that are in sync, or may be by now, for that has been asked for: until the metadata says that they are
    /// not, one of them may lead next.
    private var missed: [UInt32] = []
    private(set) var lastOperation: UInt64 = 0
    private var waiting = Deque<Waiting>()
    /// Transactions that are not durable here, and the first operation that may be of each.
    private var open: [(end: TransactionEnd, operation: UInt64)] = []
    /// Whether this is over, and then whether what was waited for is done.
    private var outcome: Bool?
    private var released: UInt64 = 0
    /// What has ended since the operations were sent the last time.
    private var ended: [UInt64] = []
    private var delivered: UInt64 = 0
    var hasDelivered = false
    private var isNoted = false
    /// What the queue held when this epoch began here, until all mirrors that were in sync then are known to hold it.
    private var held: [ClosedRange<UInt64>]

    init(_ queue: ClassicQueue, _ mirroring: QueueMirroring, in mirrors: Mirrors) {
        self.queue = queue
        self.mirrors = mirrors
        node = mirrors.node
        epoch = mirroring.epoch
        held = queue.heldRanges
        for home in mirroring.inSync { open(home.node, isCounted: true) }
        isComparing = !held.isEmpty && !sessions.isEmpty
    }

    var mirroring: QueueMirroring? { queue.mirroring }

    /// Nothing is delivered until it is known what the mirrors hold: what is delivered could not be sent to them. Nor while a
    /// mirror is sent what was there before it.
    var isHoldingBack: Bool { isComparing || copying != nil || isRefused }

    private(set) var isComparing = false
    var isRefused = false
    var copying: MirrorCopying?

    // MARK: Sessions

    func session(_ node: UInt32) -> MirrorSession? { sessions.first { $0.node == node } }

    private func open(_ peer: UInt32, isCounted: Bool) {
        flushEnded()
        let session = MirrorSession(
            node: peer, number: mirrors.newSessionNumber(), index: node.topologyIndex, isCounted: isCounted,
            after: lastOperation)
        sessions.append(session)
        sessions.sort { $0.node < $1.node }
        begin(session)
    }

    /// Begins to speak to a mirror, if it is up.
    private func begin(_ session: MirrorSession) {
        guard session.phase == .waiting, mirrors.member.isUp(session.node) else { return }
        let begin: MirrorBegin
        if session.isCounted {
            session.phase = .comparing
            begin = MirrorBegin(operation: 0, deliveredUpTo: queue.deliveredUpTo, held: held)
        } else {
            session.phase = .streaming
            session.predating = queue.heldCount
            session.predatesThrough = queue.lastSequence
            begin = MirrorBegin(operation: lastOperation, deliveredUpTo: queue.deliveredUpTo, held: nil)
        }
        mirrors.member.write(.mirrorBegin, queue.id, to: session.node) {
            header(session).encode(into: &$0)
            begin.encode(into: &$0)
        }
        noteSending()
    }

    private func header(_ session: MirrorSession) -> MirrorHeader {
        MirrorHeader(epoch: epoch, session: session.number, index: session.index)
    }

    private func close(_ session: MirrorSession) {
        session.end(in: node)
        sessions.removeAll { $0 === session }
        if copying?.session === session { endCopying() }
    }

    /// The metadata has changed who holds the queue, in the same epoch.
    func mirroringChanged() {
        guard let mirroring else { return }
        for session in sessions where !mirroring.isMirror(session.node) { close(session) }
        // One that was lost and has joined again knows nothing of the session before.
        for mirror in mirroring.unsynchronised {
            if let session = session(mirror.node), session.index < mirror.index { close(session) }
        }
        failed.removeAll { !mirroring.isMirror($0) }
        missed.removeAll { !mirroring.isMirror($0) }
        for home in mirroring.inSync { session(home.node)?.isCounted = true }
        openMissing()
        release()
        goOnIfCompared()
    }

    private func openMissing() {
        for mirror in mirroring?.unsynchronised ?? []
        where session(mirror.node) == nil && !failed.contains(mirror.node) && mirrors.member.isUp(mirror.node) {
            open(mirror.node, isCounted: false)
        }
    }

    func peerUp(_ peer: UInt32) {
        if let session = session(peer) { begin(session) }
        openMissing()
    }

    func peerDown(_ peer: UInt32) {
        guard let session = session(peer) else { return }
        close(session)
        failed.append(peer)
        if session.isCounted { missed.append(peer) }
        goOnIfCompared()
        mirrors.review()
    }

    /// The queue has no mirrors any more, or is gone, and what was waited for is done; or it is not led here any more, and
    /// nobody knows what becomes of that.
    func end(isDone: Bool) {
        outcome = isDone
        open = []
        copying?.end()
        copying = nil
        for session in sessions { session.end(in: node) }
        sessions = []
        let waiting = waiting
        self.waiting.removeAll()
        for entry in waiting { happened(entry.waiter, isDone: isDone) }
    }

    // MARK: Operations

    /// A message has come.
    func enqueued(_ entry: QueueEntry) {
        lastOperation += 1
        append(entry)
    }

    private func append(_ entry: QueueEntry) {
        for session in sessions {
            node.segments.retain(entry.record)
            session.append(lastOperation, content(of: entry), byteCount: Int(entry.bodyBytes))
        }
        noteSending()
    }

    func content(of entry: QueueEntry) -> MirrorSession.Item.Content {
        let flags = UInt8(entry.flags & (QueueEntry.redelivered | QueueEntry.persistent))
        return .message(
            entry.record, sequence: entry.sequence, wallExpiry: node.wallExpiry(entry.expiry), flags: flags)
    }

    /// A message has ended.
    @inline(never)
    func ended(_ entry: QueueEntry) {
        ended.append(entry.sequence)
        copying?.ended(entry.sequence)
        for session in sessions where session.isBehind && entry.sequence <= session.predatesThrough {
            session.predating -= 1
            if !session.isBehind { mirrors.review() }
        }
        noteSending()
    }

    /// The queue has been emptied of what was ready.
    func purged(_ ranges: [ClosedRange<UInt64>], countThrough: (UInt64) -> Int) {
        guard !ranges.isEmpty else { return }
        flushEnded()
        lastOperation += 1
        copying?.purged(ranges)
        for session in sessions {
            session.append(lastOperation, .endedRanges(ranges), byteCount: ranges.count * 25)
            guard session.isBehind else { continue }
            session.predating -= countThrough(session.predatesThrough)
            if !session.isBehind { mirrors.review() }
        }
        noteSending()
    }

    /// All up to a sequence have been delivered.
    func delivered(upTo sequence: UInt64) {
        guard sequence > delivered else { return }
        delivered = sequence
        hasDelivered = true
        noteSending()
    }

    func flushEnded() {
        if hasDelivered {
            hasDelivered = false
            lastOperation += 1
            for session in sessions { session.append(lastOperation, .delivered(delivered), byteCount: 17) }
        }
        guard !ended.isEmpty else { return }
        lastOperation += 1
        for session in sessions { session.append(lastOperation, .ended(ended), byteCount: ended.count * 8 + 13) }
        ended.removeAll(keepingCapacity: true)
    }

    func noteSending() {
        guard !isNoted else { return }
        isNoted = true
        mirrors.noteSending(self)
    }

    /// Something of a transaction is about to happen in the queue. Until it is durable here the mirrors are told nothing
    /// more: what they had of it would be there under the next leader, though it may not have been committed.
    ///
    /// - Returns: Whether it is the first thing of the transaction.
    func holdBack(for end: TransactionEnd) -> Bool {
        guard outcome == nil, !open.contains(where: { $0.end === end }) else { return false }
        flushEnded()
        open.append((end, lastOperation + 1))
        return true
    }

    /// Whether a mirror may lack something that a transaction has taken away which is not durable.
    var isHoldingBackMirrors: Bool { !open.isEmpty }

    /// The transaction is durable.
    func letGo(_ end: TransactionEnd) {
        open.removeAll { $0.end === end }
        noteSending()
        mirrors.review()
    }

    /// Writes what the mirrors have room for.
    func send() {
        isNoted = false
        if copying?.hasReturned == true { copyingGoesOn() }
        flushEnded()
        // They began in this order.
        let limit = open.first?.operation ?? .max
        for session in sessions {
            var frames = Limits.mirrorFramesPerTick
            while session.maySend(below: limit), frames > 0 {
                frames -= 1
                mirrors.member.write(.mirrorOperations, queue.id, to: session.node) { [self] in
                    header(session).encode(into: &$0)
                    session.write(below: limit, into: &$0, in: node) { [self] in
                        session.chunkIsThere()
                        noteSending()
                    }
                }
            }
            if session.maySend(below: limit) { noteSending() }
        }
    }

    /// Bytes that mirrors have not taken, at most of one of them.
    var backlog: Int { sessions.map(\.backlog).max() ?? 0 }

    // MARK: Replies

    func take(_ frame: ClusterFrame, _ header: MirrorHeader, from peer: UInt32) throws(ClusterFrame.Failure) {
        guard let session = session(peer), session.number == header.session else { return }
        let payload = frame.payload.dropFirst(MirrorHeader.byteCount)
        if frame.kind == .mirrorAcknowledged {
            guard let operation = payload.number(at: 0), session.acknowledge(operation, through: lastOperation) else {
                throw .malformed
            }
            noteSending()
            release()
            if session.joinsAt != nil, mirroring?.isInSync(peer) == false { mirrors.review() }
            if copying?.session === session { copyingGoesOn() }
            return
        }
        guard session.phase == .comparing, let missing = MirrorRanges.decode(payload) else { throw .malformed }
        session.phase = .fetching
        copy(missing, to: session)
    }

    /// Sends what a mirror lacks, and then whatever has happened since.
    private func copy(_ missing: [ClosedRange<UInt64>], to session: MirrorSession) {
        let entries = missing.flatMap { queue.entries(in: $0) }
        let cold = entries.filter(\.isCold)
        guard !cold.isEmpty else { return stream(entries, [:], to: session) }
        node.fetch(queue.pieces(of: cold)) { [self] fetch, node in
            var records: [UInt64: RecordPosition] = [:]
            for (place, entry) in cold.enumerated() {
                let warmed = queue.isDeleted ? nil : queue.warmed(entry, from: fetch, place)
                records[entry.sequence] = warmed?.record
            }
            stream(entries, records, to: session)
        }
    }

    private func stream(
        _ entries: [QueueEntry], _ records: [UInt64: RecordPosition], to session: MirrorSession
    ) {
        let isOver = session.phase != .fetching || self.session(session.node) !== session
        var contents: [(content: MirrorSession.Item.Content, byteCount: Int)] = []
        for entry in entries {
            let read = records[entry.sequence]
            if isOver {
                if let read { node.release(read) }
                continue
            }
            let warm = entry.isCold ? read.map { entry.warmed(at: $0) } : entry
            guard let warm else { continue }
            if !entry.isCold { node.segments.retain(warm.record) }
            contents.append((content(of: warm), Int(warm.bodyBytes)))
        }
        guard !isOver else { return }
        session.prepend(contents, as: 0)
        session.phase = .streaming
        noteSending()
        goOnIfCompared()
    }

    /// Delivers once all mirrors that are there have said what they hold.
    private func goOnIfCompared() {
        guard isComparing else { return }
        let isOpen = sessions.contains { session in
            session.isCounted && session.phase != .streaming
        }
        guard !isOpen else { return }
        isComparing = false
        held = []
        queue.goOnDelivering()
    }

    // MARK: Waiting

    /// Whether what is in the queue is not safe before a mirror says so.
    var mustWait: Bool {
        guard node.plantedFault != .confirmBeforeMirrors else { return false }
        return mirroring?.inSync.isEmpty == false || !missed.isEmpty || sessions.contains(where: \.isCounted)
    }

    /// Waits until everything so far is safe with the mirrors.
    func wait(_ waiter: MirrorWaiter) {
        if let outcome { return happened(waiter, isDone: outcome) }
        // What a transaction acknowledges is a part of it.
        if case .commit = waiter { flushEnded() }
        waiting.append(Waiting(operation: lastOperation, waiter: waiter))
        release()
    }

    private func release() {
        var limit = lastOperation
        for home in mirroring?.inSync ?? [] {
            limit = min(limit, session(home.node)?.acknowledged ?? released)
        }
        for session in sessions where session.isCounted { limit = min(limit, session.acknowledged) }
        if !missed.isEmpty { limit = released }
        released = max(released, limit)
        while let first = waiting.first, first.operation <= released {
            waiting.removeFirst()
            happened(first.waiter, isDone: true)
        }
    }

    private func happened(_ waiter: MirrorWaiter, isDone: Bool) {
        switch waiter {
        case .confirm(let channel, let number):
            guard channel.phase == .open else { return }
            channel.confirms.settle(number, through: number, refused: !isDone)
            channel.noteConfirms()
        case .commit(let end): end.distantEnded(isDone: isDone, in: node)
        }
    }
}
