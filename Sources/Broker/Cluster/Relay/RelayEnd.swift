internal import AMQP

/// The home's end of a relay: what moves the bytes of an ordinary connection between it and the link. All that the
/// client's use of queues here needs — deliveries unacknowledged, prefetch, confirms after the disk, redelivery when it
/// goes — is that connection's.
final class RelayEnd: Transport {
    let number: UInt64
    let peer: UInt32
    let connection: Connection
    private unowned(unsafe) let relays: Relays
    private var window = RelayWindow()
    /// What has come and the connection has not taken.
    private var inbox: [UInt8] = []
    private var outbox = RelayOutbox()
    /// What came speaks of the metadata up to here.
    private var neededIndex: UInt64 = 0
    private var isFeeding = false
    private var isWaiting = false
    private var isNoted = false
    private var isFull = false

    init(number: UInt64, peer: UInt32, connection: Connection, in relays: Relays) {
        self.number = number
        self.peer = peer
        self.connection = connection
        self.relays = relays
        connection.transport = self
    }

    // MARK: In

    func take(_ frame: ClusterFrame) throws(ClusterFrame.Failure) {
        switch frame.kind {
        case .relayBytes:
            guard let index = frame.payload.number(at: 0) else { throw .malformed }
            let bytes = UnsafeRawBufferPointer(rebasing: frame.payload[8...])
            guard window.received(bytes.count) else { throw .malformed }
            neededIndex = max(neededIndex, index)
            inbox += bytes
            feed()
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

    /// Hands the connection what has come, once this node knows of the queues that it names.
    func feed() {
        isWaiting = false
        guard !isFeeding, !inbox.isEmpty else { return }
        guard relays.node.topologyIndex >= neededIndex else {
            isWaiting = true
            return relays.waitForMetadata(number)
        }
        isFeeding = true
        let used = inbox.withUnsafeBytes { relays.node.receive($0, on: connection, now: relays.node.now) }
        inbox.removeFirst(used)
        isFeeding = false
        window.take(used)
        if let count = window.grant() {
            relays.member.write(.relayWindow, number, to: peer) { $0.appendNumber(UInt64(count)) }
        }
    }

    // MARK: Out

    func update(_ connection: Connection) {
        if outbox.isEmpty {
            connection.withOutbound { bytes in
                outbox.append(bytes)
                return true
            }
        }
        noteSending()
        // What is received may be answered within this; the answer is flushed in the next tick.
        if connection.wantsReading, !isWaiting { feed() }
    }

    private func noteSending() {
        guard !isNoted else { return }
        isNoted = true
        relays.noteSending(number)
    }

    /// Writes what the other end has room for.
    func send() {
        isNoted = false
        while window.sendable > 0, !outbox.isEmpty {
            let bytes = outbox.take(min(window.sendable, Limits.relayPieceBytes), in: relays.node, ready: {})
            window.sent(bytes.count)
            relays.member.write(.relayBytes, number, to: peer) {
                $0.appendNumber(relays.node.topologyIndex)
                $0 += bytes
            }
        }
        if isFull != !outbox.isEmpty {
            isFull.toggle()
            connection.transportIsWritable(!isFull)
        }
        if connection.isFinished, outbox.isEmpty, connection.outbound.count == 0 {
            relays.member.write(.relayClosed, number, to: peer) { _ in }
            lost()
        }
    }

    /// The client, its node or the way to it has gone: as when a socket closes.
    func lost() {
        relays.forget(self)
        connection.transportClosed()
    }
}
