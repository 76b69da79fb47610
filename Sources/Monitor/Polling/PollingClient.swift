import Foundation
public import Management
import Synchronization

/// The one polling client: keeps a ``MonitorState`` fresh from the first endpoint that answers and publishes each
/// new one.
///
/// ```swift
/// let client = PollingClient(endpoints: [endpoint]) { state in show(state) }
/// let task = Task { await client.run() }
/// client.list(QueuePageRequest(sort: .messagesReady, descending: true))
/// …
/// task.cancel()
/// await task.value
/// ```
///
/// Commands may come from any thread and return at once. The callback is called on one task at a time, in order;
/// it should only pass the state on.
public final class PollingClient: Sendable {
    /// What endpoints can do for the console.
    public typealias Endpoint = any Inspecting & Administering

    private let endpoints: [Endpoint]
    private let publish: @Sendable (MonitorState) -> Void
    private let initial: MonitorCore
    private let events: AsyncStream<MonitorCore.Event>
    private let send: AsyncStream<MonitorCore.Event>.Continuation
    private let current = Mutex(0)
    /// What each endpoint was last told to watch, and when it last answered with its timeline.
    private let recorders: Mutex<[Int: Recorder]> = Mutex([:])

    /// The probe that runs.
    private let probing: Mutex<Task<Void, Never>?> = Mutex(nil)

    private struct Recorder {
        var watched: [QueueID]?
        var answeredAt: Duration?
    }

    private let origin = ContinuousClock.now

    /// A client that polls nothing until ``run()``. There must be at least one endpoint; the first is tried first.
    public init(
        endpoints: [Endpoint], interval: Duration = PollingLimits.defaultInterval,
        visible: Set<Resource.Kind> = [.overview, .nodes, .queues],
        queues: QueuePageRequest = QueuePageRequest(),
        publish: @escaping @Sendable (MonitorState) -> Void
    ) {
        self.endpoints = endpoints
        self.publish = publish
        initial = MonitorCore(
            addresses: endpoints.map(\.address), interval: interval, visible: visible, queues: queues,
            abilities: endpoints.map(EndpointAbilities.init(of:)))
        (events, send) = AsyncStream.makeStream()
    }

    /// The endpoint in use, for changes and for reading an object again before one.
    public var endpoint: Endpoint { endpoints[current.withLock { $0 }] }

    /// The monitor's time, against which ages are reckoned: see ``Sample/age(at:)``.
    public var now: Duration { origin.duration(to: .now) }

    /// These resources are on the screen now.
    public func show(_ resources: Set<Resource.Kind>) { send.yield(.show(resources)) }

    /// This page of queues is wanted. A mere change of order shows at once where the whole list is loaded.
    public func list(_ queues: QueuePageRequest) { send.yield(.list(queues)) }

    /// The detail of this queue is wanted, or of none.
    public func select(_ queue: QueueID?) { send.yield(.select(queue)) }

    /// What belongs to this object is wanted, or nothing.
    public func open(_ target: DetailTarget?) { send.yield(.open(target)) }

    /// These queues are watched, at most ten; nil for those with the most traffic.
    public func watch(_ queues: [QueueID]?) { send.yield(.watch(queues)) }

    /// Starts a probe on a canary queue, or ends the one that runs; returns when the old one has gone.
    public func probe(_ probe: (any ConfirmProbing)?, on queue: QueueID?) async {
        let old = probing.withLock { task in
            defer { task = nil }
            return task
        }
        old?.cancel()
        await old?.value
        send.yield(.probe(probe == nil ? nil : queue))
        guard let probe, let queue else { return }
        let (send, origin) = (send, origin)
        let task = Task {
            await probe.run(queue) { report in
                let time = if case .confirmed(let instant) = report { instant } else { ContinuousClock.now }
                send.yield(.probed(report, at: origin.duration(to: time)))
            }
        }
        probing.withLock { $0 = task }
    }

    /// Everything visible is wanted now, also while paused.
    public func refresh() { send.yield(.refresh) }

    /// Stops or resumes refreshing.
    public func pause(_ paused: Bool) { send.yield(.pause(paused)) }

    /// Changes the refresh interval, brought into its range (``PollingLimits``).
    public func setInterval(_ interval: Duration) { send.yield(.setInterval(interval)) }

    /// Polls until the task is cancelled; returns when every request has ended. To be called once.
    public func run() async {
        await withDiscardingTaskGroup { group in
            var core = initial
            var timer: Task<Void, Never>?
            send.yield(.started)
            for await event in events {
                let actions = core.apply(event, at: now)
                current.withLock { $0 = core.poller.endpoint }
                for action in actions {
                    switch action {
                    case .fetch(let request): group.addTask { await self.fetch(request) }
                    case .keep: break
                    case .wake(let time):
                        timer?.cancel()
                        timer = wakeTask(at: time)
                    }
                }
                publish(core.state)
            }
            timer?.cancel()
            group.cancelAll()
        }
    }

    private func wakeTask(at time: Duration) -> Task<Void, Never> {
        let deadline = origin + time
        return Task { [send] in
            // A cancelled timer has been replaced: it has nothing to say.
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            send.yield(.woken)
        }
    }

    private func fetch(_ request: Poller.Request) async {
        let endpoint = endpoints[request.endpoint]
        do throws(EndpointError) {
            let answer: MonitorCore.Answer
            if case .timeline(let queues) = request.resource {
                answer = .timeline(try await timeline(of: request.endpoint, watching: queues))
            } else {
                answer = try await Self.ask(endpoint, for: request.resource)
            }
            send.yield(.finished(request.id, .success(answer)))
        } catch {
            send.yield(.finished(request.id, .failure(error)))
        }
    }

    /// The timeline of an endpoint since it was last asked; it is told what to watch where that has changed.
    private func timeline(
        of place: Int, watching queues: [QueueID]
    ) async throws(EndpointError) -> ClusterTimeline {
        guard let endpoint = endpoints[place] as? any TimelineRecording else {
            throw .refused("the timeline", reason: "\(endpoints[place].address) records none")
        }
        let known = recorders.withLock { $0[place] } ?? Recorder()
        // Who does not know yet what to watch leaves it as it is: what somebody else has had recorded would be gone.
        let isUndecided = queues.isEmpty && known.watched == nil
        if known.watched != queues, !isUndecided { try await endpoint.watch(queues) }
        let missed = known.answeredAt.map { Int((now - $0).components.seconds) + 2 } ?? ClusterTimeline.secondsMax
        let answer = try await endpoint.timeline(seconds: min(missed, ClusterTimeline.secondsMax))
        // One that began anew has forgotten what it was told: it is told again.
        let watches = Set(answer.queues.map { QueueID(vhost: $0.vhost, name: $0.name) })
        let isWatching = queues.allSatisfy(watches.contains)
        recorders.withLock { $0[place] = Recorder(watched: isWatching ? queues : nil, answeredAt: now) }
        return answer
    }

    private static func ask(
        _ endpoint: Endpoint, for resource: Resource
    ) async throws(EndpointError) -> MonitorCore.Answer {
        switch resource {
        case .capabilities: .capabilities(try await endpoint.capabilities())
        case .overview: .overview(try await endpoint.overview())
        case .nodes: .nodes(try await endpoint.nodes())
        case .queues(let request): .queues(try await endpoint.queues(request))
        case .queue(let id): .queue(try await endpoint.queue(vhost: id.vhost, name: id.name))
        case .exchanges(let request): .exchanges(try await endpoint.exchanges(request))
        case .connections(let request): .connections(try await endpoint.connections(request))
        case .channels(let request): .channels(try await endpoint.channels(request))
        case .vhosts: .vhosts(try await endpoint.vhosts())
        case .policies(let vhost): .policies(try await endpoint.policies(vhost: vhost))
        case .detail(let target): .detail(try await Detail.ask(endpoint, for: target))
        case .faults: .faults(try await faults(of: endpoint))
        case .timeline: throw .malformed("a timeline is asked for with what it watches")
        case .leadership(let queues):
            .leadership(
                try await QueueLeadership.ask(endpoint, about: queues), wallClock: Date().timeIntervalSince1970)
        }
    }

    private static func faults(of endpoint: Endpoint) async throws(EndpointError) -> FaultState {
        guard let endpoint = endpoint as? any FaultInjecting else {
            throw .refused("faults", reason: "\(endpoint.address) injects none")
        }
        return try await endpoint.faults()
    }
}
