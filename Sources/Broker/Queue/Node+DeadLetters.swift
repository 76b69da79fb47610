internal import AMQP
internal import DequeModule
internal import HeapModule
internal import Journal

/// A message that a queue over its length refused, on its way to that queue's dead-letter exchange.
struct RefusedMessage {
    /// Held by one reference.
    let record: RecordPosition
    let queue: ClassicQueue
}

/// What dead-lettering may still do in a tick, and what waits for the next.
struct DeadLetterTurn {
    var messages = Limits.deadLettersPerTick
    var bytes = Limits.deadLetterBytesPerTick
    /// How many refusals follow from each other at the moment.
    var depth = 0
    var refused = Deque<RefusedMessage>()
    /// They have their turn already.
    var isServingRefused = false

    /// Work that waits for room where it goes.
    var waiting: [(Node) -> Bool] = []

    var isTickFull: Bool { messages <= 0 || bytes <= 0 }

    mutating func begin() {
        messages = Limits.deadLettersPerTick
        bytes = Limits.deadLetterBytesPerTick
    }
}

/// Messages that leave queues without an acknowledgement, on their way to dead-letter exchanges.
///
/// Where both queues are here and durable the message is in one of them whatever happens: that it has arrived and that it
/// has left is written in one batch. Elsewhere it is handed over once and may be lost (RabbitMQ, "Dead Letter Exchanges":
/// at-most-once is what is promised).
extension Node {
    /// Whether more may be dead-lettered now: there is time in this tick, and room where it goes.
    var mayDeadLetter: Bool {
        !deadLetters.isTickFull && !isDiskBehind && !quorum.isBackedUp
            && !(cluster?.relays.isControlBackedUp ?? false)
    }

    /// Goes on with work that stopped because no more could be dead-lettered; it returns whether it is done.
    func whenMayDeadLetter(_ work: @escaping (Node) -> Bool) {
        guard !deadLetters.isTickFull else { return later(.control { $0.carryOnDeadLettering(work) }) }
        if deadLetters.waiting.isEmpty {
            let deadline = Instant(nanoseconds: now.nanoseconds + Limits.deadLetterPauseNanoseconds)
            timers.insert(Timer(deadline: deadline, target: .deadLetters))
        }
        deadLetters.waiting.append(work)
    }

    private func carryOnDeadLettering(_ work: @escaping (Node) -> Bool) -> Bool {
        // Nobody is left who waits for the end of it.
        if !work(self), !isShuttingDown { whenMayDeadLetter(work) }
        return true
    }

    /// There may be room again.
    func goOnDeadLettering() {
        let waiting = deadLetters.waiting
        deadLetters.waiting = []
        for work in waiting { later(.control { $0.carryOnDeadLettering(work) }) }
    }

    /// Ends a message of a queue that may have a dead-letter exchange. It must lie in memory where it has; see
    /// `ClassicQueue.isWhole`.
    func die(_ entry: QueueEntry, of queue: ClassicQueue, _ reason: DeathReason) {
        if let target = queue.deadLetters, !queue.isDeleted, !entry.isCold {
            let mayMove = segments.references(to: entry.record) == 1
            deadLetter(entry.record, of: queue, to: target, reason, movingChunks: mayMove)
        }
        drop(entry, of: queue)
    }

    /// A client has rejected a message and does not want it back.
    func reject(_ entry: QueueEntry, of queue: ClassicQueue) {
        guard queue.deadLetters != nil, !queue.isDeleted else { return drop(entry, of: queue) }
        // What a transaction does it does as a whole.
        let isInTime = mayDeadLetter || transactionNumber != nil
        guard isInTime, queue.dying.isEmpty, queue.isWhole(entry) else { return queue.letDie(entry) }
        die(entry, of: queue, .rejected)
    }

    /// A queue over its length has refused a message, whose reference stays with the caller.
    func dieRefused(_ record: RecordPosition, by queue: ClassicQueue) {
        guard let target = queue.deadLetters else { return }
        if mayDeadLetter, deadLetters.depth < Limits.deadLetterDepth {
            return deadLetter(record, of: queue, to: target, .maxLength, movingChunks: false)
        }
        // Refusals may follow from each other without end: later ones take turns with everything else.
        guard deadLetters.refused.count < Limits.refusedDeadLetters else { return counters.dropUnroutable &+= 1 }
        segments.retain(record)
        deadLetters.refused.append(RefusedMessage(record: record, queue: queue))
        guard !deadLetters.isServingRefused else { return }
        deadLetters.isServingRefused = true
        later(.control { $0.carryOnDeadLettering { $0.dieRefused() } })
    }

    private func dieRefused() -> Bool {
        while mayDeadLetter, let next = deadLetters.refused.popFirst() {
            if let target = next.queue.deadLetters {
                deadLetter(next.record, of: next.queue, to: target, .maxLength, movingChunks: false)
            }
            release(next.record)
        }
        deadLetters.isServingRefused = !deadLetters.refused.isEmpty
        return !deadLetters.isServingRefused
    }

    // MARK: One message

    private func deadLetter(
        _ record: RecordPosition, of queue: ClassicQueue, to target: DeadLetterTarget, _ reason: DeathReason,
        movingChunks: Bool
    ) {
        let bytes = segments.bytes(of: record)
        let shape = MessageRecord.shape(of: bytes)
        guard let letter = letter(UnsafeRawPointer(bytes), shape, of: queue, to: target, reason) else { return }
        let fresh = allocate(letter, bodyBytes: shape.bodyBytes)
        if shape.isChunked {
            if movingChunks { moveChunks(from: record, to: fresh) } else { shareChunks(of: record, with: fresh) }
        } else {
            let place = MessageRecord.shape(of: segments.bytes(of: fresh)).bodyOffset
            (segments.bytes(of: fresh) + place).copyMemory(
                from: bytes + shape.bodyOffset, byteCount: shape.bodyBytes)
        }
        // It has not been settled: its publisher waits until the disk has it, here or there.
        MessageRecord.setPublish(0, by: 0, of: bytes)
        post(fresh, letter, bodyBytes: shape.bodyBytes)
    }

    /// A message that a quorum queue has dropped, as its log holds it.
    func deadLetter(
        journaled message: UnsafeRawBufferPointer, of queue: ClassicQueue, to target: DeadLetterTarget,
        _ reason: DeathReason
    ) {
        guard let shape = MessageRecord.shape(journaled: message), !shape.isChunked, let base = message.baseAddress
        else { return }
        let start = base - MessageRecord.memoryBytes
        guard let letter = letter(start, shape, of: queue, to: target, reason) else { return }
        let fresh = allocate(letter, bodyBytes: shape.bodyBytes)
        storeBody(UnsafeRawBufferPointer(start: start + shape.bodyOffset, count: shape.bodyBytes), in: fresh)
        post(fresh, letter, bodyBytes: shape.bodyBytes)
    }

    /// A message with its new key and header, and where it goes.
    private struct Letter {
        let key: [UInt8]
        let header: DeathHeader
        let route: Route
        let queues: [ClassicQueue]
        let deliveryMode: UInt8
    }

    /// Nil where nobody takes it.
    private func letter(
        _ record: UnsafeRawPointer, _ shape: MessageRecord.Shape, of queue: ClassicQueue, to target: DeadLetterTarget,
        _ reason: DeathReason
    ) -> Letter? {
        deadLetters.messages -= 1
        deadLetters.bytes -= shape.isChunked ? 0 : shape.bodyBytes + shape.headerBytes
        let old = UnsafeRawBufferPointer(start: record + shape.keyOffset, count: shape.keyBytes)
        let oldHeader = UnsafeRawBufferPointer(start: record + shape.headerOffset, count: shape.headerBytes)
        // The virtual host may be on its way out, with everything in it.
        guard virtualHosts[queue.virtualHost.name] === queue.virtualHost, let published = PublishMethod(key: old),
            let scan = try? ContentHeaderScan(payload: oldHeader), let key = target.key(for: published.routingKey)
        else { return nil }
        let route = key.withUnsafeBytes { bytes in
            PublishMethod(key: bytes).flatMap {
                router.route(
                    key: bytes, exchange: $0.exchange, routingKey: $0.routingKey, in: queue.virtualHost, node: self)
            }
        }
        guard let route else { return nil }
        let header = DeathHeader(
            oldHeader, key: published, queue: queue.name, reason: reason,
            seconds: (now.nanoseconds &+ configuration.clockOffset) / 1_000_000_000,
            keepsCopies: target.routingKey == nil)
        guard let header else {
            counters.dropUnroutable &+= 1
            return nil
        }
        var queues = header.bytes.withUnsafeBytes { route.queues(for: $0) }
        if reason != .rejected { queues.removeAll { header.isCycle($0.name) } }
        guard !queues.isEmpty else {
            _ = enqueue(
                nil, on: route, to: [], deliveryMode: scan.deliveryMode, bodyBytes: 0, lifetime: nil, from: nil,
                isMandatory: false)
            return nil
        }
        return Letter(key: key, header: header, route: route, queues: queues, deliveryMode: scan.deliveryMode)
    }

    private func allocate(_ letter: Letter, bodyBytes: Int) -> RecordPosition {
        let isChunked = bodyBytes > Limits.chunkBytes
        let record = segments.allocate(
            MessageRecord.byteCount(
                key: letter.key.count, header: letter.header.bytes.count, body: bodyBytes, isChunked: isChunked))
        letter.key.withUnsafeBytes { key in
            letter.header.bytes.withUnsafeBytes { header in
                _ = MessageRecord.begin(
                    segments.bytes(of: record), key: key, header: header, bodyBytes: bodyBytes, isChunked: isChunked)
            }
        }
        return record
    }

    /// Hands it to its queues, wherever they are.
    private func post(_ record: RecordPosition, _ letter: Letter, bodyBytes: Int) {
        deadLetters.depth += 1
        defer { deadLetters.depth -= 1 }
        guard letter.queues.contains(where: { $0.distant != nil }) else {
            _ = enqueue(
                record, on: letter.route, to: letter.queues, deliveryMode: letter.deliveryMode, bodyBytes: bodyBytes,
                lifetime: nil, from: nil, isMandatory: false)
            return
        }
        segments.retain(record)
        defer { release(record) }
        _ = enqueueLocally(
            record, on: letter.route, letter.queues, deliveryMode: letter.deliveryMode, bodyBytes: bodyBytes,
            lifetime: nil, from: nil)
        let message = DistantMessage(
            record: record, deliveryMode: letter.deliveryMode, bodyBytes: bodyBytes, lifetime: nil)
        // order-free: an array
        for group in letter.queues.distantGroups {
            if !group.first.publish(message, to: group.queues, from: nil, number: nil) {
                counters.dropUnroutable &+= 1
            }
        }
    }

    // MARK: Large bodies

    /// Gives a record's body in chunks to another record: what nobody else needs is not copied.
    func moveChunks(from old: RecordPosition, to new: RecordPosition) {
        let (source, target) = (segments.bytes(of: old), segments.bytes(of: new))
        let (from, to) = (MessageRecord.shape(of: source), MessageRecord.shape(of: target))
        guard from.isChunked, from.chunkCount == to.chunkCount else { return }
        let id = MessageRecord.bodyID(of: source, from)
        MessageRecord.setBodyID(id, of: target, to)
        MessageRecord.setBodyID(0, of: source, from)
        if id != 0 { chunkedBodies[id] = new }
        for index in 0..<from.chunkCount {
            MessageRecord.setChunk(index, to: MessageRecord.chunk(index, of: source, from), of: target, to)
            MessageRecord.setChunk(index, to: MessageRecord.Chunk(), of: source, from)
        }
    }

    /// The same where others need it: it is one body in memory and two on the disk. All of it is in memory.
    private func shareChunks(of old: RecordPosition, with new: RecordPosition) {
        let (source, target) = (segments.bytes(of: old), segments.bytes(of: new))
        let (from, to) = (MessageRecord.shape(of: source), MessageRecord.shape(of: target))
        MessageRecord.setBodyID(0, of: target, to)
        for index in 0..<from.chunkCount {
            let memory = MessageRecord.chunk(index, of: source, from).memory
            if let memory { segments.retain(memory) }
            MessageRecord.setChunk(index, to: MessageRecord.Chunk(memory: memory), of: target, to)
        }
    }
}
