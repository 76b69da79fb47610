public import Management

/// Which queues are watched: those a person chose, else those with the most traffic, replicated ones first.
struct WatchList: Hashable, Sendable {
    /// How many are watched where nobody chose.
    static let usual = 5

    private var chosen: [QueueID]?
    private var offered: [QueueID] = []
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

    /// Takes in a list of queues. Those watched already stay as long as they are there, so that the picture does not
    /// change with every breath of the traffic.
    mutating func offer(_ page: Page<QueueInfo>, _ request: QueuePageRequest) {
        let isAll = page.isWhole && request.vhost == nil && request.nameFilter.isEmpty
        let listed = Set(page.items.map(\.id))
        if isAll {
            chosen?.removeAll { !listed.contains($0) }
            offered.removeAll { !listed.contains($0) }
        }
        guard offered.count < Self.usual else { return }
        let others = page.items.filter { !offered.contains($0.id) && $0.exclusive != true }
        let best = others.sorted { left, right in
            let (first, second) = (left.isReplicated, right.isReplicated)
            guard first == second else { return first }
            let (fast, slow) = (left.traffic, right.traffic)
            return fast == slow ? left.id < right.id : fast > slow
        }
        offered += best.prefix(Self.usual - offered.count).map(\.id)
    }
}

extension QueueInfo {
    /// Whether several nodes hold its contents.
    public var isReplicated: Bool {
        type == "quorum" || type == "stream" || mirrors?.isEmpty == false || (members?.count ?? 0) > 1
    }

    fileprivate var traffic: Double { messageStats?.publish?.rate ?? 0 }
}
