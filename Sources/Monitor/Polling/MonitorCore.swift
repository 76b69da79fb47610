import Management

/// The monitor without its clock and sockets: the poller, the state it leads to, and how answers enter it.
struct MonitorCore: Sendable {
    /// Something that happened.
    enum Event: Sendable {
        case started
        case woken
        case show(Set<Resource.Kind>)
        case list(QueuePageRequest)
        case select(QueueID?)
        case open(DetailTarget?)
        case watch([QueueID]?)
        case probe(QueueID?)
        case probed(ProbeReport, at: Duration)
        case refresh
        case pause(Bool)
        case setInterval(Duration)
        case finished(Poller.Request.ID, Result<Answer, EndpointError>)
    }

    /// An endpoint's answer.
    enum Answer: Sendable {
        case capabilities(EndpointCapabilities)
        case overview(Overview)
        case nodes([NodeInfo])
        case queues(Page<QueueInfo>)
        case queue(QueueInfo)
        case exchanges(Page<ExchangeInfo>)
        case connections(Page<ConnectionInfo>)
        case channels(Page<ChannelInfo>)
        case vhosts([VhostInfo])
        case policies([PolicyInfo])
        case detail(Detail)
        case faults(FaultState)
        case timeline(ClusterTimeline)
        case leadership([QueueLeadership], wallClock: Double)
    }

    private(set) var poller: Poller
    private(set) var state: MonitorState
    private var watchList = WatchList()
    private var leadershipLog = LeadershipLog()

    init(
        addresses: [String], interval: Duration, visible: Set<Resource.Kind>, queues: QueuePageRequest,
        abilities: [EndpointAbilities] = []
    ) {
        poller = Poller(
            endpoints: addresses.count, interval: interval, visible: visible, page: queues, abilities: abilities)
        state = MonitorState(endpoints: addresses, queues: queues)
        refreshState(at: .zero)
    }

    /// Takes in what happened; the state is up to date afterwards, the actions are the caller's.
    mutating func apply(_ event: Event, at now: Duration) -> [Poller.Action] {
        let actions = actions(for: event, at: now)
        refreshState(at: now)
        return actions
    }

    private mutating func actions(for event: Event, at now: Duration) -> [Poller.Action] {
        switch event {
        case .started: return poller.start(at: now)
        case .woken: return poller.wake(at: now)
        case .show(let kinds): return poller.show(kinds, at: now)
        case .refresh: return poller.refresh(at: now)
        case .pause(let paused): return poller.pause(paused, at: now)
        case .setInterval(let interval): return poller.setInterval(interval, at: now)
        case .list(let request):
            sortAtHand(for: request)
            if request.vhost != poller.page.vhost {
                state.exchanges.value = nil
                state.connections.value = nil
                state.channels.value = nil
                state.policies.value = nil
            }
            return poller.list(request, at: now)
        case .select(let queue):
            if queue != poller.selected { state.queue = Sample() }
            return poller.select(queue, at: now)
        case .open(let target):
            if target != poller.opened { state.detail = Sample() }
            return poller.open(target, at: now)
        case .watch(let queues):
            watchList.choose(queues)
            return poller.watch(watchList.queues, at: now)
        case .probe(let queue):
            state.probe = queue.map { ProbeState($0, at: now) }
            watchList.canary = queue
            return poller.watch(watchList.queues, at: now)
        case .probed(let report, let time):
            state.probe?.take(report, at: time)
            return []
        case .finished(let id, .failure(let error)):
            let endpoint = poller.endpoint
            let hasOwnClock = poller.ability.recordsTimeline
            let actions = poller.finish(id, .failed(error), at: now)
            if poller.endpoint != endpoint { moved(hasOwnClock: hasOwnClock) }
            return actions
        case .finished(let id, .success(let answer)):
            var outcome = Poller.Outcome.reply
            if case .capabilities(let capabilities) = answer { outcome = .capabilities(capabilities) }
            let actions = poller.finish(id, outcome, at: now)
            for case .keep(let request) in actions { keep(answer, to: request, at: now) }
            return actions + poller.watch(watchList.queues, at: now)
        }
    }

    /// Another endpoint answers from here on. Most often it is another node of the same cluster, asked because the one
    /// before has died: what was seen until then is the beginning of what is worth seeing. What a broker recorded itself
    /// comes again, by a clock that may be another.
    private mutating func moved(hasOwnClock: Bool) {
        state.faults.value = nil
        state.leadership.value = nil
        if hasOwnClock { forgetCluster() }
    }

    private mutating func forgetCluster() {
        state.recording = FailoverRecording()
        leadershipLog = LeadershipLog()
    }

    /// Whether these are the nodes of a cluster that shares none with the one seen before.
    private func areStrangers(_ nodes: [NodeInfo]) -> Bool {
        guard let known = state.nodes.value, !known.isEmpty, !nodes.isEmpty else { return false }
        return Set(known.map(\.name)).isDisjoint(with: nodes.map(\.name))
    }

    private mutating func keep(_ answer: Answer, to request: Poller.Request, at now: Duration) {
        switch answer {
        case .capabilities: break
        case .overview(let overview): state.overview.value = state.history.record(overview, at: now)
        case .faults(let faults):
            state.faults.value = faults
            noteDown(at: now)
        case .timeline(let timeline):
            state.timeline.value = timeline
            state.recording.take(timeline)
            watchList.learn(state.recording)
        case .leadership(let queues, let wallClock):
            state.leadership.value = queues
            guard !poller.ability.recordsTimeline else { return }
            state.probe?.fill(until: now)
            let answer = leadershipLog.answer(
                queues, nodes: state.nodes.value ?? [], nodesAt: poller[.nodes].sampledAt, at: now,
                wallClock: wallClock, probe: state.probe)
            state.recording.take(answer)
            state.recording.precision = poller.effectiveInterval(.leadership) / .milliseconds(1)
            state.recording.uncertainty = leadershipLog.lateness
        case .nodes(let nodes):
            if areStrangers(nodes) { forgetCluster() }
            state.nodes.value = nodes.sorted { $0.name < $1.name }
            noteDown(at: now)
            state.history.record(nodes, as: { .node($0.name) }, { TrackedObject.point($0, at: now) }) {
                if case .node = $0 { true } else { false }
            }
        case .queue(let queue):
            let isListed = state.queues.value?.items.contains { $0.id == queue.id } == true
            state.queue.value = state.history.record(detail: queue, at: now, asPoint: !isListed)
        case .exchanges(let page):
            state.exchanges.value = page
            state.history.record(page.items, as: { .exchange($0.id) }, { TrackedObject.point($0, at: now) }) {
                if case .exchange = $0 { true } else { false }
            }
        case .connections(let page):
            state.connections.value = page
            state.history.record(page.items, as: { .connection($0.name) }, { TrackedObject.point($0, at: now) }) {
                if case .connection = $0 { true } else { false }
            }
        case .channels(let page):
            state.channels.value = page
            state.history.record(page.items, as: { .channel($0.name) }, { TrackedObject.point($0, at: now) }) {
                if case .channel = $0 { true } else { false }
            }
        case .vhosts(let vhosts): state.vhosts.value = vhosts.sorted { $0.name < $1.name }
        case .policies(let policies): state.policies.value = policies
        case .detail(let detail): state.detail.value = detail
        case .queues(var page):
            guard case .queues(let asked) = request.resource else { return }
            page.items = state.history.record(page.items, at: now)
            if page.isWhole, let sort = asked.sort {
                page.items = page.items.sorted(by: sort, descending: asked.descending)
            }
            state.queues.value = page
            state.listedQueues = asked
            watchList.offer(page, asked)
        }
    }

    /// Since when which node is not up, as far as anybody looked.
    private mutating func noteDown(at now: Duration) {
        let down = state.clusterNodes.filter { !$0.isServing }.map(\.name)
        state.downSince = state.downSince.filter { down.contains($0.key) }
        for name in down where state.downSince[name] == nil { state.downSince[name] = now }
    }

    /// Sorts the page at hand at once where it is the whole list and only the order changed. A part of a list is
    /// never sorted as if it were all.
    private mutating func sortAtHand(for request: QueuePageRequest) {
        var sameButOrder = state.listedQueues
        sameButOrder.sort = request.sort
        sameButOrder.descending = request.descending
        guard sameButOrder == request, let sort = request.sort, let page = state.queues.value, page.isWhole else {
            return
        }
        state.queues.value?.items = page.items.sorted(by: sort, descending: request.descending)
        state.listedQueues = request
    }

    /// Brings everything that follows from the poller into the state.
    private mutating func refreshState(at now: Duration) {
        state.time = now
        state.endpoint = state.endpoints[poller.endpoint]
        state.capabilities = poller.capabilities
        state.status = poller.status(at: now)
        state.isPaused = poller.isPaused
        state.interval = poller.interval
        state.wantedQueues = poller.page
        state.selected = poller.selected
        state.watched = poller.watched
        state.abilities = poller.ability
        refresh(\.overview, .overview, at: now)
        refresh(\.nodes, .nodes, at: now)
        refresh(\.queues, .queues, at: now)
        refresh(\.queue, .queue, at: now)
        refresh(\.exchanges, .exchanges, at: now)
        refresh(\.connections, .connections, at: now)
        refresh(\.channels, .channels, at: now)
        refresh(\.vhosts, .vhosts, at: now)
        refresh(\.policies, .policies, at: now)
        refresh(\.detail, .detail, at: now)
        refresh(\.faults, .faults, at: now)
        refresh(\.timeline, .timeline, at: now)
        refresh(\.leadership, .leadership, at: now)
    }

    private mutating func refresh<Value>(
        _ path: WritableKeyPath<MonitorState, Sample<Value>>, _ kind: Resource.Kind, at now: Duration
    ) {
        state[keyPath: path].sampledAt = poller[kind].sampledAt
        state[keyPath: path].isStale = poller.isStale(kind, at: now)
        state[keyPath: path].error = poller[kind].error
        state[keyPath: path].interval = poller.effectiveInterval(kind)
    }
}
