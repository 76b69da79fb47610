import Management
import Monitor
import Testing

/// The poller as lists of events and the actions they lead to.
@Suite struct PollerTests {
    private static let embedded = EndpointCapabilities.embedded(version: "1")
    private static let rabbit = EndpointCapabilities(product: .rabbitMQ, version: "3.10.8", sortsAndFilters: true)

    /// A poller that has been told what its endpoint is at time 0, and what it then does.
    private func connected(
        _ capabilities: EndpointCapabilities, endpoints: Int = 1, visible: Set<Resource.Kind> = [.overview, .queues],
        interval: Duration = .seconds(1)
    ) -> (Poller, [Poller.Action]) {
        var poller = Poller(endpoints: endpoints, interval: interval, visible: visible)
        let first = poller.start(at: .zero).fetches
        #expect(first.map(\.resource) == [.capabilities])
        let actions = first.flatMap { poller.finish($0.id, .capabilities(capabilities), at: .zero) }
        return (poller, actions)
    }

    /// Answers everything asked for until nothing is left, and returns what was asked.
    private func answerAll(_ poller: inout Poller, _ actions: [Poller.Action], at now: Duration) -> [Resource.Kind] {
        var asked: [Resource.Kind] = []
        var open = actions.fetches
        while !open.isEmpty {
            let request = open.removeFirst()
            asked.append(request.resource.kind)
            open += poller.finish(request.id, .reply, at: now).fetches
        }
        return asked
    }

    @Test("what is visible is asked for first, and never more than two requests are in flight")
    func visibleFirst() {
        var (poller, actions) = connected(Self.embedded, visible: [.queues, .nodes])
        _ = poller.select(QueueID(vhost: "/", name: "q"), at: .zero)
        #expect(actions.fetches.map(\.resource.kind) == [.nodes, .queues])
        let (first, second) = (actions.fetches[0], actions.fetches[1])
        actions = poller.finish(first.id, .reply, at: .milliseconds(10))
        #expect(actions.first == .keep(first))
        #expect(actions.fetches.map(\.resource.kind) == [.queue])
        let third = actions.fetches[0]
        #expect(poller.finish(second.id, .reply, at: .milliseconds(10)).fetches.isEmpty, "the hidden goes alone")
        actions = poller.finish(third.id, .reply, at: .milliseconds(20))
        #expect(actions.fetches.map(\.resource.kind) == [.overview])
    }

    @Test("on the embedded engine the visible is refreshed every second, the rest every five")
    func embeddedPace() {
        var (poller, actions) = connected(Self.embedded)
        #expect(Set(answerAll(&poller, actions, at: .zero)) == [.overview, .queues, .nodes, .vhosts])
        for second in 1...5 {
            #expect(poller.wake(at: .milliseconds(second * 1000 - 1)).wakes == [.seconds(second)])
            actions = poller.wake(at: .seconds(second))
            let expected: Set<Resource.Kind> =
                second < 5 ? [.overview, .queues] : [.overview, .queues, .nodes, .vhosts]
            #expect(Set(answerAll(&poller, actions, at: .seconds(second))) == expected, "at \(second) s")
        }
    }

    @Test("RabbitMQ is asked no faster than it collects statistics")
    func remotePace() {
        var (poller, actions) = connected(Self.rabbit)
        _ = answerAll(&poller, actions, at: .zero)
        #expect(poller.wake(at: .milliseconds(4999)).fetches.isEmpty)
        #expect(poller.wake(at: .seconds(5)).fetches.map(\.resource.kind) == [.overview, .queues])
    }

    @Test("a remote list is asked for so rarely that its reply time stays under a tenth")
    func remoteListStretch() {
        var (poller, actions) = connected(Self.rabbit)
        for request in actions.fetches {
            let time: Duration = request.resource.kind == .queues ? .milliseconds(900) : .milliseconds(20)
            _ = answerAll(&poller, poller.finish(request.id, .reply, at: time), at: time)
        }
        #expect(poller.effectiveInterval(.queues) == .seconds(9))
        #expect(poller.effectiveInterval(.overview) == .seconds(5))
        actions = poller.wake(at: .milliseconds(8999))
        #expect(actions.fetches.map(\.resource.kind) == [.overview])
        actions = poller.wake(at: .seconds(9))
        #expect(actions.fetches.contains { $0.resource.kind == .queues })
    }

    @Test("a reply that takes over half of the interval stretches it, and a quick one restores it")
    func backOff() {
        var (poller, actions) = connected(Self.embedded, visible: [.overview])
        _ = poller.finish(actions.fetches[0].id, .reply, at: .milliseconds(1500))
        #expect(poller.effectiveInterval(.overview) == .seconds(3))
        #expect(!poller.wake(at: .milliseconds(2999)).fetches.contains { $0.resource == .overview })
        actions = poller.wake(at: .seconds(3))
        #expect(actions.fetches.map(\.resource) == [.overview])
        _ = poller.finish(actions.fetches[0].id, .reply, at: .milliseconds(3010))
        #expect(poller.effectiveInterval(.overview) == .seconds(1))
    }

    @Test("a sample that missed two refreshes is stale, and a wake tells in time")
    func stale() {
        var (poller, actions) = connected(Self.embedded, visible: [.overview])
        _ = answerAll(&poller, actions, at: .zero)
        #expect(poller.status(at: .seconds(1)) == .live)
        actions = poller.wake(at: .seconds(1))
        #expect(actions.fetches.map(\.resource) == [.overview])
        #expect(actions.wakes == [.seconds(2)], "the reply may never come: wake when the sample turns stale")
        #expect(!poller.isStale(.overview, at: .milliseconds(1999)))
        #expect(poller.isStale(.overview, at: .seconds(2)))
        #expect(poller.status(at: .seconds(2)) == .stale)
        _ = poller.finish(actions.fetches[0].id, .reply, at: .seconds(2))
        #expect(poller.status(at: .seconds(2)) == .live)
    }

    @Test("a resource the user may not see waits half a minute while the others go on")
    func resourceFailure() {
        var (poller, actions) = connected(Self.embedded, visible: [.overview, .nodes])
        let forbidden = EndpointError.forbidden("the list of nodes", tagNeeded: "monitoring")
        for request in actions.fetches {
            let outcome: Poller.Outcome = request.resource == .nodes ? .failed(forbidden) : .reply
            let next = poller.finish(request.id, outcome, at: .zero)
            #expect(next.contains(.keep(request)) == (request.resource == .overview))
            _ = answerAll(&poller, next, at: .zero)
        }
        actions = poller.wake(at: .seconds(1))
        #expect(actions.fetches.map(\.resource) == [.overview], "a refused panel is greyed; the rest goes on")
        _ = poller.finish(actions.fetches[0].id, .reply, at: .seconds(1))
        #expect(poller.wake(at: .seconds(30)).fetches.contains { $0.resource == .nodes })
        #expect(!poller.isStale(.nodes, at: .seconds(30)), "what never came is missing, not stale")
    }

    @Test("an endpoint that cannot be reached is retried every second and recovers by itself")
    func recovery() {
        var (poller, actions) = connected(Self.rabbit, visible: [.overview, .queues])
        let lost = EndpointError.unreachable("a", reason: "connection refused")
        let late = actions.fetches[1]
        actions = poller.finish(actions.fetches[0].id, .failed(lost), at: .seconds(2))
        #expect(poller.status(at: .seconds(2)) == .unreachable(lost))
        #expect(actions == [.wake(at: .seconds(3))])
        #expect(poller.finish(late.id, .reply, at: .milliseconds(2500)).isEmpty, "a reply given up is ignored")
        actions = poller.wake(at: .seconds(3))
        #expect(actions.fetches.map(\.resource) == [.capabilities])
        actions = poller.finish(actions.fetches[0].id, .failed(lost), at: .seconds(3))
        #expect(actions == [.wake(at: .seconds(4))])
        actions = poller.wake(at: .seconds(4))
        actions = poller.finish(actions.fetches[0].id, .capabilities(Self.rabbit), at: .seconds(4))
        #expect(actions.fetches.first?.resource == .overview)
        #expect(poller.status(at: .seconds(4)) == .live)
    }

    @Test("with several endpoints the next is tried at once, and all in turn once all failed")
    func severalEndpoints() {
        var (poller, actions) = connected(Self.rabbit, endpoints: 2, visible: [.overview])
        let lost = EndpointError.unreachable("a", reason: "connection refused")
        actions = poller.finish(actions.fetches[0].id, .failed(lost), at: .seconds(1))
        #expect(actions.fetches.map(\.endpoint) == [1])
        #expect(actions.fetches.map(\.resource) == [.capabilities])
        #expect(poller.status(at: .seconds(1)) == .connecting, "one is left to try")
        actions = poller.finish(actions.fetches[0].id, .failed(lost), at: .seconds(1))
        #expect(actions == [.wake(at: .seconds(2))])
        #expect(poller.status(at: .seconds(1)) == .unreachable(lost))
        actions = poller.wake(at: .seconds(2))
        #expect(actions.fetches.map(\.endpoint) == [0])
        actions = poller.finish(actions.fetches[0].id, .failed(lost), at: .seconds(2))
        actions = poller.wake(at: .seconds(3))
        #expect(actions.fetches.map(\.endpoint) == [1])
        _ = poller.finish(actions.fetches[0].id, .capabilities(Self.rabbit), at: .seconds(3))
        #expect(poller.endpoint == 1 && poller.status(at: .seconds(3)) == .live)
    }

    @Test("a slow list is not a dead endpoint, an overview that times out is")
    func timeouts() {
        let late = EndpointError.timedOut("a", after: .seconds(20))
        var (poller, actions) = connected(Self.rabbit, endpoints: 2, visible: [.queues])
        actions = poller.finish(actions.fetches[0].id, .failed(late), at: .seconds(20))
        #expect(poller.endpoint == 0)
        #expect(actions.fetches.map(\.resource).contains(.overview), "the overview tells whether the broker is well")
        #expect(!poller.wake(at: .seconds(59)).fetches.contains { $0.resource.kind == .queues }, "twice as long off")
        actions = poller.finish(actions.fetches[0].id, .failed(late), at: .seconds(59))
        #expect(poller.endpoint == 1)
    }

    @Test("a refused user is not tried again for half a minute")
    func refused() {
        var poller = Poller(endpoints: 1)
        let refused = EndpointError.unauthorized("a")
        let actions = poller.finish(poller.start(at: .zero).fetches[0].id, .failed(refused), at: .zero)
        #expect(actions == [.wake(at: .seconds(30))])
        #expect(poller.status(at: .zero) == .refused(refused))
        let byHand = poller.refresh(at: .seconds(2)).fetches.map(\.resource)
        #expect(byHand == [.capabilities], "by hand it is tried at once")
    }

    @Test("a broker that asks for patience gets it")
    func throttled() {
        var (poller, actions) = connected(Self.embedded, visible: [.overview])
        for request in actions.fetches {
            _ = poller.finish(request.id, .failed(.throttled(retryAfter: .seconds(7))), at: .zero)
        }
        #expect(poller.wake(at: .milliseconds(6999)).fetches.isEmpty)
        #expect(poller.refresh(at: .milliseconds(6999)).fetches.isEmpty, "not even by hand")
        actions = poller.wake(at: .seconds(7))
        #expect(!actions.fetches.isEmpty)
        _ = poller.finish(actions.fetches[0].id, .failed(.throttled(retryAfter: .seconds(Int64.max))), at: .seconds(7))
        #expect(!poller.wake(at: .seconds(67)).fetches.isEmpty, "no longer than a minute")
    }

    @Test("a changed page is asked for at once; the answer to the old question is dropped")
    func changedPage() {
        var (poller, actions) = connected(Self.embedded, visible: [.queues])
        let old = actions.fetches[0]
        let wanted = QueuePageRequest(sort: .messagesReady, descending: true)
        #expect(poller.list(wanted, at: .zero).fetches.isEmpty, "one list at a time")
        actions = poller.finish(old.id, .reply, at: .milliseconds(10))
        #expect(!actions.contains(.keep(old)))
        #expect(actions.fetches.first?.resource == .queues(wanted))
        #expect(poller.list(wanted, at: .milliseconds(20)).isEmpty, "the same page again changes nothing")
    }

    @Test("a selected queue is asked for at once, and no longer once deselected")
    func selection() {
        var (poller, actions) = connected(Self.embedded, visible: [])
        _ = answerAll(&poller, actions, at: .zero)
        let id = QueueID(vhost: "/", name: "q")
        actions = poller.select(id, at: .milliseconds(100))
        #expect(actions.fetches.map(\.resource) == [.queue(id)])
        let other = QueueID(vhost: "/", name: "r")
        #expect(poller.select(other, at: .milliseconds(110)).fetches.isEmpty)
        let next = poller.finish(actions.fetches[0].id, .reply, at: .milliseconds(120))
        #expect(next.fetches.map(\.resource) == [.queue(other)])
        _ = poller.finish(next.fetches[0].id, .reply, at: .milliseconds(130))
        _ = poller.select(nil, at: .milliseconds(140))
        #expect(poller.wake(at: .seconds(4)).fetches.isEmpty)
    }

    @Test("a selected queue that is gone makes its detail stale, not the endpoint")
    func selectedIsGone() {
        var (poller, actions) = connected(Self.embedded, visible: [])
        _ = answerAll(&poller, actions, at: .zero)
        actions = poller.select(QueueID(vhost: "/", name: "q"), at: .zero)
        _ = answerAll(&poller, actions, at: .zero)
        for second in 1...3 {
            actions = poller.wake(at: .seconds(second))
            #expect(actions.fetches.map(\.resource.kind) == [.queue])
            for request in actions.fetches {
                _ = poller.finish(request.id, .failed(.notFound("queue 'q'")), at: .seconds(second))
            }
        }
        #expect(poller.isStale(.queue, at: .seconds(3)))
        #expect(poller.status(at: .seconds(3)) == .live)
    }

    @Test("paused, only what is asked for by hand is fetched, and nothing turns stale")
    func pause() {
        var (poller, actions) = connected(Self.embedded, visible: [.overview])
        _ = answerAll(&poller, actions, at: .zero)
        #expect(poller.pause(true, at: .zero) == [])
        #expect(poller.wake(at: .seconds(100)) == [])
        #expect(!poller.isStale(.overview, at: .seconds(100)))
        actions = poller.refresh(at: .seconds(100))
        #expect(answerAll(&poller, actions, at: .seconds(100)) == [.overview])
        #expect(!poller.pause(false, at: .seconds(101)).fetches.isEmpty)
    }

    @Test("the interval stays within its range")
    func intervals() {
        var (poller, _) = connected(Self.embedded, visible: [.overview], interval: .milliseconds(1))
        #expect(poller.interval == .milliseconds(500))
        _ = poller.setInterval(.seconds(3600), at: .zero)
        #expect(poller.interval == .seconds(60))
        #expect(poller.effectiveInterval(.overview) == .seconds(60))
    }
}

extension [Poller.Action] {
    /// The requests among the actions.
    var fetches: [Poller.Request] {
        compactMap { if case .fetch(let request) = $0 { request } else { nil } }
    }

    /// The times among the actions.
    var wakes: [Duration] {
        compactMap { if case .wake(let time) = $0 { time } else { nil } }
    }
}
