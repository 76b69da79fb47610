public import Management

/// Decides what to ask for, whom and when: what is visible first, the rest slowly.
///
/// A pure state machine: events come in as calls with the time, actions go out. Time is monotonic and counts from
/// any fixed origin. ``PollingClient`` executes the actions; tests read them.
///
/// - One endpoint is used at a time. When it cannot be reached the next is tried at once, and after a round
///   without success each is tried once per retry interval.
/// - An endpoint is first asked what it is; only then come the resources.
/// - Never more than two requests are in flight, one per resource; one for what is not visible goes alone.
/// - A reply to a question that has since changed is dropped.
public struct Poller: Sendable {
    /// One question to one endpoint.
    public struct Request: Hashable, Sendable {
        /// Unique within the poller.
        public let id: Int
        /// The index of the endpoint to ask.
        public let endpoint: Int
        /// What to ask for.
        public let resource: Resource
    }

    /// How a request ended.
    public enum Outcome: Hashable, Sendable {
        /// The endpoint said what it is (the answer to ``Resource/capabilities``).
        case capabilities(EndpointCapabilities)
        /// A reply came.
        case reply
        /// It failed.
        case failed(EndpointError)
    }

    /// What the owner is to do.
    public enum Action: Hashable, Sendable {
        /// Ask, and report the end with ``Poller/finish(_:_:at:)``.
        case fetch(Request)
        /// The reply just reported is still wanted: show it.
        case keep(Request)
        /// Call ``Poller/wake(at:)`` at this time, instead of at any time named before.
        case wake(at: Duration)
    }

    /// What is known of one resource.
    struct Slot: Hashable, Sendable {
        var inFlight: Request?
        var startedAt: Duration?
        var sampledAt: Duration?
        var replyTime: Duration = .zero
        var failures = 0
        var error: EndpointError?
        /// Asked for out of turn: at the start, by hand, or because the question changed.
        var isForced = true
        var notBefore: Duration = .zero
    }

    /// How many endpoints there are to move between.
    public let endpointCount: Int
    /// The index of the endpoint in use.
    public private(set) var endpoint = 0
    /// What the endpoint is; `nil` until it answers.
    public private(set) var capabilities: EndpointCapabilities?
    /// Whether refreshing is paused.
    public private(set) var isPaused = false
    /// The interval asked for.
    public private(set) var interval: Duration
    /// What is on the screen.
    public private(set) var visible: Set<Resource.Kind>
    /// The page of queues that is wanted.
    public private(set) var page: QueuePageRequest
    /// The queue whose detail is wanted.
    public private(set) var selected: QueueID?
    /// The object whose belongings are wanted.
    public private(set) var opened: DetailTarget?
    /// The queues whose confirms and leaders are watched.
    public private(set) var watched: [QueueID] = []
    /// What each endpoint can do beside what all can.
    let abilities: [EndpointAbilities]

    /// Lists that are long and dear: asked for only while they are on the screen.
    static let lists: [Resource.Kind] = [.exchanges, .connections, .channels, .policies]

    private var slots = [Slot](repeating: Slot(), count: Resource.Kind.allCases.count)
    private var nextID = 0
    /// The broker asked to be left alone until then.
    private var throttledUntil: Duration = .zero
    private(set) var lastCapabilities: EndpointCapabilities?
    /// Connections lost or refused since the last reply, over all endpoints.
    private(set) var connectionFailures = 0
    private(set) var connectionError: EndpointError?

    /// A poller for `endpoints` endpoints, of which the first is tried first.
    public init(
        endpoints: Int, interval: Duration = PollingLimits.defaultInterval,
        visible: Set<Resource.Kind> = [.overview, .nodes, .queues], page: QueuePageRequest = QueuePageRequest(),
        abilities: [EndpointAbilities] = []
    ) {
        precondition(endpoints > 0, "a poller needs an endpoint")
        self.abilities = abilities
        endpointCount = endpoints
        self.interval = max(interval, PollingLimits.shortestInterval)
        self.visible = visible
        self.page = page
    }

    // MARK: Events

    /// Begins.
    public mutating func start(at now: Duration) -> [Action] { dispatch(at: now) }

    /// The time named by ``Action/wake(at:)`` has come.
    public mutating func wake(at now: Duration) -> [Action] { dispatch(at: now) }

    /// These resources are on the screen now; what newly appears is asked for when its last sample is older than
    /// its interval.
    public mutating func show(_ resources: Set<Resource.Kind>, at now: Duration) -> [Action] {
        visible = resources
        return dispatch(at: now)
    }

    /// This page of queues is wanted; a change is asked for at once.
    public mutating func list(_ page: QueuePageRequest, at now: Duration) -> [Action] {
        guard page != self.page else { return [] }
        if page.vhost != self.page.vhost {
            for kind in Self.lists { self[kind].isForced = true }
        }
        self.page = page
        self[.queues].isForced = true
        return dispatch(at: now)
    }

    /// The detail of this queue is wanted, or of none.
    public mutating func select(_ queue: QueueID?, at now: Duration) -> [Action] {
        guard queue != selected else { return [] }
        selected = queue
        // A request for the queue selected before keeps its place among those in flight until it ends.
        self[.queue] = Slot(inFlight: self[.queue].inFlight)
        return dispatch(at: now)
    }

    /// What belongs to this object is wanted, or nothing.
    public mutating func open(_ target: DetailTarget?, at now: Duration) -> [Action] {
        guard target != opened else { return [] }
        opened = target
        self[.detail] = Slot(inFlight: self[.detail].inFlight)
        return dispatch(at: now)
    }

    /// These queues are watched now.
    public mutating func watch(_ queues: [QueueID], at now: Duration) -> [Action] {
        guard queues != watched else { return [] }
        watched = queues
        self[.timeline].isForced = true
        self[.leadership].isForced = true
        return dispatch(at: now)
    }

    /// Everything visible is wanted now, also while paused or after a refusal; only a broker that asked for fewer
    /// requests is left alone.
    public mutating func refresh(at now: Duration) -> [Action] {
        for kind in Resource.Kind.allCases where isVisible(kind) || kind == .capabilities {
            self[kind].isForced = true
            self[kind].notBefore = .zero
        }
        return dispatch(at: now)
    }

    /// Stops or resumes refreshing.
    public mutating func pause(_ paused: Bool, at now: Duration) -> [Action] {
        isPaused = paused
        return dispatch(at: now)
    }

    /// Changes the interval, brought into its range.
    public mutating func setInterval(_ interval: Duration, at now: Duration) -> [Action] {
        self.interval = min(max(interval, PollingLimits.shortestInterval), PollingLimits.longestInterval)
        return dispatch(at: now)
    }

    /// A request ended. One that was given up since is ignored.
    public mutating func finish(_ id: Request.ID, _ outcome: Outcome, at now: Duration) -> [Action] {
        guard let kind = Resource.Kind.allCases.first(where: { self[$0].inFlight?.id == id }),
            let request = self[kind].inFlight
        else { return [] }
        self[kind].inFlight = nil
        // A question that changed meanwhile is still to be asked: `isForced` was set by the change.
        guard request.resource == resource(kind) else {
            // One that was hidden meanwhile is asked for again as soon as it is back on the screen.
            if resource(kind) == nil { self[kind].isForced = true }
            return dispatch(at: now)
        }
        var actions: [Action] = []
        switch outcome {
        case .failed(let error):
            fail(kind, error, at: now)
        case .capabilities, .reply:
            if case .capabilities(let capabilities) = outcome {
                self.capabilities = capabilities
                lastCapabilities = capabilities
                forceAll()
            }
            connectionFailures = 0
            connectionError = nil
            self[kind].replyTime = now - (self[kind].startedAt ?? now)
            self[kind].sampledAt = now
            self[kind].failures = 0
            self[kind].error = nil
            actions.append(.keep(request))
        }
        return actions + dispatch(at: now)
    }

    // MARK: Failure

    private mutating func fail(_ kind: Resource.Kind, _ error: EndpointError, at now: Duration) {
        self[kind].failures += 1
        self[kind].error = error
        switch (kind, error) {
        case (_, .unreachable), (_, .unauthorized), (.capabilities, _), (.overview, .timedOut):
            loseEndpoint(error, at: now)
        case (_, .timedOut):
            // A list may be slow on a broker that is well; the overview tells.
            self[.overview].isForced = true
            let took = now - (self[kind].startedAt ?? now)
            self[kind].notBefore = now + min(took * PollingLimits.replyShare, PollingLimits.longestInterval)
        case (_, .throttled(let wait)):
            let until = now + min(wait ?? interval * 2, PollingLimits.longestInterval)
            throttledUntil = max(throttledUntil, until)
        case (_, .forbidden):
            self[kind].notBefore = now + PollingLimits.refusedRetry
        default:
            break
        }
    }

    /// Gives up the endpoint in use and turns to the next.
    private mutating func loseEndpoint(_ error: EndpointError, at now: Duration) {
        connectionFailures += 1
        connectionError = error
        capabilities = nil
        endpoint = (endpoint + 1) % endpointCount
        for kind in Resource.Kind.allCases { self[kind].inFlight = nil }
        var wait: Duration = .zero
        if connectionFailures >= endpointCount { wait = max(interval, PollingLimits.shortestRetry) }
        switch error {
        case .unauthorized, .forbidden:
            if connectionFailures >= endpointCount { wait = PollingLimits.refusedRetry }
        case .throttled(let asked):
            throttledUntil = now + min(asked ?? wait, PollingLimits.longestInterval)
        default:
            break
        }
        self[.capabilities].isForced = false
        self[.capabilities].startedAt = nil
        self[.capabilities].notBefore = now + wait
    }

    private mutating func forceAll() {
        for kind in Resource.Kind.allCases where kind != .capabilities { self[kind].isForced = true }
    }

    // MARK: Schedule

    /// Starts what is due, as far as there is room, and names the next time anything happens by itself.
    private mutating func dispatch(at now: Duration) -> [Action] {
        var actions: [Action] = []
        for kind in order {
            // What is hidden goes alone, so that it never holds up what is on the screen.
            let limit = isVisible(kind) || kind == .capabilities ? PollingLimits.requestsInFlight : 1
            guard slots.count(where: { $0.inFlight != nil }) < limit, self[kind].inFlight == nil,
                let resource = resource(kind), let due = due(kind), due <= now
            else { continue }
            let request = Request(id: nextID, endpoint: endpoint, resource: resource)
            nextID += 1
            self[kind].inFlight = request
            self[kind].startedAt = now
            self[kind].isForced = false
            actions.append(.fetch(request))
        }
        if let next = nextWake(after: now) { actions.append(.wake(at: next)) }
        return actions
    }

    /// The kinds that may be asked for, the most urgent first.
    private var order: [Resource.Kind] {
        if capabilities == nil { return [.capabilities] }
        let kinds = Resource.Kind.allCases.filter { $0 != .capabilities }
        return kinds.filter(isVisible) + kinds.filter { !isVisible($0) }
    }

    private func due(_ kind: Resource.Kind) -> Duration? {
        let slot = self[kind]
        if isPaused && !slot.isForced && capabilities != nil { return nil }
        let regular = slot.isForced ? .zero : slot.startedAt.map { $0 + effectiveInterval(kind) } ?? .zero
        return max(regular, slot.notBefore, throttledUntil)
    }

    private func nextWake(after now: Duration) -> Duration? {
        let dues = order.compactMap { kind in
            self[kind].inFlight == nil && resource(kind) != nil ? due(kind) : nil
        }
        let turnsStale = Resource.Kind.allCases.compactMap { kind in
            isVisible(kind) ? staleAt(kind) : nil
        }
        return (dues + turnsStale).filter { $0 > now }.min()
    }

    private func resource(_ kind: Resource.Kind) -> Resource? {
        switch kind {
        case .capabilities: .capabilities
        case .overview: .overview
        case .nodes: .nodes
        case .queues: .queues(page)
        case .queue: selected.map(Resource.queue)
        case .exchanges: isVisible(kind) ? .exchanges(ListRequest(vhost: page.vhost)) : nil
        case .connections: isVisible(kind) ? .connections(ListRequest(vhost: page.vhost)) : nil
        case .channels: isVisible(kind) ? .channels(ListRequest(vhost: page.vhost)) : nil
        case .vhosts: .vhosts
        case .policies: isVisible(kind) && capabilities?.hasPolicies == true ? .policies(vhost: page.vhost) : nil
        case .detail: opened.map(Resource.detail)
        case .faults: ability.injectsFaults ? .faults : nil
        case .timeline:
            ability.recordsTimeline && (isVisible(kind) || capabilities?.isEmbedded == true)
                ? .timeline(watched) : nil
        case .leadership:
            isVisible(kind) && !watched.isEmpty && (ability.inspectsReplicas || !ability.recordsTimeline)
                ? .leadership(watched) : nil
        }
    }

    func isVisible(_ kind: Resource.Kind) -> Bool {
        switch kind {
        case .queue: selected != nil
        case .detail: opened != nil
        default: visible.contains(kind)
        }
    }

    subscript(kind: Resource.Kind) -> Slot {
        get { slots[kind.rawValue] }
        set { slots[kind.rawValue] = newValue }
    }
}

extension Poller.Request {
    /// What names a request.
    public typealias ID = Int
}
