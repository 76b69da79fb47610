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

    /// When a tick of a member is due even if nothing happens.
    var earliestDeadline: Instant? { [timers.min?.deadline, cluster?.nextDeadline].compactMap { $0 }.min() }

    /// The latest home on a node of a queue that does not survive it; nil without any.
    func lastTransientHome(on node: UInt32) -> QueueHome? {
        queueList.slots.reduce(nil) { latest, queue in
            guard let queue, !queue.isDurable, let home = queue.settings.home, home.node == node else { return latest }
            return latest.map { $0.incarnation >= home.incarnation } == true ? latest : home
        }
    }

    /// A node has gone or has started again: queues of its earlier incarnations that do not survive it go (RabbitMQ,
    /// "Clustering": transient queues are deleted with their node).
    func removeLost(of node: UInt32, before incarnation: UInt64) {
        for host in sortedVirtualHosts {
            for queue in host.queues.values.sorted(by: { $0.id < $1.id }) where !queue.isDurable {
                guard let declared = queue.settings.home, declared.node == node, declared.incarnation < incarnation
                else { continue }
                host.removeQueue(queue.name)
                topologyVersion += 1
                _ = retire(queue)
            }
        }
    }
}
