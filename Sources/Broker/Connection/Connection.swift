internal import AMQP

/// The bytes of one client connection turned into the bytes of the answers: handshake, heartbeats, channels.
///
/// Pure: whoever owns the socket (or the simulator) calls `receive` with what came in and takes what `withOutbound`
/// shows after the node's tick. Nothing here blocks, reads a clock or touches a socket.
public final class Connection {
    /// Names this connection in the node.
    public let id: ConnectionID
    /// Whatever a node has ends with it, or before.
    unowned(unsafe) let node: Node
    /// Where the client is, as text ("127.0.0.1:50112").
    public let peer: String
    /// Where the client reached this node, as text; empty for a client in this process.
    let local: String
    let connectedAt: Instant

    @exclusivity(unchecked) var phase = Phase.awaitingProtocolHeader
    @exclusivity(unchecked) var outbound = WireWriter(capacity: 512)
    /// Limit of a frame's payload plus its 8 octets of framing, as negotiated.
    /// Largest frame, until it is negotiated the least that everybody takes (AMQP 0-9-1 §4.2.3, frame-min-size).
    @exclusivity(unchecked) var frameMax = Limits.frameMin
    var channelMax = Limits.channelMax
    var user = ""
    /// How it authenticated.
    var mechanism = ""
    var virtualHost: VirtualHost
    var clientProperties = FieldTable()

    var octets = OctetCounters()
    var readings = Readings(OctetCounters())

    private(set) var channels: [UInt16: Channel] = [:]
    @exclusivity(unchecked) private var latest: Channel?
    private var openings: UInt64 = 0

    /// Seconds between signs of life, as negotiated; 0 for none.
    var heartbeatSeconds: UInt16 = 0
    var lastReceived: Instant
    var lastSent: Instant
    /// When the node looks at its time limits next.
    var deadline: Instant?

    /// The transport's buffer is full: no deliveries until it says otherwise.
    @exclusivity(unchecked) private var isTransportFull = false
    /// In the node's list of connections with something to flush or to say.
    @exclusivity(unchecked) var isDirty = false
    /// Stopped reading because memory is short or because its channels hold too many frames back.
    var isReadingPaused = false
    /// Bytes published in the node's present memory window.
    @exclusivity(unchecked) var publishedBytes = 0
    @exclusivity(unchecked) private var memoryWindow: UInt64 = 0
    /// Not read because memory is short, and told so.
    private(set) var isBlocked = false
    /// The method that closed the connection, for `connection.close`.
    var failingMethod: MethodID?
    private var stalled: [Consumer] = []
    /// Its use of queues on other nodes, by their homes.
    var relays: [UInt32: Relay] = [:]
    private var hasStalledRelays = false
    /// It stands for a client of another node, which counts what happens on it.
    let isRelay: Bool
    /// Channels with a body half sent.
    var sendingBodies: [Channel] = []
    /// Channels with confirms to say at the end of the tick.
    var confirming: [Channel] = []
    /// The client has asked to close; what it asked for before is still carried out.
    @exclusivity(unchecked) private(set) var isCloseAsked = false
    /// Whoever moves this connection's bytes; the node only keeps it.
    public weak var transport: (any Transport)?

    enum Phase {
        case awaitingProtocolHeader, awaitingStartOK, awaitingTuneOK, awaitingOpen, open
        /// `connection.close` was sent; only its answer counts.
        case closing
        /// Nothing more will be read; what is in `outbound` should still go out.
        case closed
    }

    init(
        id: ConnectionID, node: Node, peer: String, local: String, virtualHost: VirtualHost, isRelay: Bool = false
    ) {
        self.isRelay = isRelay
        self.id = id
        self.node = node
        self.peer = peer
        self.local = local
        self.virtualHost = virtualHost
        connectedAt = node.now
        lastReceived = node.now
        lastSent = node.now
    }

    // MARK: Bytes in

    /// Takes what came from the client and returns how many bytes were used. The rest — a frame that is not complete,
    /// or everything behind a frame while reading is paused — must be passed again with what follows it.
    public func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count > 0 else { return 0 }
        // One that is told to close is not kept open by what it still says.
        if phase != .closing { lastReceived = node.now }
        var used = 0
        do throws(ProtocolException) {
            if phase == .awaitingProtocolHeader { used = try receiveProtocolHeader(bytes) }
            while used < bytes.count, phase != .awaitingProtocolHeader, phase != .closed {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
                guard let count = try receiveFrame(rest) else { break }
                used += count
            }
        } catch {
            fail(error, method: failingMethod)
        }
        if phase == .closed { used = bytes.count }
        node.noteDirty(self)
        return used
    }

    /// Handles the frame at the start of `bytes`; nil when it is not complete or may not be read yet.
    private func receiveFrame(_ bytes: UnsafeRawBufferPointer) throws(ProtocolException) -> Int? {
        let frame: ParsedFrame
        do throws(FrameError) {
            guard let next = try FrameParser.next(bytes, maxFrameSize: frameMax) else { return nil }
            frame = next
        } catch {
            throw frameException(error, bytes)
        }
        if phase != .open { return try receiveBeforeOpen(frame) }
        if let channel = latest, channel.number == frame.channel {
            return try channel.receive(frame, rest: bytes)
        }
        guard frame.channel != 0 else { return try receiveOnChannelZero(frame) }
        guard let channel = channels[frame.channel] else { return try openChannel(frame) }
        latest = channel
        return try channel.receive(frame, rest: bytes)
    }

    private func openChannel(_ frame: ParsedFrame) throws(ProtocolException) -> Int {
        guard frame.type == .method else {
            throw ProtocolException(
                .channelError, "expected 'channel.open'")
        }
        let method = try decode(frame.payload)
        failingMethod = method.id
        guard case .channelOpen = method else { throw ProtocolException(.channelError, "expected 'channel.open'") }
        guard channelMax == 0 || channels.count < Int(channelMax) else {
            failingMethod = nil
            throw ProtocolException(
                .notAllowed,
                "number of channels opened (\(channels.count)) has reached the negotiated channel_max (\(channelMax))")
        }
        failingMethod = nil
        openings += 1
        let channel = Channel(number: frame.channel, opening: openings, connection: self)
        channels[frame.channel] = channel
        latest = channel
        send(ChannelOpenOK(), on: frame.channel)
        return frame.byteCount
    }

    func decode(_ payload: UnsafeRawBufferPointer) throws(ProtocolException) -> Method {
        do throws(MethodError) {
            return try Method.decode(payload)
        } catch {
            throw methodException(error, payload)
        }
    }

    // MARK: Bytes out

    /// Shows the bytes to be sent, and forgets them if the closure returns true.
    public func withOutbound(_ take: (UnsafeRawBufferPointer) -> Bool) {
        guard outbound.count > 0 else { return }
        let count = outbound.count
        if take(outbound.bytes) {
            octets.sent &+= UInt64(count)
            outbound.reset()
            outbound.shrink(to: Limits.idleOutboundBytes)
            lastSent = node.now
        }
    }

    /// Whether the connection is over once its outbound bytes are sent.
    public var isFinished: Bool { phase == .closed }

    /// Whether bytes should be read from the client at all.
    public var wantsReading: Bool { !isReadingPaused }

    @inline(__always)
    func send(_ method: some MethodPayload, on channel: UInt16) {
        if isCloseAsked, channel != 0, channels[channel]?.isMuted == true { return }
        outbound.writeMethodFrame(method, channel: channel)
        node.noteDirty(self)
    }

    /// Whether another delivery fits into this tick's share of the outbound buffer.
    @inline(__always)
    var hasRoom: Bool { outbound.count < Limits.outboundBytesPerTick && !isTransportFull && phase == .open }

    /// The transport says that its buffer is full (`false`) or has room again (`true`).
    public func transportIsWritable(_ isWritable: Bool) {
        isTransportFull = !isWritable
        if isWritable { node.noteDirty(self) }
    }

    /// Remembers a consumer that could take deliveries but for this connection's room.
    func noteStalled(_ consumer: Consumer) {
        stalled.append(consumer)
        node.noteDirty(self)
    }

    /// Remembers that a relay has deliveries which wait for room.
    func noteStalledRelay() {
        hasStalledRelays = true
        node.noteDirty(self)
    }

    /// Its relays in the order of their homes.
    var sortedRelays: [Relay] { relays.values.sorted { $0.home < $1.home } }

    /// Lets consumers that waited for room take their turns again.
    func resumeStalled() {
        if hasStalledRelays, hasRoom {
            hasStalledRelays = false
            for relay in sortedRelays { relay.resume() }
        }
        guard !stalled.isEmpty, hasRoom else { return }
        let waiting = stalled
        stalled.removeAll(keepingCapacity: true)
        // A cancelled consumer may have outlived its queue.
        for consumer in waiting where !consumer.isCancelled { consumer.queue.enterRound(consumer) }
    }

    // MARK: Ends

    /// Carries out what the client asked for before it asked for the end: frames that channels hold back are handled
    /// first, long bodies on their way to the client are not finished.
    func closeWhenQuiet() {
        isCloseAsked = true
        for channel in sortedChannels { channel.hurry() }
        checkQuiet()
    }

    /// Ends the connection that its client asked to close, once no channel has anything left to do.
    func checkQuiet() {
        guard isCloseAsked, phase == .open, !channels.values.contains(where: \.isBusy) else { return }  // order-free
        closeChannels()
        send(ConnectionCloseOK(), on: 0)
        close()
    }

    /// The transport has gone: everything the client held goes back, at once in name and in slices in deed.
    public func transportClosed() {
        close()
        node.remove(self)
    }

    /// Closes all channels; nothing more is read.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        closeChannels()
        node.noteDirty(self)
    }

    func closeChannels() {
        for channel in channels.values.sorted(by: { $0.number < $1.number }) { channel.end() }
        channels.removeAll()
        latest = nil
        stalled.removeAll()
        sendingBodies.removeAll()
        confirming.removeAll()
        node.connectionEnded(self)
    }

    func forget(_ channel: Channel) {
        if channels[channel.number] === channel { channels[channel.number] = nil }
        if latest === channel { latest = nil }
    }

    func channel(_ reference: ChannelReference) -> Channel? {
        guard let channel = channels[reference.number], channel.opening == reference.opening else { return nil }
        return channel
    }

    /// Channels in the order of their numbers.
    var sortedChannels: [Channel] { channels.values.sorted { $0.number < $1.number } }

    /// Memory of buffers and of what channels hold, in bytes; for tests.
    package var memory: Int { residentBytes }

    /// Memory of buffers and of what channels hold, for the node's limit.
    var residentBytes: Int {
        outbound.count + channels.values.reduce(0) { $0 + $1.residentBytes }  // order-free: a sum
            + relays.values.reduce(0) { $0 + $1.residentBytes }  // order-free: a sum
    }
}

/// What moves a connection's bytes. The node tells it what to do at the end of a tick.
public protocol Transport: AnyObject {
    /// Send what `withOutbound` shows, close if `isFinished`, and read or not as `wantsReading` says.
    func update(_ connection: Connection)
}

// MARK: Reading

extension Connection {
    /// Whether it has published what a connection may while memory is tight, until the node's next look.
    @inline(__always)
    var hasPublishedItsShare: Bool {
        if memoryWindow != node.memoryWindow {
            memoryWindow = node.memoryWindow
            publishedBytes = 0
        }
        return publishedBytes >= node.publishAllowance
    }

    /// Stops reading a publisher for a memory or disk alarm and tells it so (RabbitMQ, "Blocked Connection Notifications").
    func block() {
        pauseReading()
        guard !isBlocked else { return }
        isBlocked = true
        if hasCapability("connection.blocked") { send(ConnectionBlocked(reason: node.shortageReason), on: 0) }
    }

    /// Stops reading until `resumeReading` or until memory is free again.
    func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        node.noteReadingPaused(self)
        node.noteDirty(self)
    }

    /// Reads again after a channel has caught up with its held-back frames.
    func resumeReading() {
        guard isReadingPaused, !node.isShort else { return }
        isReadingPaused = false
        node.noteDirty(self)
    }

    /// Reads again after a memory alarm; channels go on with what they held back.
    func memoryIsFree() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        // The client could not be heard meanwhile; its silence says nothing.
        lastReceived = node.now
        if isBlocked {
            isBlocked = false
            if hasCapability("connection.blocked") { send(ConnectionUnblocked(), on: 0) }
        }
        for channel in sortedChannels where !channel.isSuspended { channel.replay() }
        node.noteDirty(self)
    }
}
