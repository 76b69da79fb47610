internal import AMQP
internal import HeapModule

/// A node among others.
extension Node {
    /// Whether the node may be used by clients: a member of a cluster only once its metadata has caught up.
    public var isServing: Bool { cluster?.isServing ?? true }

    /// Whether the node is a member of a cluster and does not reach more than half of it, itself included.
    public var isInMinority: Bool { cluster.map { !$0.hasMajority } ?? false }

    /// Takes what another node sent, as one call of `ClusterTransport.send` had it. A tick follows.
    public func receive(fromPeer peer: UInt32, bytes: UnsafeRawBufferPointer, now: Instant) {
        advance(to: now)
        cluster?.receive(bytes, from: peer)
    }

    /// The link to another node is there. A tick follows.
    public func linkOpened(_ peer: UInt32, now: Instant) {
        advance(to: now)
        cluster?.linkOpened(peer)
    }

    /// The link to another node was lost or replaced, and with it perhaps what was on its way. A tick follows.
    public func linkReset(_ peer: UInt32, now: Instant) {
        advance(to: now)
        cluster?.linkReset(peer)
    }

    /// Another node was stopped in order and has closed its links: it will be back with everything. A tick follows.
    public func peerStopped(_ peer: UInt32, now: Instant) {
        advance(to: now)
        cluster?.stopped(peer)
    }

    /// Whether the node leads the cluster's metadata.
    public var leadsMetadata: Bool { cluster?.metadata.replica.isLeader ?? false }

    /// Its number among the nodes, from 1.
    var number: UInt32 { configuration.cluster?.node ?? 1 }

    /// The wall clock, in milliseconds since 1970 as far as the node knows it.
    var wallMilliseconds: UInt64 { (now.nanoseconds &+ configuration.clockOffset) / 1_000_000 }

    /// When the wall clock says so, in nanoseconds of the node's own clock.
    func nanoseconds(ofWall milliseconds: UInt64) -> UInt64 {
        let (nanoseconds, isTooLate) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLate else { return .max }
        return nanoseconds > configuration.clockOffset ? nanoseconds - configuration.clockOffset : 0
    }

    /// Which start of this node it is: higher than any before.
    var incarnation: UInt64 { configuration.cluster?.incarnation ?? configuration.incarnation }

    /// When a tick is due even if nothing happens.
    var earliestDeadline: Instant? {
        guard cluster != nil || !replicas.all.isEmpty, storageFailure == nil else { return timers.min?.deadline }
        let deadlines = [
            timers.min?.deadline, cluster?.nextDeadline, replicas.nextDeadline.map { Instant(nanoseconds: $0) },
        ]
        return deadlines.compactMap { $0 }.min()
    }

    /// Closes what clients have open, with the words of a RabbitMQ that pauses (`rabbit_reader`: its connections end with
    /// the application), and fails what the control plane waits for.
    func dismissClients() {
        for connection in sortedConnections {
            connection.fail(.brokerStops)
            noteDirty(connection)
        }
        requests.removeAll { pending in
            guard case .control(let number) = pending.origin else { return false }
            answerControl(number, .failed(.notServing(configuration.name)))
            return true
        }
        if !isTicking { wake?() }
    }

    /// Ends as a dead process does, whose files and sockets are gone already: whoever waits within this process is told,
    /// and nothing else happens any more.
    public func abandon(now: Instant) {
        self.now = now
        isShuttingDown = true
        for connection in sortedConnections {
            let transport = connection.transport
            connection.close()
            transport?.update(connection)
            connection.transport = nil
        }
        requests.removeAll()
        let waiting = controlAnswers.sorted { $0.key < $1.key }
        controlAnswers.removeAll()
        for (_, completed) in waiting { completed(.failed(.brokerStops)) }
        wake = nil
        onStorageFailure = nil
    }

    /// The latest home on a node of a queue that does not survive it; nil without any.
    func lastTransientHome(on node: UInt32) -> QueueHome? {
        queueList.slots.reduce(nil) { latest, queue in
            guard let queue, !queue.isDurable, let home = queue.home, home.node == node else { return latest }
            return latest.map { $0.incarnation >= home.incarnation } == true ? latest : home
        }
    }

    /// A node has gone or has started again: queues of its earlier incarnations that do not survive it go (RabbitMQ,
    /// "Clustering": transient queues are deleted with their node).
    func removeLost(of node: UInt32, before incarnation: UInt64) {
        for host in sortedVirtualHosts {
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) where !queue.isDurable {
                guard let declared = queue.home, declared.node == node, declared.incarnation < incarnation
                else { continue }
                host.removeQueue(queue.name)
                topologyVersion += 1
                _ = retire(queue)
            }
        }
    }
}

extension ProtocolException {
    /// RabbitMQ's words to the clients of a broker that stops or pauses.
    static var brokerStops: ProtocolException {
        ProtocolException(.connectionForced, "broker forced connection closure with reason 'shutdown'")
    }

    /// The control plane asks for a change where none can be agreed upon.
    static func notServing(_ node: String) -> ProtocolException {
        ProtocolException(
            .internalError, "node '\(node)' cannot reach a majority of its cluster, or has not caught up with it yet")
    }
}
