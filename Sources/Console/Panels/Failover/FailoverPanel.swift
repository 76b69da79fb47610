import Management
import Monitor

/// The state of the Failover panel: what is selected, and whether the picture stands still.
struct FailoverPanel: Sendable {
    /// What the arrows move in.
    enum Part: Hashable, Sendable { case queues, events }

    /// A picture that is kept.
    struct Frozen: Sendable {
        /// What was recorded when it froze, and how it went on.
        var recording: FailoverRecording
        /// The loss that it is around; nil for the last seconds before it froze.
        var loss: Loss?
        /// So much earlier or later, milliseconds.
        var shift = 0.0
        /// Whether it froze by itself, because all was seen: a new loss then makes it move again.
        var byItself: Bool
    }

    /// A queue that is watched, or could be.
    struct Row: Hashable, Sendable {
        var id: QueueID
        var type: String
        var isWatched: Bool
    }

    var part = Part.queues
    /// The queue that is selected: the lanes are about it.
    private(set) var selection: QueueID?
    /// The event that is selected; nil for the first.
    private var event: ClusterTimeline.Event?
    private var eventsTop = 0
    var queuesTop = 0
    private(set) var frozen: Frozen?
    /// The loss after which the person went on to the present.
    private var seenLoss: Double?

    /// What is drawn: the picture that is kept, or what is recorded now.
    func picture(_ monitor: MonitorState, width: Int) -> FailoverTimeline {
        let recording = frozen?.recording ?? monitor.recording
        let newest = recording.losses.last
        let isLive = frozen.map { $0.loss == nil } ?? (newest == nil || newest?.at == seenLoss)
        return FailoverTimeline(
            recording, width: width, loss: frozen?.loss, isLive: isLive, focus: selection, shift: frozen?.shift ?? 0)
    }

    /// The watched queues, then those that could be.
    func rows(_ monitor: MonitorState) -> [Row] {
        let recorded = (frozen?.recording ?? monitor.recording).queues.map {
            Row(id: $0.id, type: $0.type, isWatched: monitor.watched.contains($0.id))
        }
        let listed = monitor.queues.value?.items ?? []
        func type(_ id: QueueID) -> String { listed.first { $0.id == id }?.failoverType ?? "" }
        let coming = monitor.watched.filter { id in !recorded.contains { $0.id == id } }
            .map { Row(id: $0, type: type($0), isWatched: true) }
        let others = listed.filter { queue in
            !monitor.watched.contains(queue.id) && !recorded.contains { $0.id == queue.id }
        }.map { Row(id: $0.id, type: $0.failoverType, isWatched: false) }
        return recorded + coming + others
    }

    // MARK: Arrival

    /// Takes in what has arrived: a picture that is kept learns how it went on, one that moves is kept once all is seen.
    mutating func arrive(_ monitor: MonitorState, width: Int) {
        let recording = monitor.recording
        let rows = rows(monitor)
        if let selected = selection, !rows.contains(where: { $0.id == selected }) { selection = nil }
        if frozen != nil {
            frozen?.recording.follow(recording)
            // Another cluster, or the same one begun anew: what is kept has nothing to do with it.
            if recording.now < (frozen?.recording.now ?? 0) { frozen = nil }
            if let new = recording.losses.last, let old = frozen, old.byItself, new.at > (old.loss?.at ?? .infinity) {
                frozen = nil
            }
        }
        guard frozen == nil, let loss = recording.losses.last, loss.at != seenLoss else { return }
        let picture = picture(monitor, width: width)
        guard recording.now >= picture.window.end else { return }
        if picture.hasRecovered || recording.now - loss.at > FailoverWindow.after {
            frozen = Frozen(recording: recording, loss: loss, byItself: true)
        }
    }

    // MARK: Time

    /// Keeps the picture, or lets it move again; returns whether it is kept now.
    mutating func toggleFrozen(_ monitor: MonitorState) -> Bool {
        guard frozen == nil else {
            seenLoss = monitor.recording.losses.last?.at
            frozen = nil
            return false
        }
        freeze(monitor)
        return true
    }

    private mutating func freeze(_ monitor: MonitorState) {
        let newest = monitor.recording.losses.last
        frozen = Frozen(
            recording: monitor.recording, loss: newest?.at == seenLoss ? nil : newest, byItself: false)
    }

    /// Shows what was half a width earlier or later; returns whether there is anything.
    mutating func step(_ step: Int, _ monitor: MonitorState, width: Int) -> Bool {
        let wasMoving = frozen == nil
        if wasMoving {
            guard step < 0, !monitor.recording.isEmpty else { return false }
            freeze(monitor)
        }
        guard let now = frozen else { return false }
        let window = picture(monitor, width: width).window
        let shift = now.shift + Double(step) * window.cell * Double(max(1, window.count / 2))
        let moved = window.moved(by: shift - now.shift)
        guard moved.start < now.recording.now, moved.end > now.recording.now - FailoverPanel.reach else {
            if wasMoving { frozen = nil }
            return false
        }
        frozen?.shift = shift
        frozen?.byItself = false
        return true
    }

    /// How far back can be gone, milliseconds.
    private static let reach = Double(ClusterTimeline.secondsMax) * 1_000

    /// Shows a loss.
    mutating func show(_ loss: Loss, _ monitor: MonitorState) {
        let recording = frozen?.recording ?? monitor.recording
        frozen = Frozen(recording: recording, loss: loss, byItself: false)
    }

    // MARK: Moving

    mutating func move(
        by step: Int, _ monitor: MonitorState, events: [FailoverTimeline.EventLine], height: Int
    ) {
        switch part {
        case .queues:
            let rows = rows(monitor)
            guard !rows.isEmpty else { return }
            let here = rows.firstIndex { $0.id == selection } ?? 0
            let place = min(max(0, here.addingReportingOverflow(step).partialValue), rows.count - 1)
            selection = rows[place].id
        case .events:
            guard !events.isEmpty else { return }
            let wanted = place(in: events).addingReportingOverflow(step).partialValue
            event = events[min(max(0, wanted), events.count - 1)].event
            eventsTop = top(of: events, height: height)
        }
    }

    /// Where the selected event stands.
    func place(in events: [FailoverTimeline.EventLine]) -> Int {
        guard let event else { return 0 }
        // What is said of an event may become more.
        return events.firstIndex {
            ($0.event.at, $0.event.kind) == (event.at, event.kind) && $0.subject == event.subject
        } ?? 0
    }

    /// The first event that is shown while one is selected.
    func top(of events: [FailoverTimeline.EventLine], height: Int) -> Int {
        let place = place(in: events)
        return min(max(place - max(0, height - 1), min(eventsTop, place)), max(0, events.count - height))
    }

    mutating func select(_ id: QueueID) { selection = id }

    /// The queue that actions are about.
    func target(_ monitor: MonitorState) -> QueueID? {
        let rows = rows(monitor)
        return selection ?? rows.first?.id
    }

    /// The watched queues after the selected one was added or taken away; nil where there are too many.
    func toggled(_ monitor: MonitorState) -> [QueueID]? {
        guard let id = target(monitor) else { return nil }
        if monitor.watched.contains(id) { return monitor.watched.filter { $0 != id } }
        guard monitor.watched.count < ClusterTimeline.watchedMax else { return nil }
        return monitor.watched + [id]
    }
}

extension QueueInfo {
    /// What the Failover panel calls its type.
    var failoverType: String { mirrors?.isEmpty == false ? "mirrored" : type ?? "" }
}
