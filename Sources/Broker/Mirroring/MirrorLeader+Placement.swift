/// What a leader asks of the metadata: whom it has lost, who is in sync, who should be a mirror and who should not.
extension MirrorLeader {
    /// What should be asked of the metadata now.
    func wanted(at time: UInt64) -> [MirrorChange] {
        guard let mirroring else { return [] }
        if queue.mirrorPolicy?.synchronisesAutomatically == true { beginCopying() }
        var kinds: [MirrorChange.Kind] = []
        for home in mirroring.mirrors where isGone(home.node, at: time) { kinds.append(.lost(home.node)) }
        for mirror in mirroring.unsynchronised where !isHoldingBackMirrors {
            guard let session = session(mirror.node), session.phase == .streaming, !session.isBehind else { continue }
            if hasAll(session) { kinds.append(.synchronised(mirror)) }
        }
        if let next = mirrors.better(than: mirroring.leader.node, of: queue, mirroring) {
            kinds.append(.promoted(next))
        }
        let placed = mirrors.placement(of: queue, mirroring)
        for home in mirroring.mirrors where !placed.contains(home.node) && !kinds.contains(.lost(home.node)) {
            kinds.append(.lost(home.node))
        }
        for node in placed where !mirroring.isMirror(node) {
            if let home = mirrors.upHome(node) { kinds.append(.added(home)) }
        }
        return kinds.map { MirrorChange(queue: queue.id, epoch: epoch, kind: $0) }
    }

    /// Whether a mirror that lacks nothing from before it has everything since. From now on it is counted: what is confirmed
    /// later waits for it, and what was confirmed without it must have reached it before it may be said to be in sync.
    private func hasAll(_ session: MirrorSession) -> Bool {
        if session.joinsAt == nil {
            flushEnded()
            session.joinsAt = lastOperation
            session.isCounted = true
        }
        return session.joinsAt.map { session.acknowledged >= $0 } ?? false
    }

    /// Whether it must be looked at again although nothing may happen: a mirror is not up.
    var isUnsettled: Bool {
        sessions.contains { session in
            // It may be copied to later.
            session.phase == .waiting || (session.isBehind && queue.mirrorPolicy?.synchronisesAutomatically == true)
        }
    }

    private func isGone(_ peer: UInt32, at time: UInt64) -> Bool {
        failed.contains(peer) || mirrors.isDown(peer, at: time)
    }

    /// A mirror knows of a later leader: whatever this one would deliver is not its to deliver.
    func refused() { isRefused = true }
}
