internal import AMQP

/// The relays that a node takes part in: its own, for its clients' use of queues on other nodes, and the ends of other
/// nodes' relays, which use queues here.
///
/// A relay's number says which node opened it, in its upper 16 bits, and is not used twice while that node runs. Whatever
/// is still under way for one that is over means nothing.
final class Relays {
    /// Whatever a node has ends with it.
    unowned(unsafe) let node: Node
    unowned(unsafe) let member: ClusterMember
    private(set) var own: [UInt64: Relay] = [:]
    private(set) var ends: [UInt64: RelayEnd] = [:]
    private var lastNumber: UInt64
    /// In the place of the exchanges of messages that other nodes have routed and counted.
    let exchange = Exchange(name: "", settings: ExchangeDefinition(kind: .direct))
    /// Those with something to send at the end of the tick.
    private var sending: [UInt64] = []
    /// Those that wait for the metadata.
    private var waiting: [UInt64] = []
    private var seenIndex: UInt64 = 0
    /// For requests of the control plane, by home and virtual host.
    private var forControl: [String: UInt64] = [:]

    private static let nodeShift: UInt64 = 48

    init(node: Node, member: ClusterMember) {
        self.node = node
        self.member = member
        lastNumber = UInt64(member.configuration.node) << Self.nodeShift
    }

    // MARK: Opening

    /// The relay of a connection to a home; nil while that is down.
    func relay(of connection: Connection, to home: UInt32) -> Relay? {
        if let known = connection.relays[home] { return known }
        guard connection.phase == .open else { return nil }
        let client = RelayClient(
            virtualHost: connection.virtualHost.name, user: connection.user, peer: connection.peer,
            local: connection.local)
        let relay = open(to: home, owner: connection.id, for: client)
        connection.relays[home] = relay
        return relay
    }

    /// The relay for requests of the control plane.
    func relay(ofControlIn host: String, to home: UInt32) -> Relay? {
        let name = "\(home) \(host)"
        if let known = forControl[name].flatMap({ own[$0] }) { return known }
        let client = RelayClient(
            virtualHost: host, user: "", peer: "control of \(node.configuration.name)", local: "")
        let relay = open(to: home, owner: nil, for: client)
        forControl[name] = relay?.number
        return relay
    }

    /// A relay for transactions of this node; nil while the home is down.
    func open(for outbox: TransactionOutbox, to home: UInt32) -> Relay? {
        let client = RelayClient(
            virtualHost: "", user: "", peer: "transactions of \(node.configuration.name)", local: "")
        let relay = open(to: home, owner: nil, for: client)
        relay?.transactions = outbox
        return relay
    }

    /// Whether so much that the node publishes itself is on its way that more must wait.
    var isControlBackedUp: Bool {
        // order-free: whether there is any
        forControl.values.contains { own[$0]?.isBackedUp ?? false }
    }

    private func open(to home: UInt32, owner: ConnectionID?, for client: RelayClient) -> Relay? {
        guard member.isUp(home) else { return nil }
        lastNumber += 1
        let relay = Relay(number: lastNumber, home: home, owner: owner, in: self)
        own[relay.number] = relay
        member.write(.relayOpen, lastNumber, to: home) { client.encode(into: &$0) }
        return relay
    }

    // MARK: Frames

    func take(_ frame: ClusterFrame, from peer: UInt32) throws(ClusterFrame.Failure) {
        let number = frame.group
        let opener = UInt32(truncatingIfNeeded: number >> Self.nodeShift)
        if opener == member.configuration.node {
            guard frame.kind != .relayOpen else { throw .malformed }
            // What comes for one that is over is of no use.
            guard let relay = own[number] else { return }
            guard relay.home == peer else { throw .malformed }
            return try relay.take(frame)
        }
        guard opener == peer else { throw .malformed }
        guard frame.kind == .relayOpen else {
            if let end = ends[number] { return try end.take(frame) }
            if frame.kind == .relayBytes { member.write(.relayClosed, number, to: peer) { _ in } }
            return
        }
        guard ends[number] == nil, let client = RelayClient(frame.payload) else { throw .malformed }
        guard ends.count < Limits.relaysMax, node.isServing, node.storageFailure == nil, !node.isShuttingDown,
            member.isUp(peer),
            // What carries a node's transactions names queues of all virtual hosts.
            let host = client.virtualHost.isEmpty ? node.defaultVirtualHost : node.virtualHosts[client.virtualHost]
        else { return member.write(.relayClosed, number, to: peer) { _ in } }
        ends[number] = RelayEnd(
            number: number, peer: peer, connection: node.acceptRelay(for: client, in: host), in: self)
    }

    // MARK: Ticks

    func noteSending(_ number: UInt64) { sending.append(number) }

    /// Writes what there is to send, after everything else of the tick.
    func send() {
        while !sending.isEmpty {
            let numbers = sending
            sending.removeAll(keepingCapacity: true)
            for number in numbers {
                own[number]?.send()
                ends[number]?.send()
            }
        }
    }

    func waitForMetadata(_ number: UInt64) { waiting.append(number) }

    /// The metadata may have grown.
    func metadataAdvanced() {
        guard seenIndex != node.topologyIndex else { return }
        seenIndex = node.topologyIndex
        let numbers = waiting
        waiting.removeAll(keepingCapacity: true)
        for number in numbers {
            ends[number]?.feed()
            own[number]?.feed()
        }
    }

    // MARK: Ends

    /// Nothing that was sent to a node can be relied upon, nor what it said.
    func peerDown(_ peer: UInt32) {
        for relay in own.values.sorted(by: { $0.number < $1.number }) where relay.home == peer {
            relay.lost()
            // Where the link has held what it was opened with, that may come after the two have taken each other for up
            // again: its end must not wait for a client that nobody knows of any more.
            member.write(.relayClosed, relay.number, to: peer) { _ in }
        }
        for end in ends.values.sorted(by: { $0.number < $1.number }) where end.peer == peer { end.lost() }
    }

    func forget(_ relay: Relay) { own[relay.number] = nil }
    func forget(_ end: RelayEnd) { ends[end.number] = nil }
}
