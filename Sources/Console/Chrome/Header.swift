import Management
import Monitor
import Terminal

/// The first line: where this is and how it does. At the right stand alarms, the age of the data and the state,
/// which are never cut; the left takes what room there is.
struct Header {
    /// A piece of the line.
    struct Piece: Hashable { var text: String; var role: ThemeRole }

    var left: [Piece]
    var right: [Piece]

    init(_ state: ConsoleState) {
        left = Self.left(state)
        let (age, status) = (Self.age(state), Self.status(state))
        var alarms = Self.alarms(state)
        // The state is never cut: where all three do not fit, the alarm's name gives way.
        let room = state.size.columns - 2 - TextWidth.of(age.text) - TextWidth.of(status.text) - 4
        alarms.text = TextWidth.cutEnd(alarms.text, max(1, room))
        right = [alarms, age, status]
    }

    private static func left(_ state: ConsoleState) -> [Piece] {
        var pieces = [Piece(text: state.monitor.endpoint, role: .title)]
        if let label = state.settings.label { pieces.append(Piece(text: label, role: .warning)) }
        if state.settings.isReadOnly {
            pieces.append(Piece(text: "read-only", role: .warning))
        } else if state.gate.lock.isClosed(at: state.now) {
            pieces.append(Piece(text: "locked", role: .good))
        } else if let rest = state.gate.lock.openFor(at: state.now) {
            pieces.append(Piece(text: "unlocked \(Figures.age(rest))", role: .warning))
        }
        pieces.append(Piece(text: "vhost:\(state.queues.request.vhost ?? "all")", role: .text))
        let nodes = state.monitor.clusterNodes
        if !nodes.isEmpty {
            let up = nodes.count(where: \.isServing)
            pieces.append(
                Piece(text: "nodes \(up)/\(nodes.count)", role: up == nodes.count ? .text : .critical))
        }
        return pieces
    }

    private static func alarms(_ state: ConsoleState) -> Piece {
        let isKnown = state.monitor.status == .live || state.monitor.status == .stale
        guard let nodes = state.monitor.nodes.value, isKnown, !state.monitor.nodes.isStale else {
            return Piece(text: "alarms –", role: .dim)
        }
        var alarms: [String] = []
        for node in nodes {
            if node.memAlarm == true { alarms.append("memory \(node.name)") }
            if node.diskFreeAlarm == true { alarms.append("disk \(node.name)") }
            if !node.partitions.isEmpty { alarms.append("partition \(node.name)") }
        }
        alarms = state.downNodes + alarms
        switch alarms.count {
        case 0: return Piece(text: "no alarms", role: .good)
        case 1: return Piece(text: "! " + TextWidth.cutMiddle(alarms[0], 26), role: .critical)
        default: return Piece(text: "! \(alarms.count) alarms", role: .critical)
        }
    }

    private static func age(_ state: ConsoleState) -> Piece {
        let (age, isStale) = state.dataAge
        return Piece(text: "age " + Figures.age(age), role: isStale ? .warning : .text)
    }

    private static func status(_ state: ConsoleState) -> Piece {
        let interval = Figures.interval(state.shownInterval)
        switch state.monitor.status {
        case .unreachable: return Piece(text: "UNREACHABLE", role: .critical)
        case .refused: return Piece(text: "REFUSED", role: .critical)
        case .connecting: return Piece(text: "CONNECTING", role: .warning)
        case .live, .stale:
            if let time = state.past.shownTime {
                return Piece(text: "FROZEN -\(Figures.age(max(.zero, state.now - time)))", role: .warning)
            }
            if state.monitor.isPaused || (state.panel == .failover && state.failover.frozen != nil) {
                return Piece(text: "FROZEN", role: .warning)
            }
            return state.monitor.status == .live
                ? Piece(text: "LIVE \(interval)", role: .good) : Piece(text: "STALE \(interval)", role: .warning)
        }
    }
}

extension ConsoleState {
    /// The age of what the panel shows, and whether it is older than it should be.
    var dataAge: (age: Duration?, isStale: Bool) {
        switch place {
        case .failover: failoverAge
        case .overview: (monitor.overview.age(at: now), monitor.overview.isStale)
        case .queueList: (monitor.queues.age(at: now), monitor.queues.isStale)
        case .queueDetail where hasDetail: (monitor.queue.age(at: now), monitor.queue.isStale)
        case .queueDetail: (monitor.queues.age(at: now), monitor.queues.isStale)
        default:
            (freshness?.sampledAt.map { max(.zero, now - $0) }, freshness?.isStale ?? false)
        }
    }

    /// Whether the detail at hand is that of the open queue.
    private var hasDetail: Bool { queues.opened != nil && monitor.queue.value?.id == queues.opened }

    /// How often what the panel shows is refreshed.
    var shownInterval: Duration {
        switch place {
        case .overview: monitor.overview.interval
        case .failover:
            monitor.abilities.recordsTimeline ? monitor.timeline.interval : monitor.leadership.interval
        case .queueList: monitor.queues.interval
        case .queueDetail: hasDetail ? monitor.queue.interval : monitor.queues.interval
        default: freshness?.interval ?? monitor.interval
        }
    }

    /// How good the open list of objects is.
    private var freshness: Freshness? { panel.kind?.freshness(monitor) }

    /// Whether figures are to be dimmed: they are old, or nobody answers any more.
    var showsOldFigures: Bool {
        switch monitor.status {
        case .live, .stale: dataAge.isStale
        case .connecting, .unreachable, .refused: true
        }
    }
}
