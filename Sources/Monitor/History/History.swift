public import Management

/// What has been seen so far, for charts and sparklines: the overview's totals and rates, and depth and rates of
/// the queues that were on a page or selected. Everything is bounded.
///
/// Rates are the endpoint's own where it gives them; where it gives counters only (the embedded engine), they are
/// reckoned from two samples.
public struct History: Sendable {
    /// Samples kept of the overview.
    public static let overviewCapacity = 600
    /// Samples kept of each queue.
    public static let queueCapacity = 120
    /// Samples kept of each other object.
    public static let objectCapacity = 60
    /// Queues kept, one page of the largest size and then some.
    public static let queueLimit = 512

    /// The overview's samples, oldest first.
    public private(set) var overview = Ring<OverviewPoint>(capacity: History.overviewCapacity)
    private var overviewCounters: (time: Duration, stats: MessageStats)?
    private var queues: [QueueID: QueueHistory] = [:]
    private var objects: [TrackedObject: Ring<ObjectPoint>] = [:]

    /// No history.
    public init() {}

    /// The samples of one queue, oldest first; empty where it was never seen or has been forgotten.
    public func queue(_ id: QueueID) -> Ring<QueuePoint> {
        queues[id]?.points ?? Ring(capacity: History.queueCapacity)
    }

    /// The samples of another object, oldest first; empty where it was never seen or has been forgotten.
    public func object(_ object: TrackedObject) -> Ring<ObjectPoint> {
        objects[object] ?? Ring(capacity: History.objectCapacity)
    }

    /// Takes in what objects of one kind did, and forgets those of the kind that are listed no more.
    mutating func record<Item>(
        _ items: [Item], as object: (Item) -> TrackedObject, _ point: (Item) -> ObjectPoint,
        isKind: (TrackedObject) -> Bool
    ) {
        let listed = items.prefix(History.queueLimit)
        let names = Set(listed.map(object))
        objects = objects.filter { !isKind($0.key) || names.contains($0.key) }
        for item in listed {
            objects[object(item), default: Ring(capacity: History.objectCapacity)].append(point(item))
        }
    }

    /// What had been seen by a time, for looking back.
    public func until(_ time: Duration) -> History {
        var past = self
        past.overview = overview.prefix(while: { $0.time <= time })
        past.queues = queues.mapValues { $0.until(time) }
        past.objects = objects.mapValues { ring in ring.prefix(while: { $0.time <= time }) }
        return past
    }

    /// How many queues are remembered.
    public var queueCount: Int { queues.count }

    /// Takes in an overview and returns it with its rates filled in.
    mutating func record(_ sample: Overview, at time: Duration) -> Overview {
        var sample = sample
        sample.messageStats.fillRates(since: overviewCounters, at: time)
        overviewCounters = (time, sample.messageStats)
        overview.append(OverviewPoint(sample, at: time))
        return sample
    }

    /// Takes in queues seen together and returns them with their rates filled in. Room for new ones is made by
    /// forgetting those not seen for longest; queues of this very sample are never forgotten for each other.
    mutating func record(_ samples: [QueueInfo], at time: Duration) -> [QueueInfo] {
        let newcomers = samples.count { queues[$0.id] == nil }
        makeRoom(for: newcomers, keeping: Set(samples.map(\.id)))
        return samples.map { record($0, at: time, asPoint: true) }
    }

    /// Takes in the detail of one queue and returns it with its rates filled in. `asPoint: false` adds no point:
    /// for a queue whose page comes at its own pace, which keeps its points evenly spaced.
    mutating func record(detail sample: QueueInfo, at time: Duration, asPoint: Bool) -> QueueInfo {
        makeRoom(for: queues[sample.id] == nil ? 1 : 0, keeping: [sample.id])
        return record(sample, at: time, asPoint: asPoint)
    }

    private mutating func record(_ sample: QueueInfo, at time: Duration, asPoint: Bool) -> QueueInfo {
        guard var seen = queues.removeValue(forKey: sample.id) ?? (isFull ? nil : QueueHistory()) else {
            return sample
        }
        let filled = seen.record(sample, at: time, asPoint: asPoint)
        queues[sample.id] = seen
        return filled
    }

    private var isFull: Bool { queues.count >= History.queueLimit }

    private mutating func makeRoom(for newcomers: Int, keeping kept: Set<QueueID>) {
        let excess = queues.count + newcomers - History.queueLimit
        guard excess > 0 else { return }
        let forgettable = queues.filter { !kept.contains($0.key) }
            .sorted { ($0.value.lastSeen, $0.key) < ($1.value.lastSeen, $1.key) }
        for (id, _) in forgettable.prefix(excess) { queues[id] = nil }
    }
}

/// The history of one queue.
private struct QueueHistory: Sendable {
    var points = Ring<QueuePoint>(capacity: History.queueCapacity)
    var lastSeen: Duration = .zero
    private var counters: (time: Duration, stats: MessageStats)?

    func until(_ time: Duration) -> QueueHistory {
        var past = self
        past.points = points.prefix(while: { $0.time <= time })
        return past
    }

    mutating func record(_ sample: QueueInfo, at time: Duration, asPoint: Bool) -> QueueInfo {
        var sample = sample
        if var stats = sample.messageStats {
            stats.fillRates(since: counters, at: time)
            sample.messageStats = stats
            counters = (time, stats)
        }
        if asPoint { points.append(QueuePoint(sample, at: time)) }
        lastSeen = time
        return sample
    }
}
