import AMQP

@testable import Broker

/// One connection of a client to a node: bytes each way, in order, each after a delay. What the node writes is looked at
/// at once: it has promised that, whether its client gets to see it or not.
final class ClusterConnection: Transport {
    /// What a client sees.
    enum Event {
        case opened
        case channelOpened(ClusterChannel)
        case delivery(ClusterChannel, ClusterDelivery)
        case channelClosed(ClusterChannel)
        /// The node wants to close it.
        case closing
        case closed
    }

    unowned let world: ClusterWorld
    unowned let client: ClusterClient
    unowned let home: ClusterNode
    let life: Int
    let node: Connection
    var channels: [ClusterChannel] = []

    private var upstream: [(bytes: [UInt8], arrival: UInt64)] = []
    private var inbound: [UInt8] = []
    private var isUpstreamPlanned = false
    private var wantsReading = true
    private var downstream: [(event: Event, arrival: UInt64)] = []
    private var isDownstreamPlanned = false
    /// Bytes of a frame whose end has not been written.
    private var rest: [UInt8] = []
    /// The node has closed it, or is gone; the client may not know.
    private(set) var isOver = false
    /// The client has asked to close it.
    var isClosing = false

    init(_ client: ClusterClient, to home: ClusterNode, _ node: Node) {
        world = client.world
        self.client = client
        self.home = home
        life = home.life
        self.node = node.accept(peer: "10.0.0.\(client.number):\(world.nextNumber())", now: home.instant)
        self.node.transport = self
        home.planTick()
        if self.node.isFinished { finish() }
    }

    private func delay() -> UInt64 { world.random.nanoseconds(upToMicroseconds: 300) }

    // MARK: To the node

    func send(_ method: some MethodPayload, on channel: UInt16) {
        var writer = WireWriter()
        writer.writeMethodFrame(method, channel: channel)
        send(Array(writer.bytes))
    }

    func send(_ bytes: [UInt8]) {
        guard !isOver else { return }
        upstream.append((bytes, max(upstream.last?.arrival ?? 0, world.time + delay())))
        planUpstream()
    }

    private func planUpstream() {
        guard !isUpstreamPlanned, !isOver, let first = upstream.first else { return }
        isUpstreamPlanned = true
        world.plan(.toNode(self), after: first.arrival > world.time ? first.arrival - world.time : 0)
    }

    func deliverToNode() {
        isUpstreamPlanned = false
        guard !isOver else { return }
        while let first = upstream.first, first.arrival <= world.time {
            inbound += first.bytes
            upstream.removeFirst()
        }
        show()
        planUpstream()
    }

    /// Shows the node what has arrived.
    private func show() {
        guard wantsReading, !inbound.isEmpty, let broker = home.node else { return }
        world.trace.add(UInt64(client.number) << 48 | UInt64(inbound.count))
        let used = inbound.withUnsafeBytes { broker.receive($0, on: node, now: home.instant) }
        inbound.removeFirst(used)
        home.planTick()
    }

    // MARK: From the node

    func update(_ connection: Connection) {
        guard !isOver else { return }
        read()
        if connection.isFinished { return finish() }
        // It may have stopped in the middle and gone on before it was asked.
        if connection.wantsReading, !wantsReading || !inbound.isEmpty {
            wantsReading = true
            if !isUpstreamPlanned {
                isUpstreamPlanned = true
                world.plan(.toNode(self), after: delay())
            }
        }
        wantsReading = connection.wantsReading
    }

    private func read() {
        node.withOutbound { bytes in
            rest += bytes
            return true
        }
        let bytes = rest
        var used = 0
        bytes.withUnsafeBytes { bytes in
            while used < bytes.count,
                let frame = try? FrameParser.next(
                    UnsafeRawBufferPointer(rebasing: bytes[used...]), maxFrameSize: 0)
            {
                used += frame.byteCount
                world.trace.add(UInt64(frame.channel) << 32 | UInt64(frame.byteCount))
                if let wrong = see(frame) { world.fail("node \(home.number) -> client \(client.number): \(wrong)") }
            }
        }
        rest.removeFirst(used)
    }

    func tell(_ event: Event) {
        downstream.append((event, max(downstream.last?.arrival ?? 0, world.time + delay())))
        planDownstream()
    }

    private func planDownstream() {
        guard !isDownstreamPlanned, let first = downstream.first else { return }
        isDownstreamPlanned = true
        world.plan(.toClient(self), after: first.arrival > world.time ? first.arrival - world.time : 0)
    }

    func deliverToClient() {
        isDownstreamPlanned = false
        while let first = downstream.first, first.arrival <= world.time {
            downstream.removeFirst()
            client.received(first.event, on: self)
        }
        planDownstream()
    }

    /// What holds it up, for whoever has to find out.
    var state: String {
        let busy = node.sortedChannels.filter(\.isBusy).map {
            "channel \($0.number) waits for \(String(describing: $0.waiting))"
        }
        return "client \(client.number) on node \(home.number), \(wantsReading ? "read" : "not read"),"
            + " \(isClosing ? "asked to close" : "open"), \(busy)"
    }

    // MARK: The end

    /// The node has closed it.
    private func finish() {
        end()
        tell(.closed)
    }

    /// The network breaks between client and node.
    func cut() {
        guard !isOver else { return }
        world.trace.say { "\(world.clock) client \(client.number) is cut off from node \(home.number)" }
        if home.isRunning, home.life == life {
            read()
            node.transport = nil
            node.transportClosed()
            home.planTick()
        }
        end()
        tell(.closed)
    }

    /// The node is gone. A part of what it has written still comes.
    func nodeCrashed(_ crashed: ClusterNode) {
        guard crashed === home, !isOver else { return }
        node.transport = nil
        end()
        downstream.removeLast(world.random.below(downstream.count + 1))
        tell(.closed)
    }

    private func end() {
        isOver = true
        upstream = []
        inbound = []
        for channel in channels { ended(channel) }
    }
}
