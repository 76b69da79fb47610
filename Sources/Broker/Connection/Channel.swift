internal import AMQP
internal import Journal

/// One channel of a connection: what its client has asked for, publishes in the making, deliveries not settled.
///
/// A channel that waits for an answer — from the topology, from a queue, or for room to send a long body — is
/// suspended: its later frames are held back in order while other channels go on.
final class Channel {
    let number: UInt16
    /// Tells this opening from others of the same number.
    let opening: UInt64
    unowned let connection: Connection
    /// Whatever a node has ends with it, or before.
    unowned(unsafe) let node: Node

    @exclusivity(unchecked) private(set) var phase = Phase.open
    @exclusivity(unchecked) var waiting: Waiting?
    private var heldAnswer: Answer?
    @exclusivity(unchecked) private var held = WireWriter(capacity: 64)
    @exclusivity(unchecked) private var heldUsed = 0
    private var isReplaying = false

    /// What consumers started from now on may hold unacknowledged each; 0 means no limit.
    var prefetch = 0
    /// What all consumers may hold together; 0 means no limit.
    var channelPrefetch = 0
    /// What all consumers hold together.
    @exclusivity(unchecked) var channelUnacked = 0
    @exclusivity(unchecked) var unacked = Unacked()
    @exclusivity(unchecked) var lastDeliveryTag: UInt64 = 0
    /// In the order in which they were started.
    private(set) var consumers = SlotList<Consumer>(\.channelPosition)
    private var consumersByTag: [String: Consumer] = [:]
    /// Cancelled ones that still have deliveries unacknowledged.
    var cancelledConsumers = SlotList<Consumer>(\.channelPosition)
    /// The queue that an empty queue name means (AMQP 0-9-1, `queue.bind`: "the last declared queue on the channel").
    var currentQueue = ""

    @exclusivity(unchecked) var counters = MessageCounters()
    var readings = Readings(MessageCounters())

    @exclusivity(unchecked) var isConfirming = false
    /// The number under which messages that wait for the disk know it; 0 until the first one does.
    @exclusivity(unchecked) var publisher: UInt64 = 0
    /// What the open transaction holds; nil unless the channel is in transaction mode.
    @exclusivity(unchecked) var transaction: Transaction?
    /// The answer to something long that ended while a long body was going out.
    private var owed: LateReply?
    /// A commit whose next return waits for the long body of the one before to go out.
    var heldEnd: TransactionEnd?
    @exclusivity(unchecked) var confirms = Confirms()
    @exclusivity(unchecked) var hasConfirmsToSay = false
    @exclusivity(unchecked) var assembly: PublishAssembly?
    @exclusivity(unchecked) var lastRoute: Route?
    @exclusivity(unchecked) var sending: BodyCursor?
    /// Consumers whose queues went while a long body was going out.
    var cancelNotices: [String] = []
    @exclusivity(unchecked) var currentMethod: MethodID?

    enum Phase {
        case open
        /// `channel.close` was sent; frames are dropped until it is answered (AMQP 0-9-1 §1.5.2.5).
        case closing
        case ended
    }

    /// Why the channel is suspended, and what to send when it goes on.
    enum Waiting {
        case request(Method, noWait: Bool)
        case settling(upTo: UInt64, Settlement, Recovery)
        case ending(TransactionEnd)
    }

    /// What answers something that took several ticks.
    enum LateReply {
        case recoverOK, commitOK, rollbackOK
    }

    init(number: UInt16, opening: UInt64, connection: Connection) {
        self.number = number
        self.opening = opening
        self.connection = connection
        node = connection.node
    }

    var reference: ChannelReference {
        ChannelReference(connection: connection.id, number: number, opening: opening)
    }

    /// Memory of what it holds, beyond the messages themselves.
    var residentBytes: Int {
        unacked.residentBytes + held.count + (transaction?.residentBytes ?? 0)
    }

    var isSuspended: Bool { waiting != nil || sending != nil }

    /// Whether a delivery may be written now.
    @inline(__always)
    var canTakeDelivery: Bool {
        sending == nil && phase == .open && connection.hasRoom && !connection.isCloseAsked
    }

    /// Sends nothing more: its last content was cut off because the client closes.
    private(set) var isMuted = false

    /// Whether it waits for an answer or holds frames back.
    var isBusy: Bool { phase == .open && (waiting != nil || heldUsed < held.count) }

    /// Its client is about to close: nothing more of a long body is sent, what was held back is handled.
    func hurry() {
        if let sending {
            // The content stays unfinished: no other frame may follow it on this channel (AMQP 0-9-1 §4.2.6).
            isMuted = true
            node.release(sending.record)
            self.sending = nil
            connection.sendingBodies.removeAll { $0 === self }
            bodySent()
        } else if waiting == nil {
            replay()
        }
    }

    // MARK: Frames in

    /// Handles one frame; `rest` begins with it and may hold more. Returns how many bytes of `rest` were used, or nil
    /// when the frame must be offered again later. Throws what closes the connection.
    func receive(_ frame: ParsedFrame, rest: UnsafeRawBufferPointer) throws(ProtocolException) -> Int? {
        if isSuspended || heldUsed < held.count { return hold(frame, rest) }
        return try handle(frame, rest)
    }

    private func handle(_ frame: ParsedFrame, _ rest: UnsafeRawBufferPointer) throws(ProtocolException) -> Int? {
        guard phase == .open else {
            try receiveWhileClosing(frame)
            return frame.byteCount
        }
        do throws(ProtocolException) {
            switch frame.type {
            case .method:
                return try receiveMethod(frame, rest)
            case .header:
                try receiveHeader(frame.payload)
            case .body:
                if node.isDiskBehind, assembly?.isWrittenAsItComes == true {
                    connection.pauseReading()
                    return nil
                }
                try receiveBody(frame.payload)
            case .heartbeat:
                throw ProtocolException(.unexpectedFrame, "heartbeat frame on channel \(number)")
            }
        } catch {
            guard !error.code.closesConnection else {
                connection.failingMethod = currentMethod
                throw error
            }
            fail(error)
        }
        return frame.byteCount
    }

    private func hold(_ frame: ParsedFrame, _ rest: UnsafeRawBufferPointer) -> Int? {
        guard held.count - heldUsed < Limits.heldBackBytes else {
            connection.pauseReading()
            return nil
        }
        held.write(UnsafeRawBufferPointer(rebasing: rest[..<frame.byteCount]))
        return frame.byteCount
    }

    /// Handles the frames that were held back, until the channel is suspended again.
    func replay() {
        // What a held frame begins may end at once: whoever handles that frame goes on with the next.
        guard !isReplaying else { return }
        isReplaying = true
        defer { isReplaying = false }
        while heldUsed < held.count, !isSuspended, phase != .ended {
            let rest = UnsafeRawBufferPointer(rebasing: held.bytes[heldUsed...])
            do throws(ProtocolException) {
                // Held frames were whole and valid when they came; none can fail here.
                guard let frame = try? FrameParser.next(rest, maxFrameSize: 0) else { break }
                guard let used = try handle(frame, rest) else { break }
                heldUsed += used
            } catch {
                heldUsed = held.count
                connection.fail(error)
            }
        }
        if heldUsed == held.count {
            held.reset()
            held.shrink(to: 64)
            heldUsed = 0
        }
        if heldUsed > Limits.heldBackBytes / 16 {
            // What has been handled must not stay as long as something follows it.
            let rest = Array(held.bytes[heldUsed...])
            held.reset()
            rest.withUnsafeBytes { held.write($0) }
            heldUsed = 0
        }
        if held.count - heldUsed < Limits.heldBackBytes / 2 { connection.resumeReading() }
        connection.checkQuiet()
    }

    private func receiveWhileClosing(_ frame: ParsedFrame) throws(ProtocolException) {
        guard frame.type == .method, let method = try? Method.decode(frame.payload) else { return }
        switch method {
        case .channelCloseOK:
            phase = .ended
            connection.forget(self)
        case .channelClose:
            connection.send(ChannelCloseOK(), on: number)
        default:
            break
        }
    }

    // MARK: Waiting

    /// Asks the node for something and suspends the channel until the answer.
    func ask(_ request: Request, for method: Method, noWait: Bool) {
        waiting = .request(method, noWait: noWait)
        node.submit(request, from: .channel(reference), in: connection.virtualHost)
    }

    /// Goes on with what was asked for.
    func answered(_ answer: Answer) {
        guard sending == nil else {
            heldAnswer = answer
            if case .got(_, let queue) = answer { queue.heldGets += 1 }
            return
        }
        guard case .request(let method, let noWait)? = waiting else { return }
        waiting = nil
        currentMethod = method.id
        if case .failed(let exception) = answer {
            if exception.code.closesConnection {
                connection.fail(exception, method: method.id)
                return
            }
            fail(exception)
        } else {
            reply(to: method, answer, noWait: noWait)
        }
        replay()
    }

    /// Answers now, or when the long body that is going out has gone: no other frame of the channel may come between
    /// those of a content (AMQP 0-9-1 §4.2.6).
    func conclude(_ reply: LateReply) {
        guard sending == nil else {
            owed = reply
            return
        }
        switch reply {
        case .recoverOK: connection.send(BasicRecoverOK(), on: number)
        case .commitOK: connection.send(TxCommitOK(), on: number)
        case .rollbackOK: connection.send(TxRollbackOK(), on: number)
        }
    }

    /// Goes on after a long body has been sent.
    func bodySent() {
        sendCancelNotices()
        if let reply = owed {
            owed = nil
            conclude(reply)
        }
        if let end = heldEnd {
            heldEnd = nil
            node.later(.endTransaction(end))
        } else if let answer = heldAnswer {
            heldAnswer = nil
            if case .got(_, let queue) = answer { queue.heldGets -= 1 }
            answered(answer)
        } else if waiting == nil {
            replay()
        }
        for consumer in consumers.all { consumer.queue.enterRound(consumer) }
    }

    // MARK: Consumers

    func consumer(_ tag: String) -> Consumer? { consumersByTag[tag] }

    func add(_ consumer: Consumer) {
        consumers.append(consumer)
        consumersByTag[consumer.tag] = consumer
    }

    /// Takes a consumer out of service; what it holds stays unacknowledged.
    func stop(_ consumer: Consumer) {
        if !consumer.isCancelled { consumer.queue.distant?.stopped(consumer) }
        consumers.remove(consumer)
        if consumersByTag[consumer.tag] === consumer { consumersByTag[consumer.tag] = nil }
        if consumer.unacked > 0 { cancelledConsumers.append(consumer) }
        node.cancel([consumer])
    }

    // MARK: Ending

    /// Closes the channel for a reason that the client is told of.
    func fail(_ exception: ProtocolException) {
        guard phase == .open else { return }
        let method = currentMethod
        release()
        phase = .closing
        connection.send(
            ChannelClose(
                replyCode: exception.code.rawValue, replyText: exception.text,
                classID: method?.classID ?? 0, methodID: method?.methodID ?? 0),
            on: number)
        // It may have waited for something: what was held back meanwhile, and the client's answer, must not wait on.
        if heldUsed < held.count { replay() }
        // Or the end of the connection has waited for it.
        connection.checkQuiet()
    }

    /// Ends the channel because its client or its connection did.
    func end() {
        guard phase != .ended else { return }
        release()
        phase = .ended
    }

    /// Gives back everything it held: consumers, unacknowledged deliveries, half a publish, half a delivery.
    private func release() {
        var committing: TransactionEnd?
        if case .ending(let end)? = waiting, end.isCommit { committing = end }
        waiting = nil
        // A commit that has begun goes on without its channel: all of it or nothing.
        if let end = heldEnd { node.later(.endTransaction(end)) }
        heldEnd = nil
        if let transaction { node.later(.endTransaction(TransactionEnd(transaction, isCommit: false, of: reference))) }
        transaction = nil
        if case .got(let entry, let queue)? = heldAnswer {
            queue.heldGets -= 1
            queue.putBack(entry)
        }
        heldAnswer = nil
        if !connection.relays.isEmpty { for relay in connection.sortedRelays { relay.end(reference) } }
        let ending = consumers.all
        node.cancel(ending)
        committing?.channelEnds(unacked)
        node.giveBack(&unacked, keeping: ending + cancelledConsumers.all, exceptPending: committing != nil)
        consumers.removeAll()
        consumersByTag = [:]
        node.quorum.channelEnded(reference)
        cancelledConsumers.removeAll()
        if let assembly { assembly.abandon(in: node) }
        assembly = nil
        if publisher != 0 { node.publishers[publisher] = nil }
        if connection.isRelay {
            node.relayedCounters = node.relayedCounters.plus(counters)
            counters = MessageCounters()
        }
        if let sending { node.release(sending.record) }
        sending = nil
        connection.sendingBodies.removeAll { $0 === self }
    }
}
