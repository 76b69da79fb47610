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
    /// Mirrored queues.
    private(set) lazy var mirrors = Mirrors(node: node, member: self)
    /// Whether the metadata has caught up with what was committed before this node started, or was back among a majority:
    /// clients may come.
    fileprivate(set) var isServing = false
    /// Whether more than half of the nodes are up, as far as this one hears.
    private(set) var hasMajority: Bool
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
        hasMajority = configuration.peers.isEmpty
        configuration.recorder?.begin()
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
        let earliest = [monitor.nextDeadline, metadata.nextDeadline, ends, mirrors.nextDeadline].compactMap { $0 }.min()
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
        if frame.kind != .heartbeat { node.noteWork() }
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
            node.replica(for: message)?.step(message)
        case .memberLost:
            guard let loss = MemberLoss(frame.payload) else { throw .malformed }
            monitor.heard(from: peer, now: now)
            node.replicas[frame.group]?.replace(
                MemberID(node: peer, incarnation: loss.member), by: loss.wanted)
        case .quorumCommands:
            guard let header = QuorumBatchHeader(frame.payload), header.node == peer else { throw .malformed }
            monitor.heard(from: peer, now: now)
            guard let asked = node.quorum.member(QuorumMember.queue(of: frame.group)) else {
                return sayNobody(to: peer, header.incarnation, leads: frame.group)
            }
            asked.take(Array(frame.payload), from: peer, incarnation: header.incarnation)
        case .quorumReply:
            monitor.heard(from: peer, now: now)
            guard node.quorum.queue(QuorumMember.queue(of: frame.group))?.take(frame.payload, from: peer) != false
            else { throw .malformed }
        case .quorumResume:
            guard let resume = QuorumResume(frame.payload), resume.node == peer else { throw .malformed }
            monitor.heard(from: peer, now: now)
            guard let asked = node.quorum.member(QuorumMember.queue(of: frame.group)) else {
                return sayNobody(to: peer, resume.incarnation, leads: frame.group)
            }
            asked.resume(resume)
        case .proposal:
            guard let proposal = MetadataProposal(frame.payload), proposal.node == peer else { throw .malformed }
            monitor.heard(from: peer, now: now)
            if frame.group == RaftRecord.metadata { metadata.takeForwarded(Array(frame.payload)) }
        case .relayOpen, .relayBytes, .relayWindow, .relayClosed:
            monitor.heard(from: peer, now: now)
            try relays.take(frame, from: peer)
        case .mirrorBegin, .mirrorOperations, .mirrorMissing, .mirrorAcknowledged, .mirrorRefused:
            monitor.heard(from: peer, now: now)
            try mirrors.take(frame, from: peer)
        }
    }

    /// This node has no member of a quorum queue, and does not know who leads it: the other node asks the next one.
    private func sayNobody(to peer: UInt32, _ incarnation: UInt64, leads group: UInt64) {
        var reply = QuorumReply(to: peer, incarnation: incarnation)
        reply.redirect(to: nil)
        send(reply.bytes, .quorumReply, group: group, to: peer)
    }

    func linkOpened(_ peer: UInt32) { monitor.linkOpened(peer, into: &heard) }

    /// The other node was stopped in order, and its links were closed.
    func stopped(_ peer: UInt32) {
        if let home = upHomes.first(where: { $0.node == peer }) { mirrors.stopping(home) }
        linkReset(peer)
    }

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
            switch event {
            case .down(let peer):
                node.replicas.peerDown(peer)
                node.quorum.peerDown(peer)
            case .up(let peer, let incarnation):
                node.replicas.peerUp(peer, incarnation: incarnation)
                metadata.peerUp(peer)
                node.quorum.peerUp(peer)
                node.rollForward.noteAll()
                endsDue.removeAll { $0.peer == peer }
                upHomes.removeAll { $0.node == peer }
                upHomes.append(QueueHome(node: peer, incarnation: incarnation))
                mirrors.peerUp(peer)
            }
            guard case .down(let peer) = event else { continue }
            upHomes.removeAll { $0.node == peer }
            noteDown(peer)
            // It must know that it was lost, even if the link has carried everything.
            monitor.linkOpened(peer, into: &heard)
            mirrors.peerDown(peer)
            relays.peerDown(peer)
        }
        if !events.isEmpty { checkMajority() }
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
        mirrors.send()
        relays.send()
        for place in links.indices { links[place].flush(configuration.transport) }
    }

    /// The nodes that this one hears and that hear it.
    var peersUp: [UInt32] { monitor.upNodes }

    func send(_ message: RaftMessage) {
        guard let place = links.firstIndex(where: { $0.peer == message.to.node }) else { return }
        links[place].write(.raft, group: message.group) { message.encode(into: &$0) }
    }

    /// Sends a frame, unless its node is none of the others.
    func send(_ payload: [UInt8], _ kind: ClusterFrame.Kind, group: UInt64, to peer: UInt32) {
        guard let place = links.firstIndex(where: { $0.peer == peer }) else { return }
        links[place].write(kind, group: group) { $0 += payload }
    }

    func forward(_ proposal: [UInt8], to peer: UInt32) {
        guard let place = links.firstIndex(where: { $0.peer == peer }) else { return }
        links[place].write(.proposal, group: RaftRecord.metadata) { $0 += proposal }
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
        metadata.advance()
        node.replicas.advance(now: node.now.nanoseconds)
        mirrors.advance()
        relays.metadataAdvanced()
        for heartbeat in heard.heartbeats {
            guard let place = links.firstIndex(where: { $0.peer == heartbeat.to }) else { continue }
            links[place].write(heartbeat)
        }
        heard.removeAll()
        for place in links.indices { links[place].flush(configuration.transport) }
    }

    // MARK: Minority

    /// Half of the nodes is a minority: the other half may go on without this one. A node that has less than more than
    /// half stops serving (RabbitMQ, "Clustering and Network Partitions": `pause_minority`), at once where links were
    /// closed and else when heartbeats have not come. It serves again once it has caught up with the majority it is back
    /// among.
    private func checkMajority() {
        let reaches = 2 * (monitor.upNodes.count + 1) > configuration.names.count
        guard reaches != hasMajority else { return }
        hasMajority = reaches
        if reaches { return metadata.catchUp() }
        guard isServing else { return }
        isServing = false
        node.dismissClients()
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

    /// The metadata has caught up: what the journal has goes into the queues that are led or mirrored here; the rest is
    /// nobody's.
    func caughtUp() {
        node.joinQuorumQueues()
        metadata.hasLostData = false
        if metadata.replica.areOthersLost { metadata.replica.othersAreTold() }
        guard !isServing, hasMajority else { return }
        isServing = true
        for (id, messages) in recovered.sorted(by: { $0.key < $1.key }) {
            let queue = node.queue(id: id)
            let isHere = queue?.isRemote == false || queue?.mirroring?.isMirror(configuration.node) == true
            discarded += node.restore(messages, to: isHere ? queue : nil).discarded
        }
        recovered.removeAll()
        mirrors.caughtUp()
        node.rollForward.noteAll()
        if node.damagedThrough == nil { node.reclaim() } else { node.compact(always: true) }
    }
}
