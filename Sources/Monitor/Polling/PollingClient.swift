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
            addresses: endpoints.map(\.address), interval: interval, visible: visible, queues: queues)
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
            let answer = try await Self.ask(endpoint, for: request.resource)
            send.yield(.finished(request.id, .success(answer)))
        } catch {
            send.yield(.finished(request.id, .failure(error)))
        }
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
        case .detail(let target): .detail(try await Detail.ask(endpoint, for: target))
        }
    }
}
