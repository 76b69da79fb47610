internal import HeapModule

/// A node among others.
extension Node {
    /// Whether the node may be used by clients: a member of a cluster only once its metadata has caught up.
    public var isServing: Bool { cluster?.isServing ?? true }

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

    /// A node has started again: queues of its earlier incarnations that do not survive it go (RabbitMQ,
    /// "Clustering": transient queues are deleted with their node).
    func removeLost(of home: QueueHome) {
        for host in sortedVirtualHosts {
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) where !queue.isDurable {
                guard let declared = queue.settings.home, declared.node == home.node,
                    declared.incarnation < home.incarnation
                else { continue }
                host.removeQueue(queue.name)
                topologyVersion += 1
                _ = retire(queue)
            }
        }
    }
}
