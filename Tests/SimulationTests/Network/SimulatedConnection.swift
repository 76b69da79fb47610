import AMQP
import Broker

/// One TCP connection of the simulated world: bytes each way in fragments of random size after random delays, in
/// order. It is the node's `Transport`, and an observer that reads what the node writes.
final class SimulatedConnection: Transport {
    unowned let simulation: Simulation
    unowned let client: SimulatedClient
    let number: Int
    let node: Connection

    // Client to node.
    private var upstream: [UInt8] = []
    private var isUpstreamPlanned = false
    /// Arrived, not used by the node.
    private var inbound: [UInt8] = []
    private(set) var sentByClient = 0
    /// Bytes that have been shown to the node.
    private var arrived = 0
    /// Publishes that have not completely arrived, in the order in which they were sent.
    private var arriving: [MessageModel] = []
    private var lastArrival: UInt64
    private var wantsReading = true

    // Node to client.
    /// Written by the node and taken by the transport.
    private var taken = 0
    private var received = 0
    private var isDownstreamPlanned = false
    private(set) var isFull = false
    private let fullAbove: Int
    private(set) var lastServerBytes: UInt64

    private(set) var isOver = false
    private var isClosing = false
    private let fragmentLimit: Int
    private let slownessMicroseconds: Int
    private(set) lazy var observer = ServerObserver(connection: self)

    init(simulation: Simulation, client: SimulatedClient, number: Int) {
        self.simulation = simulation
        self.client = client
        self.number = number
        lastArrival = simulation.time
        lastServerBytes = simulation.time
        fullAbove = simulation.random.pick([20_000, 200_000, 2_000_000])
        fragmentLimit = simulation.random.pick([64, 1500, 16_384, 65_536])
        slownessMicroseconds = simulation.random.pick([20, 300, 3000])
        node = simulation.node.accept(peer: "10.0.0.\(number):5000", now: simulation.instant)
        node.transport = self
        simulation.planTick()
    }

    // MARK: Client to node

    func send(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        upstream.append(contentsOf: bytes)
        sentByClient += bytes.count
        planUpstream()
    }

    /// The publish ends with what has been sent so far; in a transaction, its commit does.
    func note(publish message: MessageModel) {
        message.endOffset = sentByClient
        arriving.append(message)
    }

    private func planUpstream() {
        guard !isUpstreamPlanned, !upstream.isEmpty, !isOver else { return }
        isUpstreamPlanned = true
        simulation.plan(.bytesToNode(self), after: delay())
    }

    private func delay() -> UInt64 { simulation.random.nanoseconds(upToMicroseconds: slownessMicroseconds) }

    private func fragment(of available: Int) -> Int {
        let limit = simulation.random.chance(10) ? 12 : fragmentLimit
        // Long bodies travel in larger parts, so that they do not take a million events.
        return min(available, max(simulation.random.below(limit) + 1, available / 64))
    }

    func deliverToNode() {
        isUpstreamPlanned = false
        guard !isOver else { return }
        pass(fragment(of: upstream.count))
        planUpstream()
    }

    private func pass(_ count: Int) {
        inbound.append(contentsOf: upstream[..<count])
        upstream.removeFirst(count)
        if wantsReading { show() }
    }

    /// Shows the node what has arrived.
    private func show() {
        let fresh = sentByClient - upstream.count - arrived
        arrived += fresh
        lastArrival = simulation.time
        while let message = arriving.first, let end = message.endOffset, end <= arrived {
            message.arrivedAt = simulation.step
            if let commit = message.transaction, commit.isLarge, commit.messages.last === message {
                simulation.largeCommitArrived()
            }
            arriving.removeFirst()
        }
        simulation.trace.add(UInt64(number))
        simulation.trace.add(inbound.suffix(fresh))
        let used = inbound.withUnsafeBytes {
            simulation.node.receive($0, on: node, now: simulation.instant)
        }
        simulation.trace.say { "connection \(number) -> node: \(fresh) bytes, \(used) of \(inbound.count) used" }
        if used > inbound.count || used < 0 {
            simulation.fail("the node used \(used) of \(inbound.count) bytes")
            return
        }
        inbound.removeFirst(used)
        simulation.planTick()
    }

    // MARK: Node to client

    func update(_ connection: Connection) {
        guard !isOver, !isClosing else { return }
        observe()
        if connection.isFinished {
            take()
            isClosing = true
            observer.connectionEnded(lastArrival: lastArrival)
            if !isDownstreamPlanned { planDownstream() }
            return
        }
        if !isFull { take() }
        let wanted = connection.wantsReading
        if wanted, !wantsReading {
            wantsReading = true
            simulation.plan(.bytesToNode(self), after: delay())
        }
        wantsReading = wanted
    }

    /// Reads what the node has written, whether the transport takes it or not.
    private func observe() {
        node.withOutbound { bytes in
            let known = observer.bytesSeen - taken
            if bytes.count > known {
                observer.see(UnsafeRawBufferPointer(rebasing: bytes[known...]))
                lastServerBytes = simulation.time
            }
            return false
        }
    }

    private func take() {
        node.withOutbound { bytes in
            taken += bytes.count
            return true
        }
        if taken - received > fullAbove, !isFull {
            isFull = true
            simulation.statistics.fullTransports += 1
            node.transportIsWritable(false)
            simulation.trace.say { "connection \(number): transport full" }
        }
        planDownstream()
    }

    func planDownstream() {
        guard !isDownstreamPlanned, !isOver, received < taken || isClosing, !client.isHung else { return }
        isDownstreamPlanned = true
        simulation.plan(.bytesToClient(self), after: delay())
    }

    func deliverToClient() {
        isDownstreamPlanned = false
        guard !isOver, !client.isHung else { return }
        if received == taken, isClosing {
            end("closed by the node")
            return
        }
        received += fragment(of: taken - received)
        simulation.trace.add(UInt64(number) << 32 | UInt64(received))
        if isFull, taken - received < fullAbove / 2 {
            isFull = false
            node.transportIsWritable(true)
            simulation.trace.say { "connection \(number): transport writable" }
            update(node)
            simulation.planTick()
        }
        while let event = observer.takeEvent(upTo: received) { client.received(event, on: self) }
        planDownstream()
    }

    // MARK: The end

    /// Cuts the connection; the node still gets a random part of what was on its way.
    func cut() {
        guard !isOver else { return }
        if !isClosing, wantsReading, !upstream.isEmpty { pass(simulation.random.below(upstream.count + 1)) }
        end("cut")
    }

    /// The node has crashed: nothing of what was on its way comes any more.
    func lose() {
        guard !isOver else { return }
        isOver = true
        node.transport = nil
        observer.endChannels()
        client.disconnected(self)
    }

    private func end(_ how: String) {
        guard !isOver else { return }
        // What was written and never taken counts as delivered for the flag of the next delivery.
        if !isClosing { observe() }
        isOver = true
        simulation.trace.say { "connection \(number) \(how)" }
        node.transportClosed()
        observer.endChannels()
        client.disconnected(self)
        simulation.planTick()
    }

    var isOpenAtNode: Bool { !isOver && !isClosing }
    /// Nanoseconds since the node was last shown bytes.
    var silence: UInt64 { simulation.time - lastArrival }
}
