internal import Raft

/// What makes a node a member of a cluster: its links to the other nodes, who of them is up, and the replicated metadata.
/// Like the node, a synchronous state machine: bytes and time come in, and once a tick `advance` does what follows.
final class ClusterMember {
    let configuration: ClusterConfiguration
    /// Whatever a node has ends with it.
    private unowned(unsafe) let node: Node
    private var monitor: PeerMonitor
    private var heard = PeerOutput()
    private var links: [ClusterLink]
    let metadata: MetadataGroup
    /// Use of queues on other nodes, and theirs of queues here.
    private(set) lazy var relays = Relays(node: node, member: self)
    /// Whether the metadata has caught up with what was committed before this node started: clients may come.
    fileprivate(set) var isServing = false
    /// What the journal had of queues that the metadata has not named yet, by their ids.
    var recovered: [UInt64: RecoveredMessages] = [:]
    /// Messages that belonged to no queue when the metadata had caught up.
    fileprivate(set) var discarded = 0

    init(_ configuration: ClusterConfiguration, node: Node) {
        self.configuration = configuration
        self.node = node
        monitor = PeerMonitor(
            node: configuration.node, incarnation: configuration.incarnation, peers: configuration.peers,
            now: node.now.nanoseconds)
        links = configuration.peers.map { ClusterLink(to: $0) }
        metadata = MetadataGroup(configuration, node: node)
        for peer in configuration.peers { noteDown(peer) }
    }

    /// This node as a home.
    var home: QueueHome { QueueHome(node: configuration.node, incarnation: configuration.incarnation) }
    /// The other nodes that are up.
    private(set) var upHomes: [QueueHome] = []
    /// When to look whether something is to be done about a node that is down, by its number.
    fileprivate var endsDue: [(peer: UInt32, at: UInt64)] = []

    /// When a tick is due even if nothing happens.
    var nextDeadline: Instant? {
        guard node.storageFailure == nil else { return nil }
        let ends = endsDue.map(\.at).min()
        let earliest = [monitor.nextDeadline, metadata.nextDeadline, ends].compactMap { $0 }.min()
        return earliest.map { Instant(nanoseconds: $0) }
    }

    // MARK: Links

    /// Takes what a peer sent in one go. Bytes that make no sense, or that speak for somebody else, reset the link.
    func receive(_ bytes: UnsafeRawBufferPointer, from peer: UInt32) {
        guard node.storageFailure == nil, links.contains(where: { $0.peer == peer }) else { return }
        var rest = bytes
        do throws(ClusterFrame.Failure) {
            while let frame = try ClusterFrame.next(&rest) { try take(frame, from: peer) }
        } catch {
            linkReset(peer)
        }
    }

    private func take(_ frame: ClusterFrame, from peer: UInt32) throws(ClusterFrame.Failure) {
        let now = node.now.nanoseconds
        switch frame.kind {
        case .heartbeat:
            guard let heartbeat = Heartbeat(frame.payload), heartbeat.from == peer else { throw .malformed }
            monitor.received(heartbeat, now: now, into: &heard)
            tellOfPeers()
        case .raft:
            guard let message = try? RaftMessage(decoding: Array(frame.payload)[...]), message.from.node == peer,
                message.group == frame.group
            else { throw .malformed }
            monitor.heard(from: peer, now: now)
            if frame.group == MetadataRecord.group { metadata.step(message) }
        case .proposal:
            guard let proposal = MetadataProposal(frame.payload), proposal.node == peer else { throw .malformed }
            monitor.heard(from: peer, now: now)
            if frame.group == MetadataRecord.group { metadata.takeForwarded(Array(frame.payload)) }
        case .relayOpen, .relayBytes, .relayWindow, .relayClosed:
            monitor.heard(from: peer, now: now)
            try relays.take(frame, from: peer)
        }
    }

    func linkOpened(_ peer: UInt32) { monitor.linkOpened(peer, into: &heard) }

    func linkReset(_ peer: UInt32) {
        if let place = links.firstIndex(where: { $0.peer == peer }) { links[place].reset() }
        monitor.linkReset(peer, into: &heard)
        tellOfPeers()
    }

    /// Tells the groups who came and went, before anything else that came.
    private func tellOfPeers() {
        let events = heard.events
        heard.events.removeAll(keepingCapacity: true)
        for event in events {
            metadata.take(event)
            if case .up(let peer, let incarnation) = event {
                endsDue.removeAll { $0.peer == peer }
                upHomes.removeAll { $0.node == peer }
                upHomes.append(QueueHome(node: peer, incarnation: incarnation))
            }
            guard case .down(let peer) = event else { continue }
            upHomes.removeAll { $0.node == peer }
            noteDown(peer)
            // It must know that it was lost, even if the link has carried everything.
            monitor.linkOpened(peer, into: &heard)
            relays.peerDown(peer)
        }
    }

    /// Whether a node is up and hears this one; nil stands for no node.
    func isUp(_ peer: UInt32?) -> Bool { peer.map { $0 == configuration.node || monitor.isUp($0) } ?? false }

    /// Writes a frame to a node.
    func write(
        _ kind: ClusterFrame.Kind, _ number: UInt64, to peer: UInt32, _ payload: (inout [UInt8]) -> Void
    ) {
        guard let place = links.firstIndex(where: { $0.peer == peer }) else { return }
        links[place].write(kind, group: number, payload)
    }

    /// At the end of a tick: sends what clients and queues have to say to each other over the links.
    func sendRelayed() {
        guard node.storageFailure == nil else { return }
        relays.send()
        for place in links.indices { links[place].flush(configuration.transport) }
    }

    func send(_ message: RaftMessage) {
        guard let place = links.firstIndex(where: { $0.peer == message.to.node }) else { return }
        links[place].write(.raft, group: message.group) { message.encode(into: &$0) }
    }

    func forward(_ proposal: [UInt8], to peer: UInt32) {
        guard let place = links.firstIndex(where: { $0.peer == peer }) else { return }
        links[place].write(.proposal, group: MetadataRecord.group) { $0 += proposal }
    }

    // MARK: Ticks

    /// Does what has become due or possible, and sends what there is to send. A node whose disk has failed is silent.
    func advance() {
        guard node.storageFailure == nil else { return }
        if let due = monitor.nextDeadline, due <= node.now.nanoseconds {
            monitor.tick(now: node.now.nanoseconds, into: &heard)
        }
        tellOfPeers()
        noteEnds()
        metadata.advance(in: self)
        relays.metadataAdvanced()
        for heartbeat in heard.heartbeats {
            guard let place = links.firstIndex(where: { $0.peer == heartbeat.to }) else { continue }
            links[place].write(heartbeat)
        }
        heard.removeAll()
        for place in links.indices { links[place].flush(configuration.transport) }
    }

    // MARK: Nodes that are down

    private func noteDown(_ peer: UInt32) {
        endsDue.removeAll { $0.peer == peer }
        endsDue.append((peer, node.now.nanoseconds + Limits.nodeDownMilliseconds * 1_000_000))
    }

    /// The leader says of a node that has been down for a while that it has gone, where that means something.
    private func noteEnds() {
        for place in endsDue.indices where endsDue[place].at <= node.now.nanoseconds {
            endsDue[place].at = node.now.nanoseconds + Limits.nodeDownMilliseconds * 1_000_000
            guard isServing, metadata.group.role == .leader,
                let home = node.lastTransientHome(on: endsDue[place].peer)
            else { continue }
            metadata.proposeEnd(of: home)
        }
    }

    // MARK: Catching up

    /// The metadata has caught up: what the journal has of queues that are not there is nobody's.
    func caughtUp() {
        guard !isServing else { return }
        isServing = true
        for (_, messages) in recovered.sorted(by: { $0.key < $1.key }) {
            discarded += node.restore(messages, to: nil).discarded
        }
        recovered.removeAll()
        node.reclaim()
    }

    /// A queue is there: what the journal has of it goes into it.
    func restore(_ queue: ClassicQueue) {
        guard let messages = recovered.removeValue(forKey: queue.id) else { return }
        _ = node.restore(messages, to: queue)
    }
}
