public import Management

/// Which queues are watched: those a person chose, else replicated ones with the most traffic, and classic ones beside
/// them, which stand still while their node is down.
struct WatchList: Hashable, Sendable {
    /// How many are watched where nobody chose.
    static let usual = 5
    /// In so many lists with traffic the choice is made anew: the first rates come one by one.
    static let settling = 5
    /// A queue that is published to and watched for so long without a confirm never has one: nothing of it could be shown.
    static let silence = 5_000.0

    private var chosen: [QueueID]?
    private var offered: [QueueID] = []
    /// Publishes a second, as they were last where there were any: a queue whose node is down has none.
    private var rates: [QueueID: Double] = [:]
    /// Queues whose publishers do not ask for confirms.
    private var silent: Set<QueueID> = []
    private var listsWithTraffic = 0
    /// The queue of a probe, which is watched before all others.
    var canary: QueueID?

    /// The queues in their order.
    var queues: [QueueID] {
        guard let canary else { return chosen ?? offered }
        return Array(([canary] + (chosen ?? offered).filter { $0 != canary }).prefix(ClusterTimeline.watchedMax))
    }

    /// A person's choice; nil for the usual ones.
    mutating func choose(_ queues: [QueueID]?) {
        chosen = queues.map { Array($0.prefix(ClusterTimeline.watchedMax)) }
    }

    /// Takes in what was recorded of those that are watched: one that never confirms gives its place to one that does.
    mutating func learn(_ recording: FailoverRecording) {
        for queue in recording.queues {
            guard let track = queue.track else { continue }
            if track.lastConfirm != nil {
                silent.remove(queue.id)
            } else if rates[queue.id] != nil, track.end - track.start >= Self.silence {
                silent.insert(queue.id)
            }
        }
    }

    /// Takes in a list of queues. Those watched already stay as long as they are there, so that the picture does not
    /// change with every breath of the traffic; only one that never had any, or never confirms, gives its place to one that
    /// has.
    mutating func offer(_ page: Page<QueueInfo>, _ request: QueuePageRequest) {
        let isAll = page.isWhole && request.vhost == nil && request.nameFilter.isEmpty
        let listed = Set(page.items.map(\.id))
        if isAll {
            chosen?.removeAll { !listed.contains($0) }
            offered.removeAll { !listed.contains($0) }
            rates = rates.filter { listed.contains($0.key) }
            silent.formIntersection(listed)
        }
        let candidates = page.items.filter { $0.exclusive != true }
        for queue in candidates where queue.traffic > 0 { rates[queue.id] = queue.traffic }
        let isSettling = candidates.contains { $0.traffic > 0 } && listsWithTraffic < Self.settling
        if isSettling { listsWithTraffic += 1 }
        func isUseful(_ id: QueueID) -> Bool { rates[id] != nil && !silent.contains(id) }
        let isReplaced = candidates.contains {
            $0.traffic > 0 && !silent.contains($0.id) && !offered.contains($0.id)
        }
        // Before the first rates are known nobody has traffic.
        let kept = offered.filter { id in
            !listed.contains(id) || !(isSettling || (isReplaced && !isUseful(id)))
        }
        guard kept.count < Self.usual else { return }
        let next = kept + best(candidates, beside: kept)
        if Set(next) != Set(offered) { offered = next }
    }

    /// The best of a list for the places that are left: replicated ones first, but one place for another, and of those rather
    /// one on a node that none of the others is led by.
    private func best(_ candidates: [QueueInfo], beside kept: [QueueID]) -> [QueueID] {
        let others = candidates.filter { !kept.contains($0.id) }.sorted { isBetter($0, $1) }
        let (replicated, alone) = (others.filter(\.isReplicated), others.filter { !$0.isReplicated })
        let top = alone.first { isLively($0) }.map(rate) ?? 0
        let hasAlone = candidates.contains { !$0.isReplicated && kept.contains($0.id) }
        var room = Self.usual - kept.count
        var picked = Array(replicated.filter { !silent.contains($0.id) }.prefix(room - (top > 0 && !hasAlone ? 1 : 0)))
        room -= picked.count
        var nodes = Set((picked + candidates.filter { kept.contains($0.id) }).compactMap { $0.leader ?? $0.node })
        var rest = alone + replicated.filter { silent.contains($0.id) }
        while room > 0, !rest.isEmpty {
            let elsewhere = rest.firstIndex { queue in
                isLively(queue) && rate(queue) * 10 >= top && queue.node.map { !nodes.contains($0) } ?? false
            }
            let next = rest.remove(at: elsewhere ?? 0)
            if let node = next.node { nodes.insert(node) }
            picked.append(next)
            room -= 1
        }
        return picked.map(\.id)
    }

    private func rate(_ queue: QueueInfo) -> Double { rates[queue.id] ?? 0 }
    private func isLively(_ queue: QueueInfo) -> Bool { rate(queue) > 0 && !silent.contains(queue.id) }

    private func isBetter(_ left: QueueInfo, _ right: QueueInfo) -> Bool {
        let silence = (silent.contains(left.id), silent.contains(right.id))
        guard silence.0 == silence.1 else { return silence.1 }
        guard rate(left) == rate(right) else { return rate(left) > rate(right) }
        let isOffered = (offered.contains(left.id), offered.contains(right.id))
        return isOffered.0 == isOffered.1 ? left.id < right.id : isOffered.0
    }
}

extension QueueInfo {
    /// Whether several nodes hold its contents.
    public var isReplicated: Bool {
        type == "quorum" || type == "stream" || mirrors?.isEmpty == false || (members?.count ?? 0) > 1
    }

    fileprivate var traffic: Double { messageStats?.publish?.rate ?? 0 }
}
