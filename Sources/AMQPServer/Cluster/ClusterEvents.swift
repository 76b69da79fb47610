internal import Broker
internal import Dispatch
internal import Management
internal import Synchronization

/// What happened to the nodes and links of a cluster, as whoever runs them sees it.
final class ClusterEvents: Sendable {
    private let events = Mutex<[ClusterTimeline.Event]>([])
    /// So many are kept.
    private static let countMax = 1024

    /// The time on the clock of all nodes.
    static var now: Instant { Instant(nanoseconds: DispatchTime.now().uptimeNanoseconds) }

    /// Something happened now.
    func note(
        _ kind: ClusterTimeline.Event.Kind, _ node: String, isInjected: Bool = false, text: String = ""
    ) {
        let event = ClusterTimeline.Event(
            at: Self.now.milliseconds, kind: kind, node: node, isInjected: isInjected, text: text)
        events.withLock { events in
            if events.count == Self.countMax { events.removeFirst() }
            events.append(event)
        }
    }

    /// What happened since a moment, oldest first.
    func since(_ start: Instant) -> [ClusterTimeline.Event] {
        events.withLock { $0.filter { $0.at >= start.milliseconds } }
    }
}
