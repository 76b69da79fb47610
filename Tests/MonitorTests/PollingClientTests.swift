import Management
import Monitor
import Synchronization
import Testing

/// The polling client on scripted endpoints: what it publishes as they change.
@Suite(.timeLimit(.minutes(1))) struct PollingClientTests {
    /// What was published, in order.
    private final class Log: Sendable {
        private let states: AsyncStream<MonitorState>
        private let continuation: AsyncStream<MonitorState>.Continuation

        init() { (states, continuation) = AsyncStream.makeStream() }

        func append(_ state: MonitorState) { continuation.yield(state) }

        /// The next state for which `condition` holds; the suite's time limit is the deadline.
        func state(where condition: (MonitorState) -> Bool) async throws -> MonitorState {
            let match = await states.first(where: { condition($0) })
            return try #require(match, "waited in vain")
        }
    }

    private func queues(_ depths: [Int]) -> [QueueInfo] {
        depths.enumerated().map { index, ready in
            var queue = QueueInfo(vhost: "/", name: "q\(index)")
            queue.messagesReady = ready
            return queue
        }
    }

    /// Runs `body` while a client polls, and waits until it has ended.
    private func polling(
        _ endpoints: [ScriptedEndpoint], _ body: (PollingClient, Log) async throws -> Void
    ) async throws {
        let log = Log()
        let client = PollingClient(endpoints: endpoints, interval: .milliseconds(500)) { log.append($0) }
        let task = Task { await client.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(client, log)) } catch { result = .failure(error) }
        task.cancel()
        await task.value
        try result.get()
    }

    @Test("the first state that is live has everything visible, with its age")
    func firstState() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        endpoint.script.withLock { [queues = queues([3, 9])] in
            $0.nodes = [NodeInfo(name: "b"), NodeInfo(name: "a")]
            $0.queues = queues
        }
        try await polling([endpoint]) { client, log in
            let state = try await log.state {
                $0.overview.value != nil && $0.nodes.value != nil && $0.queues.value != nil
            }
            #expect(state.endpoint == "demo@local" && state.status == .live)
            #expect(state.nodes.value?.map(\.name) == ["a", "b"])
            #expect(state.queueScope == ListScope(loaded: 2, filtered: 2, total: 2))
            let age = try #require(state.queues.age(at: client.now))
            #expect(age >= .zero && age < .seconds(10))
        }
    }

    @Test("a change at the endpoint shows by itself, with its history")
    func refreshes() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        endpoint.script.withLock { [queues = queues([1])] in $0.queues = queues }
        try await polling([endpoint]) { _, log in
            _ = try await log.state { $0.queues.value?.items.first?.messagesReady == 1 }
            endpoint.script.withLock { [queues = queues([1000])] in $0.queues = queues }
            let state = try await log.state { $0.queues.value?.items.first?.messagesReady == 1000 }
            let depths = state.history.queue(QueueID(vhost: "/", name: "q0")).compactMap(\.ready)
            #expect(depths.first == 1 && depths.last == 1000)
        }
    }

    @Test("order, filter and page follow the commands")
    func commands() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        endpoint.script.withLock { [queues = queues([5, 50, 20])] in $0.queues = queues }
        try await polling([endpoint]) { client, log in
            client.list(QueuePageRequest(sort: .messagesReady, descending: true))
            let sorted = try await log.state { $0.queues.value?.items.first?.messagesReady == 50 }
            #expect(sorted.queues.value?.items.map(\.name) == ["q1", "q2", "q0"])
            client.list(QueuePageRequest(pageSize: 1, sort: .messagesReady, nameFilter: "q"))
            let cut = try await log.state { $0.queues.value?.items.count == 1 }
            #expect(cut.queueScope == ListScope(loaded: 1, filtered: 3, total: 3))
            #expect(cut.queueScope?.isWhole == false)
        }
    }

    @Test("a selected queue's detail comes, and one that is gone says so")
    func selection() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        endpoint.script.withLock { [queues = queues([5])] in $0.queues = queues }
        try await polling([endpoint]) { client, log in
            client.select(QueueID(vhost: "/", name: "q0"))
            let state = try await log.state { $0.queue.value != nil }
            #expect(state.queue.value?.messagesReady == 5 && state.selected?.name == "q0")
            try await client.endpoint.deleteQueue(vhost: "/", name: "q0", ifEmpty: false, ifUnused: false)
            client.refresh()
            let gone = try await log.state { $0.queue.error != nil }
            #expect(gone.queue.error == .notFound("queue 'q0' in vhost '/'"))
            #expect(gone.status == .live, "the endpoint is well")
            client.select(nil)
            #expect(try await log.state { $0.selected == nil }.queue.value == nil)
        }
    }

    @Test("when an endpoint dies the next one answers and is named; the data stays meanwhile")
    func moves() async throws {
        let (first, second) = (ScriptedEndpoint("http://a:1"), ScriptedEndpoint("http://b:2"))
        try await polling([first, second]) { client, log in
            #expect(try await log.state { $0.overview.value != nil }.endpoint == "http://a:1")
            first.script.withLock { $0.error = .unreachable("http://a:1", reason: "connection refused") }
            let moved = try await log.state { $0.endpoint == "http://b:2" && $0.status == .live }
            #expect(moved.overview.value != nil)
            #expect(client.endpoint.address == "http://b:2")
        }
    }

    @Test("an endpoint that dies is unreachable, its data turns stale, and it recovers by itself")
    func recovers() async throws {
        let endpoint = ScriptedEndpoint("http://a:1")
        let lost = EndpointError.unreachable("http://a:1", reason: "connection refused")
        try await polling([endpoint]) { _, log in
            _ = try await log.state { $0.overview.value != nil }
            endpoint.script.withLock { $0.error = lost }
            let stale = try await log.state { $0.overview.isStale }
            #expect(stale.status == .unreachable(lost) && stale.overview.value != nil)
            endpoint.script.withLock { $0.error = nil }
            _ = try await log.state { $0.status == .live && !$0.overview.isStale }
        }
    }

    @Test("cancelling ends the client and every request in flight")
    func cancelled() async throws {
        let endpoint = ScriptedEndpoint("demo@local")
        try await polling([endpoint]) { client, log in
            _ = try await log.state { $0.overview.value != nil }
            endpoint.script.withLock { $0.hangs = true }
            client.refresh()
            try await endpoint.hanging()
            #expect(endpoint.script.withLock { $0.open } > 0)
        }
        #expect(endpoint.script.withLock { $0.open } == 0)
    }
}
