import Management
import Synchronization
import Testing

@testable import Monitor

private let embedded: EndpointCapabilities = {
    var capabilities = EndpointCapabilities.embedded(version: "1")
    capabilities.injectsFaults = true
    capabilities.recordsTimeline = true
    return capabilities
}()
private let all = EndpointAbilities(injectsFaults: true, recordsTimeline: true, inspectsReplicas: true)
private let queue = QueueID(vhost: "/", name: "orders")

/// A poller whose endpoint has said what it is, with everything asked for answered at time 0.
private func poller(
    _ capabilities: EndpointCapabilities, _ abilities: EndpointAbilities, visible: Set<Resource.Kind>,
    watching: [QueueID] = [queue]
) -> Poller {
    var poller = Poller(endpoints: 1, visible: visible, abilities: [abilities])
    let open = poller.start(at: .zero).fetches
    answer(&poller, open.flatMap { poller.finish($0.id, .capabilities(capabilities), at: .zero) }, at: .zero)
    answer(&poller, poller.watch(watching, at: .zero), at: .zero)
    return poller
}

/// Answers everything until nothing more is asked for; what was asked.
@discardableResult
private func answer(_ poller: inout Poller, _ actions: [Poller.Action], at now: Duration) -> [Resource.Kind] {
    var asked: [Resource.Kind] = []
    var open = actions.fetches
    while !open.isEmpty {
        let request = open.removeFirst()
        asked.append(request.resource.kind)
        open += poller.finish(request.id, .reply, at: now).fetches
    }
    return asked
}

@Test("the timeline of the embedded engine is asked for four times a second while it is shown, once while it is not")
func timelinePace() {
    var shown = poller(embedded, all, visible: [.overview, .timeline])
    #expect(answer(&shown, shown.wake(at: .milliseconds(249)), at: .milliseconds(249)).isEmpty)
    #expect(answer(&shown, shown.wake(at: .milliseconds(250)), at: .milliseconds(250)) == [.timeline])
    var hidden = poller(embedded, all, visible: [.overview])
    #expect(answer(&hidden, hidden.wake(at: .milliseconds(999)), at: .milliseconds(999)).isEmpty)
    #expect(answer(&hidden, hidden.wake(at: .seconds(1)), at: .seconds(1)).contains(.timeline))
}

@Test("the timeline of another Warren is asked for once a second, and only while it is shown")
func remoteTimelinePace() {
    var remote = EndpointCapabilities(product: .warren, version: "1", injectsFaults: true, recordsTimeline: true)
    remote.statisticsInterval = .zero
    let shown = poller(remote, all, visible: [.overview, .timeline])
    #expect(shown.effectiveInterval(.timeline) == .seconds(1))
    var hidden = poller(remote, all, visible: [.overview])
    for second in 1...10 {
        #expect(!answer(&hidden, hidden.wake(at: .seconds(second)), at: .seconds(second)).contains(.timeline))
    }
}

@Test("an endpoint that records nothing is asked who leads the watched queues, while that is shown")
func leadershipPace() {
    let rabbit = EndpointCapabilities(product: .rabbitMQ, version: "3.13.0")
    var shown = poller(rabbit, EndpointAbilities(inspectsReplicas: true), visible: [.overview, .timeline, .leadership])
    #expect(answer(&shown, shown.wake(at: .seconds(1)), at: .seconds(1)) == [.leadership])
    var nobody = poller(rabbit, EndpointAbilities(), visible: [.overview, .leadership], watching: [])
    #expect(!answer(&nobody, nobody.wake(at: .seconds(1)), at: .seconds(1)).contains(.leadership))
}

@Test("an endpoint's type and the broker behind it must both be able")
func abilities() {
    #expect(poller(embedded, all, visible: []).ability == all)
    #expect(poller(.embedded(version: "1"), all, visible: []).ability == .init(inspectsReplicas: true))
    #expect(poller(embedded, EndpointAbilities(), visible: []).ability == EndpointAbilities())
}

@Test("other queues to watch are asked for at once")
func watching() {
    var poller = poller(embedded, all, visible: [.overview, .timeline])
    let other = [QueueID(vhost: "/", name: "mail")]
    #expect(poller.watch(other, at: .milliseconds(10)).fetches.map(\.resource) == [.timeline(other)])
    #expect(poller.watch(other, at: .milliseconds(20)).isEmpty)
}

@Test("the queues with the most traffic are watched, replicated ones first, and stay as long as they are there")
func usualWatchList() {
    func info(_ name: String, _ type: String, rate: Double) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.type = type
        queue.messageStats = MessageStats()
        queue.messageStats?.publish = Measured(1, rate: rate)
        return queue
    }
    var list = WatchList()
    var queues = [
        info("fast", "classic", rate: 900), info("slow", "quorum", rate: 5), info("a", "quorum", rate: 50),
        info("b", "quorum", rate: 50), info("c", "classic", rate: 10), info("d", "classic", rate: 20),
    ]
    for _ in 0..<WatchList.settling { list.offer(Page(whole: queues), QueuePageRequest()) }
    #expect(list.queues.map(\.name) == ["a", "b", "slow", "fast", "d"])
    queues[4].messageStats?.publish = Measured(1, rate: 9_000)
    list.offer(Page(whole: queues), QueuePageRequest())
    #expect(list.queues.map(\.name) == ["a", "b", "slow", "fast", "d"])
    queues.removeAll { $0.name == "a" }
    // A list that is filtered says nothing of what is not in it.
    list.offer(Page(whole: queues), QueuePageRequest(vhost: "/"))
    #expect(list.queues.map(\.name) == ["a", "b", "slow", "fast", "d"])
    list.offer(Page(whole: queues), QueuePageRequest())
    #expect(list.queues.map(\.name) == ["b", "slow", "fast", "d", "c"])
    list.choose((0..<20).map { QueueID(vhost: "/", name: "q\($0)") })
    #expect(list.queues.count == ClusterTimeline.watchedMax)
    list.choose(nil)
    #expect(list.queues.map(\.name) == ["b", "slow", "fast", "d", "c"])
}

@Test("a queue without any traffic gives its place on the watch list to one that has some")
func idleWatched() {
    func info(_ name: String, _ type: String, rate: Double?) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.type = type
        queue.messageStats = MessageStats()
        queue.messageStats?.publish = Measured(1, rate: rate)
        return queue
    }
    func offer(_ rates: [Double?], to list: inout WatchList) {
        let queues = ["a", "b", "c", "d", "e", "f", "g"].enumerated().map { place, name in
            info(name, name == "g" ? "quorum" : "classic", rate: rates[place])
        }
        list.offer(Page(whole: queues), QueuePageRequest())
    }
    var list = WatchList()
    offer([nil, nil, nil, nil, nil, nil, nil], to: &list)
    #expect(list.queues.map(\.name) == ["g", "a", "b", "c", "d"])
    offer([0, 0, 7, 0, 0, 0, 0], to: &list)
    #expect(list.queues.map(\.name) == ["g", "a", "b", "c", "d"], "one that is watched already moves nothing")
    offer([0, 0, 0, 0, 30, 20, 0], to: &list)
    #expect(list.queues.map(\.name) == ["g", "e", "f", "c", "a"])
    offer([9, 9, 9, 9, 9, 9, 9], to: &list)
    #expect(list.queues.map(\.name) == ["g", "e", "f", "c", "a"])
}

@Test("classic queues that confirm are watched beside the replicated ones, rather one whose node leads none of those")
func watchedBesideReplicated() {
    func info(_ name: String, _ type: String, on node: String, rate: Double?) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        (queue.type, queue.node) = (type, node)
        queue.messageStats = MessageStats()
        queue.messageStats?.publish = Measured(1, rate: rate)
        return queue
    }
    func queues(areRatesKnown: Bool) -> Page<QueueInfo> {
        func rate(_ rate: Double) -> Double? { areRatesKnown ? rate : nil }
        return Page(
            whole: (1...5).map { info("wide\($0)", "quorum", on: "a", rate: rate(100)) } + [
                info("audit", "classic", on: "a", rate: rate(60)), info("invoices", "classic", on: "b", rate: rate(90)),
                info("mail", "classic", on: "a", rate: rate(150)), info("rare", "classic", on: "c", rate: rate(0.5)),
            ])
    }
    var list = WatchList()
    list.offer(queues(areRatesKnown: false), QueuePageRequest())
    list.offer(queues(areRatesKnown: true), QueuePageRequest())
    #expect(list.queues.map(\.name) == ["wide1", "wide2", "wide3", "wide4", "invoices"])
    // Its node is down: all the more it is watched.
    var hurt = queues(areRatesKnown: true)
    hurt.items[6].messageStats = nil
    list.offer(hurt, QueuePageRequest())
    #expect(list.queues.map(\.name) == ["wide1", "wide2", "wide3", "wide4", "invoices"])
    var few = queues(areRatesKnown: true)
    few.items.removeAll { ["wide3", "wide4", "wide5"].contains($0.name) }
    list = WatchList()
    list.offer(few, QueuePageRequest())
    #expect(list.queues.map(\.name) == ["wide1", "wide2", "invoices", "mail", "audit"])
}

@Test("a queue that never confirms what is published to it gives its place on the watch list to one that may")
func silentWatched() {
    func info(_ name: String, rate: Double) -> QueueInfo {
        var queue = QueueInfo(vhost: "/", name: name)
        queue.type = "classic"
        queue.messageStats = MessageStats()
        queue.messageStats?.publish = Measured(1, rate: rate)
        return queue
    }
    let infos = [info("audit", rate: 60)] + (1...4).map { info("q\($0)", rate: 50) } + [info("mail", rate: 40)]
    let page = Page(whole: infos)
    func recording(_ milliseconds: Int) -> FailoverRecording {
        var recording = FailoverRecording()
        var answer = ClusterTimeline(now: Double(milliseconds), wallClock: 0)
        answer.queues = ["audit", "q1"].map { name in
            ClusterTimeline.Queue(
                vhost: "/", name: name, type: "classic", start: 0,
                confirms: [Int](repeating: name == "audit" ? 0 : 1, count: milliseconds / 10))
        }
        recording.take(answer)
        return recording
    }
    var list = WatchList()
    for _ in 0..<10 { list.offer(page, QueuePageRequest()) }
    #expect(list.queues.map(\.name) == ["audit", "q1", "q2", "q3", "q4"])
    list.learn(recording(4_000))
    list.offer(page, QueuePageRequest())
    #expect(list.queues.map(\.name).contains("audit"))
    list.learn(recording(6_000))
    list.offer(page, QueuePageRequest())
    #expect(list.queues.map(\.name) == ["q1", "q2", "q3", "q4", "mail"])
    // Nobody else is there: better one without confirms than none.
    list.offer(Page(whole: Array(infos.dropLast())), QueuePageRequest())
    #expect(list.queues.map(\.name) == ["q1", "q2", "q3", "q4", "audit"])
}

@Test("looks at a cluster that records nothing become events where two of them differ")
func leadershipLog() {
    var log = LeadershipLog()
    var seen = QueueLeadership(QueueInfo(vhost: "/", name: "orders"))
    seen.type = "quorum"
    seen.members = ["a", "b", "c"]
    var recording = FailoverRecording()
    recording.precision = 1_000
    func look(_ second: Int, leader: String?, down: String? = nil) {
        seen.leader = leader
        let nodes = ["a", "b", "c"].map { name in
            var node = NodeInfo(name: name)
            node.running = name != down
            return node
        }
        recording.take(log.answer([seen], nodes: nodes, at: .seconds(second), wallClock: Double(second)))
    }
    look(1, leader: "a")
    look(2, leader: "a")
    look(3, leader: nil, down: "a")
    look(4, leader: nil, down: "a")
    look(5, leader: "b", down: "a")
    #expect(recording.events.map(\.kind) == [.nodeDown, .leaderLost, .leaderElected])
    #expect(recording.losses.count == 1)
    let picture = FailoverTimeline(recording, width: 40)
    #expect(picture.queues[0].outage == .notMeasured)
    #expect(picture.queues[0].leaderlessSpan == 2_000)
    #expect(picture.window.cell == 1_000)
    #expect(picture.lanes[1].phases.contains(.leader) && picture.lanes[0].phase == .down)
}

@Test("a member's lag is what it has not written of the leader's log")
func lag() {
    func status(_ node: String, _ state: String, term: Int, last: Int, written: Int?) -> ReplicaStatus {
        var status = ReplicaStatus(node: node)
        status.state = state
        status.term = term
        status.lastLogIndex = last
        status.lastWritten = written
        return status
    }
    var info = QueueInfo(vhost: "/", name: "q")
    info.leader = "b"
    let seen = QueueLeadership(
        info,
        replicas: [
            status("a", "leader", term: 8, last: 120, written: 118),
            status("b", "leader", term: 7, last: 90, written: 90),
            status("c", "follower", term: 8, last: 100, written: nil), ReplicaStatus(node: "d"),
        ])
    // Two say that they lead: the later term is right.
    #expect(seen.leader == "a" && seen.term == 8)
    #expect(seen.lag.map(\.node) == ["a", "b", "c"])
    #expect(seen.lag.map(\.entries) == [2, 30, 20])
}

@Suite(.timeLimit(.minutes(1))) struct ClusterPollingClientTests {
    @Test("a recorder is told what to watch once, and again when it has begun anew")
    func recorderIsTold() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        endpoint.script.withLock {
            $0.capabilities = embedded
            var info = QueueInfo(vhost: "/", name: "orders")
            info.type = "quorum"
            $0.queues = [info]
            $0.timeline = ClusterTimeline(
                now: 1_000, wallClock: 0, queues: [.init(vhost: "/", name: "orders", type: "quorum")])
            $0.faults = FaultState(nodes: [.init(name: "warren1", state: .paused)], links: [])
        }
        let (states, publish) = AsyncStream.makeStream(of: MonitorState.self)
        let client = PollingClient(
            endpoints: [endpoint], interval: .milliseconds(500), visible: [.overview, .queues, .timeline, .faults]
        ) { publish.yield($0) }
        let task = Task { await client.run() }
        defer { task.cancel() }
        _ = await states.first { $0.recording.queues.first?.id == queue && $0.faults.value != nil }
        let told = endpoint.script.withLock { $0.watches }
        // Never that nothing is to be watched: what somebody else has had recorded would be gone.
        #expect(told == [[queue]])
        #expect(endpoint.script.withLock { $0.secondsAsked.first } == ClusterTimeline.secondsMax)
        // It forgets.
        endpoint.script.withLock {
            $0.timeline.queues = []
            $0.watches = []
        }
        _ = await states.first { _ in endpoint.script.withLock { $0.watches.contains([queue]) } }
        let node = await states.first { _ in true }?.clusterNodes.first
        #expect(node == ClusterNode(name: "warren1", state: .paused))
        #expect((endpoint.script.withLock { $0.secondsAsked.last } ?? 30) < ClusterTimeline.secondsMax)
    }
}
