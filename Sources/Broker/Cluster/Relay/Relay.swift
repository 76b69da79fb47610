internal import AMQP
internal import DequeModule

/// A client's use of the queues of one other node: the AMQP client of an ordinary connection there, whose bytes travel in
/// the frames of the link (see `RelayEnd`).
///
/// There is one for each client connection and home, opened when it is first needed, so that a client that takes nothing
/// holds up nobody else: what it has been sent is not granted again until its own socket has taken it.
final class Relay {
    /// A delivery that the client's channel has not taken yet.
    struct Delivery {
        let entry: QueueEntry
        let consumer: Consumer
        let channel: RelayChannel
    }

    let number: UInt64
    let home: UInt32
    /// The connection it is for; nil for one of the control plane.
    private let owner: ConnectionID?
    unowned(unsafe) let relays: Relays
    var node: Node { relays.node }
    /// Whose transactions it carries, if they are the node's own.
    weak var transactions: TransactionOutbox?
    private var window = RelayWindow()
    var outbox = RelayOutbox()
    /// The beginning of a frame whose end has not come.
    private var inbox: [UInt8] = []
    /// What has come of the node's own transactions, and of which metadata it speaks. A home that was given a message does
    /// not know whether it still leads the queue, nor then whether it has the message: that is known by who leads after it.
    private var early: [UInt8] = []
    private var earlyIndex: UInt64 = 0
    /// By their numbers here.
    private(set) var channels: [UInt16: RelayChannel] = [:]
    private var byClient: [ChannelReference: RelayChannel] = [:]
    private var publishing: RelayChannel?
    private var deliveries = Deque<Delivery>()
    /// What is sent speaks of the metadata up to here.
    private var neededIndex: UInt64 = 0
    private var isNoted = false
    /// A channel may have something uncommitted.
    var mayBeUncommitted = false
    /// Its client does not publish until there is room again.
    private var isHoldingReader = false
    /// Its connection has ended: what was sent before is still carried out.
    private(set) var isClosing = false
    private(set) var isOver = false

    init(number: UInt64, home: UInt32, owner: ConnectionID?, in relays: Relays) {
        self.number = number
        self.home = home
        self.owner = owner
        self.relays = relays
    }

    var connection: Connection? { owner.flatMap { node.connections[$0] } }

    // MARK: Channels

    /// The channel that stands for one of a client, opened when it is needed, in the modes that the client's is in.
    func channel(for client: Channel) -> RelayChannel {
        let reference = client.reference
        let channel =
            byClient[reference]
            ?? open(preferring: client.number, for: reference, lastForeignTag: client.lastDeliveryTag)
        byClient[reference] = channel
        if client.isConfirming, !channel.isConfirming {
            channel.isConfirming = true
            send(ConfirmSelect(noWait: true), on: channel)
        }
        if client.transaction != nil, !channel.isTransactional {
            channel.isTransactional = true
            send(TxSelect(), on: channel)
        }
        if client.channelPrefetch != channel.channelPrefetch { limit(channel, to: client.channelPrefetch) }
        return channel
    }

    /// The channel that stands for one of a client, if there is one.
    func known(_ reference: ChannelReference) -> RelayChannel? { byClient[reference] }

    /// A channel of its own for one question of the control plane.
    func openForControl() -> RelayChannel { open(preferring: 1, for: nil, lastForeignTag: 0) }

    /// A channel of its own for what the node publishes itself.
    func channelForPublishing() -> RelayChannel {
        if let known = publishing, channels[known.number] === known, !known.isClosing { return known }
        let channel = open(preferring: 1, for: nil, lastForeignTag: 0)
        publishing = channel
        return channel
    }

    private func open(
        preferring number: UInt16, for reference: ChannelReference?, lastForeignTag: UInt64
    ) -> RelayChannel {
        var free = number
        // A client has fewer channels than there are numbers, and those that are closing are few.
        while free == 0 || channels[free] != nil { free &+= 1 }
        let channel = RelayChannel(number: free, client: reference, lastForeignTag: lastForeignTag)
        channels[free] = channel
        send(ChannelOpen(), on: channel)
        return channel
    }

    /// The client's channel has ended: so does the one that stands for it, and the home takes back what it held.
    func end(_ client: ChannelReference) {
        guard let channel = byClient.removeValue(forKey: client) else { return }
        close(channel)
    }

    func close(_ channel: RelayChannel) {
        guard !channel.isClosing else { return }
        channel.isClosing = true
        send(ChannelClose(replyCode: 200), on: channel)
        drop(channel)
    }

    /// Forgets what a channel holds here.
    func drop(_ channel: RelayChannel) {
        if let content = channel.content { content.assembly.abandon(in: node) }
        channel.content = nil
        channel.question = nil
        channel.consumers = [:]
        channel.attaching = [:]
        // A commit that has been asked for is carried out, but nobody waits for it.
        for end in channel.commits { end?.distantEnded(isDone: false, in: node) }
        channel.commits = []
        channel.transactions?.lost()
        channel.transactions = nil
        let gone = deliveries.filter { $0.channel === channel }
        guard !gone.isEmpty else { return }
        deliveries.removeAll { $0.channel === channel }
        for delivery in gone { node.release(delivery.entry.record) }
    }

    /// The home has closed a channel, or has answered that it is closed.
    func closed(_ channel: RelayChannel) {
        channels[channel.number] = nil
        if let client = channel.client, byClient[client] === channel { byClient[client] = nil }
        if isHoldingReader { noteSending() }
    }

    /// Passes a channel-wide prefetch on. Each home sees to it for its own queues: a channel that consumes from several
    /// nodes may be sent so many by each.
    func limit(_ channel: RelayChannel, to count: Int) {
        channel.channelPrefetch = count
        send(BasicQos(prefetchCount: UInt16(clamping: count), global: true), on: channel)
    }

    // MARK: Out

    func send(_ method: some MethodPayload, on channel: RelayChannel) {
        outbox.append(method, on: channel.number)
        noteSending()
    }

    /// What is sent from here on speaks of a queue, which the home must know by then.
    func needs(_ queue: ClassicQueue) { needs(queue.mirroring?.index ?? queue.id) }
    func needs(_ index: UInt64) { neededIndex = max(neededIndex, index) }

    func noteSending() {
        guard !isNoted else { return }
        isNoted = true
        relays.noteSending(number)
    }

    /// Writes what the home has room for.
    func send() {
        isNoted = false
        if mayBeUncommitted { commitLoose() }
        while window.sendable > 0, !outbox.isEmpty {
            let bytes = outbox.take(min(window.sendable, Limits.relayPieceBytes), in: node) { [self] in
                node.later(
                    .control { [self] _ in
                        outbox.fetched()
                        noteSending()
                        return true
                    })
            }
            guard !bytes.isEmpty else { break }
            window.sent(bytes.count)
            relays.member.write(.relayBytes, number, to: home) {
                $0.appendNumber(neededIndex)
                $0 += bytes
            }
        }
        if let transactions, !isBackedUp { transactions.hasRoom() }
        if isHoldingReader, waitingBytes < Limits.relayWaitingBytes / 2, channels.count < Limits.relayChannels {
            letRead()
        }
    }

    private func letRead() {
        guard !node.isShort else { return }
        isHoldingReader = false
        connection?.memoryIsFree()
    }

    /// Memory of what it holds, beyond the messages themselves.
    var residentBytes: Int { inbox.count + outbox.residentBytes }

    private var waitingBytes: Int { outbox.byteCount + window.underWay }
    /// Whether what the node publishes itself must wait.
    var isBackedUp: Bool { waitingBytes > Limits.relayWaitingBytes }

    /// Whether its client must wait with what it publishes.
    func mustWait() -> Bool {
        guard waitingBytes > Limits.relayWaitingBytes || channels.count > Limits.relayChannels else { return false }
        isHoldingReader = true
        return true
    }

    // MARK: In

    func take(_ frame: ClusterFrame) throws(ClusterFrame.Failure) {
        switch frame.kind {
        case .relayBytes:
            guard let index = frame.payload.number(at: 0) else { throw .malformed }
            let bytes = UnsafeRawBufferPointer(rebasing: frame.payload[8...])
            guard window.received(bytes.count) else { throw .malformed }
            guard transactions == nil || early.isEmpty && index <= node.topologyIndex else {
                early += bytes
                earlyIndex = max(earlyIndex, index)
                return relays.waitForMetadata(number)
            }
            try receive(bytes)
        case .relayWindow:
            guard let count = frame.payload.number(at: 0), window.granted(Int(clamping: count)) else {
                throw .malformed
            }
            noteSending()
        case .relayClosed:
            lost()
        default:
            throw .malformed
        }
    }

    /// Takes what came before this node knew as much of the metadata as its home did.
    func feed() {
        guard !early.isEmpty, !isOver else { return }
        guard earlyIndex <= node.topologyIndex else { return relays.waitForMetadata(number) }
        let bytes = early
        early = []
        do throws(ClusterFrame.Failure) {
            try bytes.withUnsafeBufferPointer { bytes throws(ClusterFrame.Failure) in
                try receive(UnsafeRawBufferPointer(bytes))
            }
        } catch {
            relays.member.linkReset(home)
        }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) throws(ClusterFrame.Failure) {
        var whole = inbox
        inbox = []
        let used: Int
        if whole.isEmpty {
            used = try receiveFrames(bytes)
            whole += bytes.dropFirst(used)
        } else {
            whole += bytes
            used = try whole.withUnsafeBufferPointer { bytes throws(ClusterFrame.Failure) in
                try receiveFrames(UnsafeRawBufferPointer(bytes))
            }
            whole.removeFirst(used)
        }
        guard !isOver else { return }
        inbox = whole
        window.take(used)
        if !deliver() { grant() }
    }

    /// Takes the whole frames; returns how many bytes they were.
    private func receiveFrames(_ bytes: UnsafeRawBufferPointer) throws(ClusterFrame.Failure) -> Int {
        var used = 0
        while used < bytes.count, !isOver {
            let frame: ParsedFrame?
            do throws(FrameError) {
                frame = try FrameParser.next(
                    UnsafeRawBufferPointer(rebasing: bytes[used...]), maxFrameSize: Limits.frameMax)
            } catch {
                throw .malformed
            }
            guard let frame else { break }
            used += frame.byteCount
            try receive(frame)
        }
        return used
    }

    private func grant() {
        guard let count = window.grant() else { return }
        relays.member.write(.relayWindow, number, to: home) { $0.appendNumber(UInt64(count)) }
    }

    // MARK: Deliveries

    func arrived(_ delivery: Delivery) { deliveries.append(delivery) }

    /// Gives the client's channels what they have room for; returns whether anything is left.
    @discardableResult
    func deliver() -> Bool {
        while let next = deliveries.first {
            guard let client = next.channel.client.flatMap(node.channel), client.phase == .open,
                !client.connection.isCloseAsked, !next.consumer.isCancelled, !next.consumer.queue.isDeleted,
                next.consumer.queue.distant?.home == home
            else {
                deliveries.removeFirst()
                giveBack(next.entry, on: next.channel, isAutomaticAck: next.consumer.isAutomaticAck)
                continue
            }
            guard client.canTakeDelivery else {
                client.connection.noteStalledRelay()
                return true
            }
            deliveries.removeFirst()
            client.deliver(next.entry, to: next.consumer)
        }
        return false
    }

    /// The client's connection has room again.
    func resume() {
        if !deliveries.isEmpty, !deliver() { grant() }
    }

    /// Gives a delivery back that nobody here has seen.
    func giveBack(_ entry: QueueEntry, on channel: RelayChannel, isAutomaticAck: Bool) {
        node.release(entry.record)
        guard !channel.isClosing, !isAutomaticAck else { return }
        send(BasicReject(deliveryTag: entry.sequence, requeue: true), on: channel)
        noteUse(of: channel)
    }

    // MARK: Ends

    /// Its connection has ended. What it has sent is carried out first, as where a client asks to close.
    func close() {
        guard !isClosing, !isOver else { return }
        isClosing = true
        var writer = WireWriter()
        writer.writeMethodFrame(ConnectionClose(replyCode: 200), channel: 0)
        outbox.append(writer.bytes)
        noteSending()
    }

    /// The home, or the way to it, has gone: what it was asked is not known to have happened, what it delivered is
    /// forgotten there.
    func lost() {
        guard !isOver else { return }
        isOver = true
        relays.forget(self)
        connection?.relays[home] = nil
        let ending = channels.values.sorted { $0.number < $1.number }
        var unsent = outbox.discard(in: node)
        channels = [:]
        byClient = [:]
        for channel in ending {
            let subscribed = (Array(channel.consumers.values) + channel.attaching.values).sorted { $0.tag < $1.tag }
            let question = channel.question
            let unconfirmed = channel.allUnconfirmed()
            channel.isClosing = true
            let client = channel.client.flatMap(node.channel)
            drop(channel)
            unsent -= unconfirmed.count
            if let client { nack(unconfirmed, on: client) }
            for consumer in subscribed where !consumer.isCancelled && !consumer.queue.keeps(consumer) {
                client?.queueDeleted(under: consumer)
            }
            if let question { question.distant.isDown(for: question) }
        }
        // Those that nobody hears of; transactions come again.
        if transactions == nil { node.counters.dropUnroutable &+= UInt64(max(0, unsent)) }
        if isHoldingReader { letRead() }
    }

    private func nack(_ numbers: [UInt64], on client: Channel) {
        guard client.phase == .open, !numbers.isEmpty else { return }
        for number in numbers { client.confirms.settle(number, through: number, refused: true) }
        client.noteConfirms()
    }
}
