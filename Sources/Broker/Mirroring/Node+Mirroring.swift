internal import AMQP
internal import Management

/// Applying what the metadata says of mirrored queues.
extension Node {
    /// Somebody has asked for a change of who holds a queue.
    func apply(_ change: MirrorChange, at index: UInt64) {
        guard let queue = queue(id: change.queue), queue.mayBeMirrored,
            var mirroring = queue.mirroring ?? queue.initialMirroring, mirroring.epoch == change.epoch,
            mirroring.apply(
                change.kind, at: index, mayLoseMessages: queue.mirrorPolicy?.mayLoseMessages == true)
        else { return }
        queue.mirroringChanged(to: mirroring)
    }

    /// A node has started: what mirrored queues had there and did not survive is gone. To be called before what did not
    /// survive its node is removed.
    ///
    /// - Parameter up: Who was up then.
    func mirrorsStarted(on started: QueueHome, up: [QueueHome], hasLostData: Bool, at index: UInt64) {
        for queue in queuesByAge {
            guard let mirroring = queue.mirroring,
                let after = mirroring.afterStart(
                    of: started, isDurable: queue.isDurable, hasLostData: hasLostData, up: up, at: index)
            else { continue }
            queue.mirroringChanged(to: after)
        }
    }

    /// A node has gone, and with it what does not survive it: of such queues a mirror leads.
    func mirrorsEnded(on home: QueueHome, at index: UInt64) {
        for queue in queuesByAge where !queue.isDurable {
            guard let mirroring = queue.mirroring, mirroring.leader.node == home.node,
                mirroring.leader.incarnation <= home.incarnation, let after = mirroring.succeeded(at: index)
            else { continue }
            queue.mirroringChanged(to: after)
        }
    }

    /// A queue has been declared, with mirrors or without.
    func beginMirrors(of queue: ClassicQueue) {
        guard let cluster, queue.mayBeMirrored else { return }
        if let home = queue.settings.home, !queue.settings.mirrors.isEmpty {
            queue.mirroringChanged(
                to: QueueMirroring(leader: home, index: queue.id, inSync: queue.settings.mirrors))
        }
        if queue.mirrorPolicy != nil { cluster.mirrors.review() }
    }

    /// Who holds mirrored queues, by their ids.
    var allMirrorings: [(queue: UInt64, mirroring: QueueMirroring)] {
        queuesByAge.compactMap { queue in queue.mirroring.map { (queue.id, $0) } }
    }

    private var queuesByAge: [ClassicQueue] {
        queueList.slots.compactMap { $0 }.sorted { $0.id < $1.id }
    }

    /// Puts a promotion on the timeline.
    func recordPromotion(of queue: ClassicQueue, wasInSync: Bool, requeued: Int) {
        guard let recorder, isServing else { return }
        let kept = wasInSync ? "" : "it was not in sync: messages may be lost; "
        recorder.note(
            ClusterTimeline.Event(
                at: now.milliseconds, kind: .promoted, node: configuration.name, vhost: queue.virtualHost.name,
                queue: queue.name, term: Int(clamping: queue.mirroring?.epoch ?? 0),
                text: "\(kept)\(requeued) unacked requeued"))
    }

    /// Puts on the timeline which mirrors of a queue led here have gone, and which are in sync again.
    func recordMirrors(of queue: ClassicQueue, _ old: QueueMirroring, _ new: QueueMirroring) {
        guard let recorder, let cluster, isServing else { return }
        func note(_ kind: ClusterTimeline.Event.Kind, _ home: QueueHome) {
            recorder.note(
                ClusterTimeline.Event(
                    at: now.milliseconds, kind: kind, node: nodeName(home.node), vhost: queue.virtualHost.name,
                    queue: queue.name, term: Int(clamping: new.epoch)))
        }
        // One that a policy takes away is there.
        for home in old.inSync where !new.isMirror(home.node) && !cluster.isUp(home.node) { note(.mirrorLost, home) }
        for home in new.inSync where !old.isInSync(home.node) { note(.caughtUp, home) }
    }

    // MARK: Waiting

    /// The leaders of those of some queues whose mirrors must have what was published.
    func mirrorsAwaited(_ queues: [ClassicQueue]) -> [MirrorLeader] {
        // order-free: an array
        queues.compactMap { $0.mirrors?.mustWait == true ? $0.mirrors : nil }
    }
}
