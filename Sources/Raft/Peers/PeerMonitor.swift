/// What one node says to another at regular times, for all groups at once.
public struct Heartbeat: Hashable, Sendable {
    /// Who says it.
    public var from: UInt32
    /// Whom it is for.
    public var to: UInt32
    /// The sender's incarnation: higher after every start of the node, and never 0.
    public var incarnation: UInt64
    /// The incarnation of the receiver that the sender hears; 0 when it hears nothing.
    public var heard: UInt64

    /// Makes one, as an owner does that has received its parts.
    public init(from: UInt32, to: UInt32, incarnation: UInt64, heard: UInt64) {
        self.from = from
        self.to = to
        self.incarnation = incarnation
        self.heard = heard
    }
}

/// What a monitor wants done: a sink that is emptied and used again.
public struct PeerOutput: Sendable {
    /// To be sent.
    public var heartbeats: [Heartbeat] = []
    /// To be told to every group of the node, in this order.
    public var events: [PeerEvent] = []

    /// An empty sink.
    public init() {}

    /// Empties it, and keeps the memory.
    public mutating func removeAll() {
        heartbeats.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }
}

/// A node that went or came.
public enum PeerEvent: Hashable, Sendable {
    /// Nothing that was sent to it can be relied upon.
    case down(node: UInt32)
    /// It hears this node and is heard.
    case up(node: UInt32, incarnation: UInt64)
}

/// Which of the other nodes are up: one state machine per node, in place of heartbeats in each of its groups.
///
/// A peer is up when each side hears the other, so a link that works one way only counts for none: otherwise a follower
/// could wait for a leader that does not hear it. A reset link and a new incarnation are a `down` and then an `up`,
/// whatever the time between them: messages may have been lost, and whoever led may have forgotten it.
///
/// ```swift
/// monitor.received(heartbeat, now: now, into: &output)
/// monitor.linkReset(node, into: &output)                      // acted upon at once
/// if monitor.nextDeadline <= now { monitor.tick(now: now, into: &output) }
/// ```
public struct PeerMonitor: Sendable {
    private struct Peer: Sendable {
        let node: UInt32
        /// The highest incarnation that was ever heard.
        var incarnation: UInt64 = 0
        /// When it was last heard; nil when it is not heard.
        var heardAt: UInt64?
        var isUp = false
    }

    /// This node.
    public let node: UInt32
    /// This node's incarnation.
    public let incarnation: UInt64
    /// Nanoseconds between heartbeats.
    public let interval: UInt64
    /// Nanoseconds of silence after which a peer is down.
    public let timeout: UInt64
    /// Sorted by node.
    private var peers: [Peer] = []
    private var nextHeartbeats: UInt64

    /// Starts with all peers down.
    ///
    /// - Parameters:
    ///   - node: This node.
    ///   - incarnation: Higher than at any start before, and not 0.
    ///   - peers: The other nodes.
    ///   - interval: Nanoseconds between heartbeats.
    ///   - timeout: Nanoseconds of silence after which a peer is down: several intervals.
    ///   - now: The time, in nanoseconds.
    public init(
        node: UInt32, incarnation: UInt64, peers: [UInt32], interval: UInt64 = 100_000_000,
        timeout: UInt64 = 500_000_000, now: UInt64
    ) {
        precondition(incarnation > 0, "incarnation 0 stands for a node that is not heard")
        precondition(timeout > interval, "a heartbeat must come before its absence is noticed")
        self.node = node
        self.incarnation = incarnation
        self.interval = interval
        self.timeout = timeout
        self.peers = peers.sorted().filter { $0 != node }.map { Peer(node: $0) }
        nextHeartbeats = now
    }

    /// When `tick` is to be called at the latest; nil without peers.
    public var nextDeadline: UInt64? {
        guard !peers.isEmpty else { return nil }
        return peers.reduce(nextHeartbeats) { earliest, peer in
            peer.heardAt.map { min(earliest, $0 + timeout) } ?? earliest
        }
    }

    /// Whether a peer is up.
    public func isUp(_ node: UInt32) -> Bool { peers.contains { $0.node == node && $0.isUp } }

    /// The nodes that are up, in order.
    public var upNodes: [UInt32] { peers.filter(\.isUp).map(\.node) }

    /// A node has joined.
    public mutating func add(_ node: UInt32, into output: inout PeerOutput) {
        guard node != self.node, !peers.contains(where: { $0.node == node }) else { return }
        peers.append(Peer(node: node))
        peers.sort { $0.node < $1.node }
        if let peer = peers.firstIndex(where: { $0.node == node }) { send(to: peer, into: &output) }
    }

    /// A node has left for good.
    public mutating func remove(_ node: UInt32, into output: inout PeerOutput) {
        guard let peer = peers.firstIndex(where: { $0.node == node }) else { return }
        setDown(peer, into: &output)
        peers.remove(at: peer)
    }

    /// Sends what is due, and finds out who has been silent.
    public mutating func tick(now: UInt64, into output: inout PeerOutput) {
        for peer in peers.indices {
            if let heardAt = peers[peer].heardAt, now >= heardAt + timeout { lose(peer, into: &output) }
        }
        guard now >= nextHeartbeats else { return }
        nextHeartbeats = now + interval
        for peer in peers.indices { send(to: peer, into: &output) }
    }

    /// Takes a heartbeat. One of an earlier incarnation, or of a stranger, is ignored.
    public mutating func received(_ heartbeat: Heartbeat, now: UInt64, into output: inout PeerOutput) {
        guard heartbeat.to == node, heartbeat.incarnation > 0,
            let peer = peers.firstIndex(where: { $0.node == heartbeat.from }),
            heartbeat.incarnation >= peers[peer].incarnation
        else { return }
        if heartbeat.incarnation > peers[peer].incarnation {
            lose(peer, into: &output)
            peers[peer].incarnation = heartbeat.incarnation
        }
        let isNews = peers[peer].heardAt == nil
        peers[peer].heardAt = now
        let isHeardThere = heartbeat.heard == incarnation
        if !isHeardThere { setDown(peer, into: &output) }
        // The other side is up only when it knows that it is heard, so it is told at once.
        if isNews || isHeardThere && !peers[peer].isUp { send(to: peer, into: &output) }
        if isHeardThere, !peers[peer].isUp {
            peers[peer].isUp = true
            output.events.append(.up(node: heartbeat.from, incarnation: heartbeat.incarnation))
        }
    }

    /// Any other message has come from a node that is up: as good as a heartbeat, so that a busy link need not be idle
    /// to be alive.
    public mutating func heard(from node: UInt32, now: UInt64) {
        guard let peer = peers.firstIndex(where: { $0.node == node && $0.isUp }) else { return }
        peers[peer].heardAt = now
    }

    /// The link to a node was closed or replaced. It is down, even if the next heartbeat says that it never was.
    public mutating func linkReset(_ node: UInt32, into output: inout PeerOutput) {
        guard let peer = peers.firstIndex(where: { $0.node == node }) else { return }
        lose(peer, into: &output)
    }

    /// A link to a node was opened: it is greeted at once, so that it is up after one exchange and not an interval later.
    public mutating func linkOpened(_ node: UInt32, into output: inout PeerOutput) {
        if let peer = peers.firstIndex(where: { $0.node == node }) { send(to: peer, into: &output) }
    }

    private mutating func lose(_ peer: Int, into output: inout PeerOutput) {
        peers[peer].heardAt = nil
        setDown(peer, into: &output)
    }

    private mutating func setDown(_ peer: Int, into output: inout PeerOutput) {
        guard peers[peer].isUp else { return }
        peers[peer].isUp = false
        output.events.append(.down(node: peers[peer].node))
    }

    private func send(to peer: Int, into output: inout PeerOutput) {
        output.heartbeats.append(
            Heartbeat(
                from: node, to: peers[peer].node, incarnation: incarnation,
                heard: peers[peer].heardAt == nil ? 0 : peers[peer].incarnation))
    }
}
